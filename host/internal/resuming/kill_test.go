package resuming_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/calljournal"
	"github.com/usherhost/usher/host/internal/jstest"
	"github.com/usherhost/usher/host/internal/serving"
	"github.com/usherhost/usher/host/jsbuild/bundle"
)

var (
	kills = flag.Int("kills", 4, "how often the host is killed in each language")
	seed  = flag.Uint64("seed", 0, "of where it is killed; 0 is a new one")
)

func TestMain(m *testing.M) { os.Exit(jstest.Main(m)) }

// posts is how many requests the action makes for an event.
const posts = 5

const javascript = `
const { randomUUID } = require("node:crypto");
exports.onExecutePostUserRegistration = async (event) => {
	for (let n = 1; n <= 5; n++) {
		const body = JSON.stringify({ id: randomUUID(), at: Date.now(), since: performance.now() });
		const response = await fetch(event.secrets.PEER + "/" + event.user.user_id + "/" + n, { method: "POST", body });
		if (!response.ok) throw new Error(n + " was answered with " + response.status);
		console.log("posted", n);
	}
};
`

const together = `
const { randomUUID } = require("node:crypto");
exports.onExecutePostUserRegistration = async (event) => {
	await Promise.all([1, 2, 3, 4, 5].map(async (n) => {
		const body = JSON.stringify({ id: randomUUID(), at: Date.now() });
		const response = await fetch(event.secrets.PEER + "/" + event.user.user_id + "/" + n, { method: "POST", body });
		if (!response.ok) throw new Error(n + " was answered with " + response.status);
	}));
};
`

// TestWhatSucceededBeforeAKillIsNotSentAgain kills a host at a random request of an
// action, again and again: before the request had an effect, after it, or after its
// answer. Often one of the requests has failed before, so that the action is run for the
// second time. Whatever had an effect has it once for each Idempotency-Key.
func TestWhatSucceededBeforeAKillIsNotSentAgain(t *testing.T) {
	t.Parallel()
	binary, err := serving.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	random := *seed
	for random == 0 {
		random = rand.Uint64()
	}
	t.Logf("seed %d", random)
	for i, tt := range []struct {
		name   string
		module func(*testing.T) []byte
		resent int // the most requests that one kill sends again
		order  bool
	}{
		{"Go", buildGo, 1, true},
		{"JavaScript", buildJavaScript(javascript), 1, true},
		{"JavaScript, together", buildJavaScript(together), posts, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			k := newKilling(t, binary, tt.module(t), rand.New(rand.NewPCG(random, uint64(i))))
			for n := range *kills {
				k.round(fmt.Sprint("user", n))
			}
			k.report(tt.resent, tt.order)
		})
	}
}

func buildJavaScript(code string) func(*testing.T) []byte {
	return func(t *testing.T) []byte {
		t.Helper()
		built, err := jstest.Shared(t).Builder.Build(t.Context(), bundle.Source{Name: "action.js", Code: []byte(code)})
		if err != nil {
			t.Fatal(err)
		}
		return built.Module
	}
}

// buildGo builds the action in testdata with the SDK for Go.
func buildGo(t *testing.T) []byte {
	t.Helper()
	dir := t.TempDir()
	sdk, err := filepath.Abs("../../../sdk/go")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("testdata/five.go.txt")
	if err != nil {
		t.Fatal(err)
	}
	module := "module example.org/five\n\ngo 1.24\n\nrequire github.com/usherhost/usher/sdk/go v0.0.0\n\nreplace github.com/usherhost/usher/sdk/go => " + sdk + "\n"
	for name, data := range map[string][]byte{"main.go": source, "go.mod": []byte(module)} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-buildmode=c-shared", "-ldflags=-s -w", "-o", "five.wasm", ".")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "GOFLAGS=-mod=mod", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the action: %v\n%s", err, out)
	}
	wasm, err := os.ReadFile(filepath.Join(dir, "five.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	return wasm
}

// moment is when the host is killed.
type moment int

const (
	before  moment = iota // the request has come, and has no effect
	effect                // it has its effect, and no answer
	after                 // it was answered
	moments = 3
)

// killing is a host that is killed, and the peer of its action.
type killing struct {
	*testing.T
	options serving.Options
	host    *serving.Host
	key     string
	kept    int // bytes that killed hosts had kept
	random  *rand.Rand
	peer    *httptest.Server

	mu     sync.Mutex
	at     int    // guarded by mu: the request of the present event at which it is killed; 0: it was
	when   moment // guarded by mu
	delay  time.Duration
	killed chan struct{}        // guarded by mu: closed when it is dead
	events map[string]*received // guarded by mu: by user
}

// received is what came for one event, of requests that had an effect.
type received struct {
	order  []string          // paths
	times  map[string]int    // by key
	bodies map[string]string // by key, also of those without an effect
	fails  int               // the request that fails the first time that it comes; 0: none
}

func newKilling(t *testing.T, binary string, wasm []byte, random *rand.Rand) *killing {
	t.Helper()
	k := &killing{T: t, random: random, events: map[string]*received{}}
	k.peer = httptest.NewServer(http.HandlerFunc(k.receive))
	t.Cleanup(k.peer.Close)
	k.options = serving.Options{
		Binary: binary, Data: t.TempDir(), Socket: filepath.Join(t.TempDir(), "s"), Log: t.Output(),
		Args: []string{"--allow-network", "127.0.0.0/8"},
	}
	k.start()
	t.Cleanup(func() { k.host.Kill() })
	var err error
	if k.key, err = k.host.AdminKey(); err != nil {
		t.Fatal(err)
	}
	k.deploy(wasm)
	return k
}

func (k *killing) start() {
	k.Helper()
	h, err := serving.Start(k.options)
	if err == nil {
		err = h.Ready(k.Context())
	}
	if err != nil {
		k.Fatal(err)
	}
	k.host = h
}

func (k *killing) deploy(wasm []byte) {
	k.Helper()
	c, ctx := k.host.Client(k.key), k.Context()
	_, err := c.CreateAction(ctx, "five", host.PostUserRegistration, host.SecretWrite{Name: "PEER", Value: &k.peer.URL})
	if err == nil {
		settings := host.Settings{
			Egress: host.Egress{Allow: []string{k.peer.URL}},
			Retry:  host.Retry{MaxAttempts: 20, InitialMillis: 10, MaxMillis: 100},
		}
		_, err = c.CreateVersion(ctx, "five", wasm, host.Manifest{Settings: settings, Secrets: []string{"PEER"}}, true)
	}
	if err == nil {
		_, err = c.ReplaceBindings(ctx, host.PostUserRegistration, []host.BindingWrite{{Action: "five"}})
	}
	if err != nil {
		k.Fatal(err)
	}
}

// receive takes a request, and kills the host if it is its turn.
func (k *killing) receive(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return // it was killed while it sent it
	}
	user, n := strings.Split(q.URL.Path, "/")[1], q.URL.Path[strings.LastIndex(q.URL.Path, "/")+1:]
	k.mu.Lock()
	defer k.mu.Unlock()
	e := k.events[user]
	key := q.Header.Get("Idempotency-Key")
	if was, found := e.bodies[key]; found && was != string(body) {
		k.Errorf("%s: the key %s came with %s, and with %s", user, key, was, body)
	}
	e.bodies[key] = string(body)
	if fmt.Sprint(e.fails) == n {
		e.fails = 0
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	now := fmt.Sprint(k.at) == n
	if now && k.when == before {
		k.kill()
		return
	}
	if e.times[key]++; e.times[key] == 1 {
		e.order = append(e.order, n)
	}
	if !now {
		return
	}
	if k.when == effect {
		k.kill()
		return
	}
	k.at = 0
	time.AfterFunc(k.delay, func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.kill()
	})
}

// kill kills the host. The caller holds mu.
func (k *killing) kill() {
	k.at = 0
	k.host.Kill()
	close(k.killed)
}

// round sends an event, kills the host while its action runs, and lets the next process
// complete it.
func (k *killing) round(user string) {
	k.Helper()
	killed := make(chan struct{})
	k.mu.Lock()
	k.at, k.when = 1+k.random.IntN(posts), moment(k.random.IntN(moments))
	k.delay, k.killed = time.Duration(k.random.IntN(3000))*time.Microsecond, killed
	e := &received{times: map[string]int{}, bodies: map[string]string{}, fails: k.random.IntN(posts + 1)}
	k.events[user] = e
	what := fmt.Sprintf("%s: killed at request %d, moment %d, %v; request %d failed", user, k.at, k.when, k.delay, e.fails)
	k.mu.Unlock()
	_, err := k.host.Post(k.Context(), k.key, []byte(`{"user":{"user_id":"`+user+`","email":"ada@example.org"}}`))
	if errors.Is(err, serving.ErrRefused) { // any other error: it was killed before its sender had the answer
		k.Fatal(err)
	}
	select {
	case <-killed:
	case <-time.After(time.Minute):
		k.Fatal("the action did not run")
	}
	k.readsNothing()
	k.start()
	x, err := k.completed(user)
	if err != nil || x.Status != host.StatusCompleted {
		k.Fatalf("%s: %s %v", what, x.Status, err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(e.times) != posts {
		k.Errorf("%s: the receiver has %d keys, want %d: %v", what, len(e.times), posts, e.times)
	}
}

// readsNothing checks that what the killed host has kept is encrypted.
func (k *killing) readsNothing() {
	k.Helper()
	dir := filepath.Join(k.options.Data, calljournal.DirName)
	files, err := os.ReadDir(dir)
	if err != nil {
		k.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			k.Fatal(err)
		}
		for _, readable := range []string{k.peer.URL, "POST", "http_s", `"at"`} {
			if bytes.Contains(data, []byte(readable)) {
				k.Errorf("%s has %q in readable form", f.Name(), readable)
			}
		}
		k.kept += len(data)
	}
}

// completed waits until the execution of a user's event has ended.
func (k *killing) completed(user string) (host.Execution, error) {
	ctx, cancel := context.WithTimeout(k.Context(), time.Minute)
	defer cancel()
	for {
		page, err := k.host.Client(k.key).Executions(ctx, host.ExecutionQuery{UserID: user})
		if err != nil {
			return host.Execution{}, err
		}
		if len(page.Executions) == 1 && page.Executions[0].Status.Final() {
			return page.Executions[0], nil
		}
		select {
		case <-ctx.Done():
			return host.Execution{}, fmt.Errorf("%d executions, none has ended", len(page.Executions))
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// report checks what came for each event.
func (k *killing) report(most int, inOrder bool) {
	k.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	again := 0
	if k.kept == 0 {
		k.Error("no host has kept anything")
	}
	for user, e := range k.events {
		resent := 0
		for _, n := range e.times {
			resent += n - 1
		}
		if resent > most {
			k.Errorf("%s: %d requests had their effect again, want %d at most: %v", user, resent, most, e.times)
		}
		again += resent
		if order := strings.Join(e.order, " "); inOrder && order != "1 2 3 4 5" {
			k.Errorf("%s: they came in the order %s", user, order)
		}
	}
	k.Logf("%d kills, %d requests with an effect, %d of them sent again with their key", len(k.events), posts*len(k.events), again)
}
