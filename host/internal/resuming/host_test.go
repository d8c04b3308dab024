package resuming_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/hosttest"
)

// twoPosts posts to a and then to b, each time something else.
const twoPosts = `
exports.onExecutePostUserRegistration = async (event) => {
	for (const to of ["a", "b"]) {
		const response = await fetch(event.secrets.PEER + "/" + event.user.user_id + "/" + to, { method: "POST", body: crypto.randomUUID() + Date.now() });
		if (!response.ok) throw new Error(to + " was answered with " + response.status);
	}
};
`

// paths is a peer that fails the first requests to each path that ends in /b.
type paths struct {
	*httptest.Server

	mu    sync.Mutex
	fails int            // guarded by mu: how many requests to b fail for each user
	got   map[string]int // guarded by mu
	keys  map[string][]string
}

func newPaths(t *testing.T) *paths {
	t.Helper()
	p := &paths{fails: 1, got: map[string]int{}, keys: map[string][]string{}}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		_, _ = io.Copy(io.Discard, q.Body)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.got[q.URL.Path]++
		if key := q.Header.Get("Idempotency-Key"); !slices.Contains(p.keys[q.URL.Path], key) {
			p.keys[q.URL.Path] = append(p.keys[q.URL.Path], key)
		}
		if strings.HasSuffix(q.URL.Path, "/b") && p.got[q.URL.Path] <= p.fails {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *paths) expect(t *testing.T, user string, a, b int) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if got := [2]int{p.got["/"+user+"/a"], p.got["/"+user+"/b"]}; got != [2]int{a, b} {
		t.Errorf("%s: a and b got %v requests, want [%d %d]", user, got, a, b)
	}
	for _, to := range []string{"a", "b"} {
		if keys := p.keys["/"+user+"/"+to]; len(keys) != 1 {
			t.Errorf("%s: %s got the keys %q, want one", user, to, keys)
		}
	}
}

// world is a host with one action, and the action's peer.
type world struct {
	*testing.T
	*hosttest.Host
	peer  *paths
	users int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, Host: hosttest.New(t, hosttest.Options{}), peer: newPaths(t)}
	ctx := t.Context()
	_, err := w.Registry.CreateAction(ctx, "two", host.PostUserRegistration, []host.SecretWrite{{Name: "PEER", Value: &w.peer.URL}})
	if err != nil {
		t.Fatal(err)
	}
	w.upload(twoPosts)
	w.bind(host.Settings{})
	return w
}

func (w *world) upload(code string) {
	w.Helper()
	m := host.Manifest{Settings: host.Settings{Egress: host.Egress{Allow: []string{w.peer.URL}}}, Secrets: []string{"PEER"}}
	if _, err := w.Registry.Upload(w.Context(), "two", buildJavaScript(code)(w.T), m, true); err != nil {
		w.Fatal(err)
	}
}

// bind gives the action's binding settings; its retries are quick.
func (w *world) bind(s host.Settings) {
	w.Helper()
	if s.Retry.MaxAttempts == 0 {
		s.Retry.MaxAttempts = 5
	}
	s.Retry.InitialMillis, s.Retry.MaxMillis = 1, 1
	if _, err := w.Registry.ReplaceBindings(w.Context(), host.PostUserRegistration, []host.BindingWrite{{Action: "two", Settings: &s}}); err != nil {
		w.Fatal(err)
	}
}

// event accepts an event of a new user and returns the user and the execution once it has
// ended.
func (w *world) event() (string, host.Execution) {
	w.Helper()
	w.users++
	user := fmt.Sprint("user", w.users)
	accepted, err := w.DB.Accept(w.Context(), []host.NewEvent{{Event: host.Event{
		Tenant: "acme", Trigger: host.PostUserRegistration, UserID: user, Body: []byte(`{"user":{"user_id":"` + user + `"}}`),
	}, Key: user}})
	if err != nil {
		w.Fatal(err)
	}
	return user, w.ended(accepted[0].ExecutionID)
}

func (w *world) ended(id string) host.Execution {
	w.Helper()
	x, err := w.Wait(w.Context(), id)
	if err != nil {
		w.Fatal(err)
	}
	return x
}

// answered returns, of each attempt in turn, which requests were answered from which
// attempt.
func (w *world) answered(id string) (all []string) {
	w.Helper()
	results, err := w.DB.Results(w.Context(), id)
	if err != nil {
		w.Fatal(err)
	}
	for _, r := range results {
		var from []string
		for _, c := range r.Calls {
			if c.FromAttempt != 0 && c.Function == "http_wait" {
				from = append(from, fmt.Sprint(c.Target[strings.LastIndex(c.Target, "/")+1:], c.FromAttempt))
			}
		}
		all = append(all, fmt.Sprint(r.Attempt, ":", strings.Join(from, ",")))
	}
	return all
}

func (w *world) expectAnswered(id string, want ...string) {
	w.Helper()
	if got := w.answered(id); !slices.Equal(got, want) {
		w.Errorf("attempts were answered %q, want %q", got, want)
	}
}

// requests returns how many requests a path got.
func (p *paths) requests(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.got[path]
}

// TestRetriesOfAHost goes through the ways in which a host makes an attempt again.
func TestRetriesOfAHost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()

	user, x := w.event()
	w.peer.expect(t, user, 1, 2)
	w.expectAnswered(x.ID, "1:", "2:a1")

	w.bind(host.Settings{Resume: host.ResumeOff})
	user, x = w.event()
	w.peer.expect(t, user, 2, 2)
	w.expectAnswered(x.ID, "1:", "2:")

	w.bind(host.Settings{Tape: host.TapeOff})
	user, x = w.event()
	w.peer.expect(t, user, 2, 2)
	w.expectAnswered(x.ID, "1:", "2:")

	w.bind(host.Settings{ResumeMaxAge: "1ns"})
	user, x = w.event()
	w.peer.expect(t, user, 2, 2)
	w.expectAnswered(x.ID, "1:", "2:")

	// A dead letter that an operator retries resumes, also with another version: it sends
	// what that asks and the first one did not.
	w.bind(host.Settings{Retry: host.Retry{MaxAttempts: 1}})
	user, x = w.event()
	if x.Status != host.StatusPartial {
		t.Fatalf("status %s", x.Status)
	}
	w.upload(strings.ReplaceAll(twoPosts, `"a", "b"`, `"a", "b", "new"`))
	if _, err := w.DB.RetryExecution(ctx, x.ID, host.RetryOptions{}); err != nil {
		t.Fatal(err)
	}
	if x = w.ended(x.ID); x.Status != host.StatusCompleted {
		t.Errorf("status %s", x.Status)
	}
	w.peer.expect(t, user, 1, 2)
	w.expectAnswered(x.ID, "1:", "2:a1")
	if got := w.peer.requests("/" + user + "/new"); got != 1 {
		t.Errorf("the new version sent %d requests, want 1", got)
	}

	// A rerun is a new execution: nothing is answered from the tapes of the first one.
	rerun, err := w.DB.RerunExecution(ctx, x.ID, host.RerunOptions{SameVersions: true})
	if err != nil {
		t.Fatal(err)
	}
	w.ended(rerun.ExecutionID)
	w.expectAnswered(rerun.ExecutionID, "1:")
	if got := w.peer.requests("/" + user + "/a"); got != 2 {
		t.Errorf("after the rerun a got %d requests, want 2", got)
	}
}
