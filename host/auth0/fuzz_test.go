package auth0_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/auth0"
	"github.com/usherhost/usher/host/web"
)

// yes is a registry that takes every action and binding.
type yes struct {
	host.Registry
	host.Drafts
}

func (yes) CreateSourceAction(
	_ context.Context, name string, t host.Trigger, _ host.Source, _ []host.SecretWrite, _ bool,
) (host.Action, host.Draft, error) {
	return host.Action{ID: host.NewID(host.ActionPrefix), Name: name, Trigger: t}, host.Draft{}, nil
}

func (yes) Action(_ context.Context, action string) (host.Action, error) {
	return host.Action{ID: action, Name: action, Trigger: host.PostUserRegistration, Deployed: &host.Version{}}, nil
}

func (yes) Draft(context.Context, string) (host.Draft, error) { return host.Draft{Revision: 1}, nil }

func (yes) Bindings(context.Context, host.Trigger) ([]host.Binding, error) { return nil, nil }

func (yes) ReplaceBindings(_ context.Context, _ host.Trigger, list []host.BindingWrite) ([]host.Binding, error) {
	return make([]host.Binding, len(list)), nil
}

// oneKey has one key, which is "key".
type oneKey struct{ host.KeyStore }

func (oneKey) KeyByHash(_ context.Context, hash [32]byte) (host.Key, error) {
	if hash != web.HashKey("key") {
		return host.Key{}, &host.Error{Code: host.NotFound}
	}
	return host.Key{ID: "key_one", Scopes: []host.Scope{host.ScopeManage}}, nil
}

func (oneKey) Keys(context.Context) ([]host.Key, error) { return nil, nil }

// hostless returns a server that needs no host.
func hostless() *echo.Echo {
	e := web.NewEcho(slog.New(slog.DiscardHandler))
	(&auth0.Server{
		Registry: yes{}, Drafts: yes{}, Keys: oneKey{}, Issuer: &auth0.Issuer{},
		Requests: auth0.Rate{PerSecond: 1e9, Burst: 1e9}, Failures: auth0.Rate{PerSecond: 1e9, Burst: 1e9},
	}).Register(e)
	return e
}

// FuzzBodies sends whatever comes for a body: the answer is never a fault of
// the host, and always Auth0's.
func FuzzBodies(f *testing.F) {
	f.Add(newAction("a", "1", `,"secrets":[{"name":"a","value":"b"}],"modules":[{"module_version_number":1.5}]`))
	f.Add(`{"bindings":[{"ref":{"type":"action_id","value":"x"},"display_name":"y"}]}`)
	f.Add(`{"name":null,"supported_triggers":[{}],"dependencies":{"a":[[[1e99]]]}}`)
	e := hostless()
	f.Fuzz(func(t *testing.T, body string) {
		for path, method := range map[string]string{actions: "POST", bindings: "PATCH"} {
			r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
			r.Header.Set("Authorization", "Bearer key")
			w := httptest.NewRecorder()
			e.ServeHTTP(w, r)
			if w.Code < 300 {
				continue
			}
			var problem struct {
				StatusCode     int
				Error, Message string
			}
			if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil || problem.StatusCode != w.Code || problem.Message == "" {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			if !slices.Contains([]int{400, 413}, w.Code) {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
		}
	})
}

// FuzzTokenRequests sends whatever comes to the token endpoint.
func FuzzTokenRequests(f *testing.F) {
	f.Add("grant_type=client_credentials&client_id=key_one&client_secret=key", false)
	f.Add(`{"grant_type":"client_credentials","client_id":"key_one","client_secret":"key","audience":"::"}`, true)
	e := hostless()
	f.Fuzz(func(t *testing.T, body string, object bool) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/oauth/token", strings.NewReader(body))
		r.Header.Set("Content-Type", asForm)
		if object {
			r.Header.Set("Content-Type", asJSON)
		}
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r)
		var answer map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code >= 500 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if (w.Code == 200) == (answer["error"] != nil) {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	})
}

// FuzzIDs turns ids inside out and back: no name passes for an id.
func FuzzIDs(f *testing.F) {
	f.Add(host.NewID(host.ActionPrefix))
	f.Add("01890a5d-ac96-774b-bcce-b302099a8057")
	f.Add("{01890a5d-ac96-774b-bcce-b302099a8057}")
	f.Fuzz(func(t *testing.T, id string) {
		own := auth0.Inside(host.ActionPrefix, id)
		if !strings.HasPrefix(own, host.ActionPrefix) {
			t.Fatalf("%q is %q", id, own)
		}
		if out := auth0.Outside(own); out != own && auth0.Outside(auth0.Inside(host.ActionPrefix, out)) != out {
			t.Fatalf("%q is %q is %q", id, own, out)
		}
	})
}
