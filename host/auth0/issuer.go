package auth0

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/usherhost/usher/host"
)

// TokenLife is how long an access token is good, if its key is not deleted.
const TokenLife = 24 * time.Hour

// Issuer signs access tokens and checks them. It is safe for concurrent use.
type Issuer struct{ key []byte }

// keyBytes is the size of the signing key.
const keyBytes = 32

// OpenIssuer returns the issuer of a store, whose signing key it makes at the
// first start and keeps sealed. Two processes must not open a fresh store at
// once.
func OpenIssuer(ctx context.Context, store host.MetaStore, box host.Box) (*Issuer, error) {
	sealed, err := store.Meta(ctx, host.TokenKeyName)
	if host.CodeOf(err) == host.NotFound {
		return newIssuer(ctx, store, box)
	}
	if err != nil {
		return nil, fmt.Errorf("read the key of access tokens: %w", err)
	}
	key, err := box.Open(sealed, []byte(host.TokenKeyName))
	if err != nil {
		return nil, fmt.Errorf("open the key of access tokens: %w", err)
	}
	return &Issuer{key: key}, nil
}

func newIssuer(ctx context.Context, store host.MetaStore, box host.Box) (*Issuer, error) {
	key := make([]byte, keyBytes)
	_, _ = rand.Read(key) // never fails: crypto/rand ends the process first
	sealed, err := box.Seal(key, []byte(host.TokenKeyName))
	if err != nil {
		return nil, fmt.Errorf("seal the key of access tokens: %w", err)
	}
	if err := store.SetMeta(ctx, host.TokenKeyName, sealed); err != nil {
		return nil, fmt.Errorf("store the key of access tokens: %w", err)
	}
	return &Issuer{key: key}, nil
}

// Grant is what an access token says.
type Grant struct {
	Client   string   // the id of the key that it was made for
	Issuer   url.URL  // what the client calls the host
	Audience string   // the API that it is for
	Scopes   []string // Auth0's

	IssuedAt time.Time // to the second; of a token that was verified
}

// Issue returns a token that is good from at on, for [TokenLife].
func (i *Issuer) Issue(g Grant, at time.Time) (string, error) {
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"iss":   g.Issuer.String() + "/",
		"sub":   g.Client + "@clients",
		"aud":   g.Audience,
		"iat":   at.Unix(),
		"exp":   at.Add(TokenLife).Unix(),
		"scope": strings.Join(g.Scopes, " "),
		"gty":   "client-credentials",
		"azp":   g.Client,
	})
	signed, err := token.SignedString(i.key)
	if err != nil {
		return "", fmt.Errorf("sign an access token: %w", err)
	}
	return signed, nil
}

// claims are what is read of a token.
type claims struct {
	jwt.RegisteredClaims
	Scope           string `json:"scope"`
	AuthorizedParty string `json:"azp"`
}

// verify returns what a token grants: one that was signed here, is not too old,
// and was made for the host under the name that it is called by now.
func (i *Issuer) verify(token string, base url.URL) (Grant, error) {
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(5*time.Second),
	)
	var c claims
	_, err := parser.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return i.key, nil })
	if err != nil {
		return Grant{}, unauthorized(refusal(err))
	}
	issuer, err := url.Parse(c.Issuer)
	if err != nil || !sameHost(issuer, base) {
		return Grant{}, unauthorized("Invalid token: it was issued by " + c.Issuer)
	}
	if len(c.Audience) != 1 || !isAudience(c.Audience[0], base) {
		return Grant{}, unauthorized("Bad audience: " + strings.Join(c.Audience, ", "))
	}
	return Grant{
		IssuedAt: issuedAt(c), Client: c.AuthorizedParty, Issuer: *issuer,
		Audience: c.Audience[0], Scopes: strings.Fields(c.Scope),
	}, nil
}

func issuedAt(c claims) time.Time {
	if c.IssuedAt == nil {
		return time.Time{}
	}
	return c.IssuedAt.Time
}

// refusal is Auth0's text for what is wrong with a token.
func refusal(err error) string {
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return "Expired token received for JSON Web Token validation"
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return "Invalid signature received for JSON Web Token validation"
	}
	return "Invalid token"
}

// audienceOf returns the name of the API of a host.
func audienceOf(base url.URL) string { return base.String() + root + "/" }

// isAudience reports whether a name stands for the API of a host. A proxy may
// have taken off TLS, so the scheme does not count.
func isAudience(audience string, base url.URL) bool {
	u, err := url.Parse(audience)
	return err == nil && sameHost(u, base) && strings.TrimSuffix(u.Path, "/") == root
}

// sameHost compares hosts with their ports; a scheme's own port may be left out.
func sameHost(u *url.URL, base url.URL) bool {
	return u.Scheme != "" && strings.EqualFold(authority(u), authority(&base))
}

func authority(u *url.URL) string {
	port := u.Port()
	if port == "443" || port == "80" {
		port = ""
	}
	return u.Hostname() + ":" + port
}
