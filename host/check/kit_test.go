package check_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/hosttest"
	"github.com/usherhost/usher/host/internal/jstest"
	"github.com/usherhost/usher/host/jsbuild/bundle"
)

// recorded is a host with recorded runs of one action, whose network is closed.
type recorded struct {
	*hosttest.Host
	t        *testing.T
	action   string
	manifest host.Manifest
}

// store is a server that stores users: it answers 201, and for every tenth one 409.
type store struct {
	*httptest.Server
	mu    sync.Mutex
	calls int
}

func newStore(t *testing.T) *store {
	t.Helper()
	s := &store{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		s.mu.Lock()
		s.calls++
		taken := s.calls%10 == 0
		s.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		if taken {
			w.WriteHeader(http.StatusConflict)
		} else {
			w.WriteHeader(http.StatusCreated)
		}
		_, _ = io.WriteString(w, `{"id":"u_1"}`)
	}))
	t.Cleanup(s.Close)
	return s
}

// sealedOff fails the test when a run sends anything.
type sealedOff struct{ t *testing.T }

func (s sealedOff) Send(_ context.Context, q *host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure) {
	s.t.Errorf("%s %s leaves the host", q.Method, q.URL)
	return nil, &host.EgressFailure{Code: host.EgressNetwork, Message: "the network is closed"}
}

// record runs events through an action with the real executor, and closes the network.
func record(t *testing.T, module []byte, secrets map[string]string, events int, settings host.Settings) *recorded {
	t.Helper()
	h := newHost(t)
	r := &recorded{Host: h, t: t, action: "store-user"}
	settings.Egress.Mode = host.EgressPublic
	r.manifest.Settings = settings
	r.must(h.Deploy(t.Context(), r.action, module, settings))
	var writes []host.SecretWrite
	for name, value := range secrets {
		writes = append(writes, host.SecretWrite{Name: name, Value: &value})
	}
	_, err := h.Registry.SetSecrets(t.Context(), r.action, writes, nil)
	r.must(err)
	r.must(h.Bind(t.Context(), r.action))
	list := make([]host.NewEvent, events)
	for i := range list {
		list[i] = hosttest.Event(i)
	}
	_, err = h.DB.Accept(t.Context(), list)
	r.must(err)
	r.must(h.WaitIdle(t.Context()))
	h.Runner.Egress = sealedOff{t}
	return r
}

func (r *recorded) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// check checks a module.
func (r *recorded) check(module []byte, q host.CheckQuery) host.CheckReport {
	r.t.Helper()
	q.Module, q.Manifest = module, &r.manifest
	report, err := r.Checker.Check(r.t.Context(), r.action, q, nil)
	r.must(err)
	return report
}

// script builds code as an action.
func script(t *testing.T, code string) []byte {
	t.Helper()
	return built(t, bundle.Source{Name: "action.js", Code: []byte(code)})
}

func built(t *testing.T, src bundle.Source) []byte {
	t.Helper()
	made, err := jstest.Shared(t).Builder.Build(t.Context(), src)
	if err != nil {
		t.Fatal(err)
	}
	return made.Module
}

// sample returns the source of a sample of this repository, which needs its packages.
func sample(t *testing.T, name, packageName string) bundle.Source {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", "..", "plugins", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", packageName)); err != nil {
		t.Skipf("the packages of the sample %s are not installed: %v", name, err)
	}
	code, err := os.ReadFile(filepath.Join(dir, "action.js"))
	if err != nil {
		t.Fatal(err)
	}
	return bundle.Source{Name: "action.js", Code: code, Dir: dir}
}

// keys are the keys of groups with the number of their runs.
func keys(groups []host.CheckGroup) map[string]int {
	found := map[string]int{}
	for _, g := range groups {
		found[g.Key] = g.Runs
	}
	return found
}
