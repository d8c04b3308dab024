package decisions_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/hosttest"
)

// TestAnActionAsksItsOwnServiceWithAxios posts the user with a secret. The service takes
// the user, refuses, or fails in a way that the action does not expect.
func TestAnActionAsksItsOwnServiceWithAxios(t *testing.T) {
	t.Parallel()
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		switch {
		case !strings.Contains(string(text), `"key":"s3cret-key"`):
			w.WriteHeader(http.StatusUnauthorized)
		case strings.Contains(string(text), "taken@"):
			w.WriteHeader(http.StatusConflict)
			_, _ = io.WriteString(w, `{"error":"already a member"}`)
		case strings.Contains(string(text), "cut@"):
			panic(http.ErrAbortHandler) // no response at all
		default:
			_, _ = io.WriteString(w, `{"userId":"u-17"}`)
		}
	}))
	t.Cleanup(service.Close)
	g := open(t, hosttest.Options{DecisionTimeout: time.Minute})
	m := packaged(t, "asks", "axios", fmt.Sprintf(`
		const { default: axios } = require("axios");
		exports.onExecutePreUserRegistration = async (event, api) => {
			try {
				const { data } = await axios.post("%s/users", { user: event.user, key: event.secrets.KEY });
				api.user.setUserMetadata("userId", data.userId);
			} catch (e) {
				if (e.response?.data?.error) return api.access.deny(e.response.data.error, e.response.data.error);
				api.access.deny("the service answered " + e.response.status, "Try again later");
			}
		};`, service.URL))
	m.settings.Egress.Allow = []string{service.URL}
	g.deploy(m)
	if _, err := g.Registry.SetSecrets(t.Context(), m.name, []host.SecretWrite{{Name: "KEY", Value: new("s3cret-key")}}, nil); err != nil {
		t.Fatal(err)
	}
	decide := func(address string) answer { return g.decide(`{"user":{"email":"` + address + `"},"request":{}}`) }
	if a := decide("ada@example.org"); a.Verdict != host.Allow || a.Degraded || string(a.UserMetadata["userId"]) != `"u-17"` {
		t.Errorf("taken: %+v, %+v", a.Decision, a.Results[0].Error)
	}
	if a := decide("taken@example.org"); a.Verdict != host.Deny || a.Reason != "already a member" || a.UserMessage != "already a member" || a.Degraded {
		t.Errorf("refused: %+v, %+v", a.Decision, a.Results[0].Error)
	}
	a := decide("cut@example.org") // e.response is undefined, and so is its status
	if a.Verdict != host.Allow || !a.Degraded || a.Results[0].Error == nil || !strings.Contains(a.Results[0].Error.Message, "(reading 'status')") {
		t.Errorf("cut off: %+v, %+v", a.Decision, a.Results[0].Error)
	}
}

// TestASlowServiceMeetsTheDeadline has one that never answers: on_failure decides then.
func TestASlowServiceMeetsTheDeadline(t *testing.T) {
	t.Parallel()
	end := make(chan struct{})
	service := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-end }))
	t.Cleanup(service.Close)
	t.Cleanup(func() { close(end) })
	g := open(t, hosttest.Options{DecisionTimeout: time.Second})
	for failure, want := range map[host.OnFailure]host.Verdict{host.FailAllow: host.Allow, host.FailDeny: host.Deny} {
		m := script(t, "waits-"+string(failure), handler(`await fetch("`+service.URL+`", { timeout: 3000 });`))
		m.settings = host.Settings{OnFailure: failure, Egress: host.Egress{Allow: []string{service.URL}}}
		g.deploy(m)
		began := time.Now()
		a := g.decide(event)
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("%s: it took %s", failure, took)
		}
		if a.Verdict != want || !a.Degraded || a.Results[0].Error == nil || !strings.Contains(a.Results[0].Error.Message, "stopped after") {
			t.Errorf("%s: decided %+v, %+v", failure, a.Decision, a.Results[0].Error)
		}
	}
}
