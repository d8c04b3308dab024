package auth0_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/auth0"
)

// ask asks for a token. Without a key in the header there is none.
func (k *kit) ask(kind, body string, edits ...edit) answer {
	k.t.Helper()
	edits = append([]edit{header("Authorization", ""), header("Content-Type", kind)}, edits...)
	return k.send("POST", "/oauth/token", body, edits...)
}

func basic(id, secret string) edit {
	return func(r *http.Request) { r.SetBasicAuth(id, secret) }
}

const (
	asForm = "application/x-www-form-urlencoded"
	asJSON = "application/json"
	api    = "http://example.com/api/v2/"
)

func TestTokensAreExchangedForAKeyInEveryForm(t *testing.T) {
	t.Parallel()
	k := open(t)
	form := url.Values{"grant_type": {"client_credentials"}, "audience": {api}}
	whole := url.Values{
		"grant_type": {"client_credentials"}, "audience": {api}, "organization": {"ignored"},
		"client_id": {k.key.ID}, "client_secret": {k.secret},
	}
	object, err := json.Marshal(map[string]string{
		"grant_type": "client_credentials", "audience": api, "client_id": auth0.Outside(k.key.ID), "client_secret": k.secret,
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, a := range map[string]answer{
		"a form":                      k.ask(asForm, whole.Encode()),
		"a form with a charset":       k.ask(asForm+"; charset=utf-8", whole.Encode()),
		"basic":                       k.ask(asForm, form.Encode(), basic(k.key.ID, k.secret)),
		"json, and a uuid":            k.ask(asJSON, string(object)),
		"basic, and no audience":      k.ask(asForm, "grant_type=client_credentials", basic(k.key.ID, k.secret)),
		"an audience without a slash": k.ask(asForm, "grant_type=client_credentials&audience=https://example.com/api/v2", basic(k.key.ID, k.secret)),
	} {
		t.Run(name, func(t *testing.T) {
			a.t = t
			a.wantStatus(200)
			got := a.object()
			if got["token_type"] != "Bearer" || got["expires_in"] != 86400.0 {
				t.Errorf("answered %v", got)
			}
			if got["scope"] != "read:actions create:actions update:actions delete:actions" {
				t.Errorf("granted %v", got["scope"])
			}
			if a.header.Get("Cache-Control") != "no-store" || a.header.Get("X-RateLimit-Limit") == "" {
				t.Errorf("headers %v", a.header)
			}
			k.send("GET", actions, "", bearer(text(got, "access_token"))).wantStatus(200)
		})
	}
}

func TestATokenSaysWhatClientsReadInIt(t *testing.T) {
	t.Parallel()
	k := open(t)
	a := k.ask(asForm, "grant_type=client_credentials&audience="+url.QueryEscape(api), basic(k.key.ID, k.secret))
	a.wantStatus(200)
	var claims jwt.MapClaims
	token, _, err := jwt.NewParser().ParseUnverified(text(a.object(), "access_token"), &claims)
	if err != nil {
		t.Fatal(err)
	}
	if token.Method.Alg() != "HS256" || token.Header["typ"] != "JWT" {
		t.Errorf("header %v", token.Header)
	}
	expires, err := claims.GetExpirationTime()
	if err != nil || time.Until(expires.Time) < 23*time.Hour {
		t.Errorf("expires %v, %v", expires, err)
	}
	for name, want := range map[string]any{
		"iss": "http://example.com/", "aud": api, "azp": k.key.ID, "sub": k.key.ID + "@clients", "gty": "client-credentials",
	} {
		if claims[name] != want {
			t.Errorf("%s is %v, want %v", name, claims[name], want)
		}
	}
}

func TestTokenRequestsAreRefusedInOAuthsForm(t *testing.T) {
	t.Parallel()
	k := open(t)
	other, _ := k.newKey(host.ScopeManage)
	sender, posts := k.newKey(host.ScopeIngest)
	reader, reads := k.newKey(host.ScopeRead)
	good := url.Values{"grant_type": {"client_credentials"}, "client_id": {k.key.ID}, "client_secret": {k.secret}}
	but := func(name, value string) string {
		form := url.Values{}
		for n, v := range good {
			form[n] = v
		}
		form.Set(name, value)
		if value == "" {
			form.Del(name)
		}
		return form.Encode()
	}
	for _, tt := range []struct {
		name   string
		kind   string
		body   string
		edits  []edit
		status int
		code   string
	}{
		{"no grant type", asForm, but("grant_type", ""), nil, 400, "invalid_request"},
		{"another grant type", asForm, but("grant_type", "password"), nil, 400, "unsupported_grant_type"},
		{"no secret", asForm, but("client_secret", ""), nil, 401, "invalid_client"},
		{"no client", asForm, but("client_id", ""), nil, 401, "invalid_client"},
		{"a wrong secret", asForm, but("client_secret", "usher_nothing"), nil, 401, "invalid_client"},
		{"the secret of another", asForm, but("client_id", other.ID), nil, 401, "invalid_client"},
		{"a name for an id", asForm, but("client_id", k.key.Name), nil, 401, "invalid_client"},
		{"another audience", asForm, but("audience", "https://elsewhere.example/api/v2/"), nil, 403, "access_denied"},
		{"the audience of another API", asForm, but("audience", "https://example.com/userinfo"), nil, 403, "access_denied"},
		{"an audience that is no URL", asForm, but("audience", "example.com"), nil, 403, "access_denied"},
		{"scopes of others", asForm, but("scope", "read:users"), nil, 400, "invalid_scope"},
		{"a key that only posts", asForm, "grant_type=client_credentials", []edit{basic(sender.ID, posts)}, 403, "access_denied"},
		{"a key that only reads", asForm, "grant_type=client_credentials&scope=create:actions", []edit{basic(reader.ID, reads)}, 400, "invalid_scope"},
		{"two secrets", asForm, good.Encode(), []edit{basic(k.key.ID, k.secret)}, 400, "invalid_request"},
		{"two grant types", asForm, good.Encode() + "&grant_type=password", nil, 400, "invalid_request"},
		{"no form", asForm, "%zz", nil, 400, "invalid_request"},
		{"no json", asJSON, "{", nil, 400, "invalid_request"},
		{"numbers in json", asJSON, `{"grant_type":1}`, nil, 400, "invalid_request"},
		{"another type", "text/plain", good.Encode(), nil, 400, "invalid_request"},
		{"no type", "", good.Encode(), nil, 400, "invalid_request"},
		{"a long body", asForm, good.Encode() + "&x=" + strings.Repeat("x", 1<<17), nil, 400, "invalid_request"},
		{"bad escapes", asForm, "grant_type=client_credentials", []edit{basic("%zz", "a")}, 400, "invalid_request"},
		{"a wrong secret in the header", asForm, "grant_type=client_credentials", []edit{basic(k.key.ID, "a")}, 401, "invalid_client"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := k.ask(tt.kind, tt.body, tt.edits...)
			a.t = t
			a.wantStatus(tt.status)
			got := a.object()
			if got["error"] != tt.code || text(got, "error_description") == "" || len(got) != 2 {
				t.Errorf("answered %v, want %s", got, tt.code)
			}
			challenged := a.header.Get("WWW-Authenticate") != ""
			if challenged != (tt.status == 401 && tt.edits != nil) {
				t.Errorf("challenge %q", a.header.Get("WWW-Authenticate"))
			}
			if strings.Contains(a.text, k.secret) {
				t.Error("the answer has the secret")
			}
		})
	}
}

func TestATokenHasNoMoreThanItsKeyAndWhatWasAsked(t *testing.T) {
	t.Parallel()
	k := open(t)
	reader, secret := k.newKey(host.ScopeRead)
	for _, tt := range []struct{ id, secret, asked, scope string }{
		{reader.ID, secret, "", "read:actions"},
		{reader.ID, secret, "read:actions delete:actions", "read:actions"},
		{k.key.ID, k.secret, "delete:actions read:actions read:users", "read:actions delete:actions"},
	} {
		a := k.ask(asForm, "grant_type=client_credentials&scope="+url.QueryEscape(tt.asked), basic(tt.id, tt.secret))
		if a.wantStatus(200); at(a.object(), "scope") != tt.scope {
			t.Errorf("granted %v, want %s", at(a.object(), "scope"), tt.scope)
		}
	}
	k.send("POST", actions, newAction("a", "", ""), bearer(secret)).
		want(403, "Forbidden", "Insufficient scope, expected any of: create:actions", "insufficient_scope")
	k.send("GET", actions, "", bearer(secret)).wantStatus(200)
}

func TestADeletedKeyTakesBackItsTokens(t *testing.T) {
	t.Parallel()
	k := open(t)
	key, secret := k.newKey(host.ScopeManage)
	a := k.ask(asForm, "grant_type=client_credentials", basic(key.ID, secret))
	token := text(a.object(), "access_token")
	k.send("GET", actions, "", bearer(token)).wantStatus(200)
	if err := k.host.Registry.DeleteKey(t.Context(), key.ID); err != nil {
		t.Fatal(err)
	}
	k.send("GET", actions, "", bearer(token)).want(401, "Unauthorized", "Invalid token", "")
	k.send("GET", actions, "", bearer(secret)).want(401, "Unauthorized", "Invalid token", "")
}

func TestTokensOfOthersAreRefused(t *testing.T) {
	t.Parallel()
	k := open(t)
	elsewhere := url.URL{Scheme: "https", Host: "elsewhere.example"}
	issue := func(g auth0.Grant) string {
		token, err := k.server.Issuer.Issue(g, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	none, err := jwt.NewWithClaims(jwt.SigningMethodNone, jwt.MapClaims{"azp": k.key.ID, "scope": "read:actions"}).
		SignedString(jwt.UnsafeAllowNoneSignatureType)
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := auth0.OpenIssuer(t.Context(), &memory{}, k.host.Box)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := foreign.Issue(auth0.Grant{Client: k.key.ID, Issuer: domain, Audience: api, Scopes: []string{"read:actions"}}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, token, message string }{
		{"unsigned", none, "Invalid signature received for JSON Web Token validation"},
		{"signed elsewhere", signed, "Invalid signature received for JSON Web Token validation"},
		{"issued elsewhere", issue(auth0.Grant{Client: k.key.ID, Issuer: elsewhere, Audience: api}), "Invalid token: it was issued by https://elsewhere.example/"},
		{"for elsewhere", issue(auth0.Grant{Client: k.key.ID, Issuer: domain, Audience: "https://elsewhere.example/api/v2/"}), "Bad audience: https://elsewhere.example/api/v2/"},
		{"of no key", issue(auth0.Grant{Client: "key_gone", Issuer: domain, Audience: api}), "Invalid token"},
		{"of the future", k.token(time.Now().Add(time.Hour), "read:actions"), "Invalid token"},
		{"no base64", "a.b.c", "Invalid token"},
		{"too long", strings.Repeat("x", 1<<14), "Invalid token"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := k.send("GET", actions, "", bearer(tt.token))
			a.t = t
			a.want(401, "Unauthorized", tt.message, "")
			if !strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Bearer") {
				t.Errorf("challenge %q", a.header.Get("WWW-Authenticate"))
			}
		})
	}
}

func TestTheSigningKeyIsKeptSealedAndOutlivesTheHost(t *testing.T) {
	t.Parallel()
	k := open(t)
	token := k.token(time.Now(), "read:actions")
	again, err := auth0.OpenIssuer(t.Context(), k.host.DB, k.host.Box)
	if err != nil {
		t.Fatal(err)
	}
	*k.server.Issuer = *again
	k.send("GET", actions, "", bearer(token)).wantStatus(200)

	sealed, err := k.host.DB.Meta(t.Context(), "auth0.token_key")
	if err != nil || len(sealed) <= 32 {
		t.Fatalf("kept as %x, %v", sealed, err)
	}
	if err := k.host.DB.SetMeta(t.Context(), "auth0.token_key", sealed[1:]); err != nil {
		t.Fatal(err)
	}
	if _, err := auth0.OpenIssuer(t.Context(), k.host.DB, k.host.Box); err == nil {
		t.Error("opened a key that was changed")
	}
}

func TestBehindAProxyThePublicURLCounts(t *testing.T) {
	t.Parallel()
	k := open(t, func(s *auth0.Server, _ *builder) {
		s.PublicURL = &url.URL{Scheme: "https", Host: "usher.example:8443", Path: "/ignored"}
	})
	a := k.ask(asForm, "grant_type=client_credentials&audience=https://usher.example:8443/api/v2/", basic(k.key.ID, k.secret))
	a.wantStatus(200)
	k.send("GET", actions, "", bearer(text(a.object(), "access_token"))).wantStatus(200)
	k.ask(asForm, "grant_type=client_credentials&audience="+api, basic(k.key.ID, k.secret)).wantStatus(403)
}

func TestStandardPortsMayBeLeftOut(t *testing.T) {
	t.Parallel()
	k := open(t)
	a := k.ask(asForm, "grant_type=client_credentials&audience=https://example.com:443/api/v2/", basic(k.key.ID, k.secret))
	a.wantStatus(200)
	secure := func(r *http.Request) { r.TLS = &tls.ConnectionState{} }
	k.send("GET", actions, "", bearer(text(a.object(), "access_token")), secure).wantStatus(200)
	k.ask(asForm, "grant_type=client_credentials&audience=https://example.com:8443/api/v2/", basic(k.key.ID, k.secret)).wantStatus(403)
}

var errDisk = errors.New("the disk is on fire")

// failingKeys can't be read.
type failingKeys struct{ host.KeyStore }

func (failingKeys) KeyByHash(context.Context, [32]byte) (host.Key, error) { return host.Key{}, errDisk }

func (failingKeys) Keys(context.Context) ([]host.Key, error) { return nil, errDisk }

func TestAStoreThatFailsIsNoWrongPassword(t *testing.T) {
	t.Parallel()
	k := open(t)
	k.server.Keys = failingKeys{}
	const message = "An internal server error occurred"
	k.send("GET", actions, "").want(500, "Internal Server Error", message, "")
	k.send("GET", actions, "", bearer(k.token(time.Now(), "read:actions"))).want(500, "Internal Server Error", message, "")
	a := k.ask(asForm, "grant_type=client_credentials", basic(k.key.ID, k.secret))
	if a.status != 500 || at(a.object(), "error") != "server_error" || strings.Contains(a.text, errDisk.Error()) {
		t.Errorf("answered %d %s", a.status, a.text)
	}
}
