package hosttest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
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
	"github.com/usherhost/usher/host/client"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/internal/hosttest"
)

// rounds is how often the process is killed.
const (
	rounds          = 20
	shortRounds     = 6
	killConcurrency = 16
	killSenders     = 8
	actionsPerEvent = 3
	underLoad       = 300 * time.Millisecond
	resumeWithin    = time.Second
	patience        = 2 * time.Minute // for what a slow machine takes long to do
)

// TestKill9LosesNothing kills a real serve process again and again while it
// accepts and runs, and then asks whether every event that was acknowledged
// was completed, in order, with few actions run twice.
func TestKill9LosesNothing(t *testing.T) {
	t.Parallel()
	k := newKilling(t)
	n := rounds
	if testing.Short() {
		n = shortRounds
	}
	var slowest time.Duration
	for range n {
		unfinished := k.unfinished()
		k.start()
		if unfinished {
			slowest = max(slowest, k.firstRun())
		}
		k.killUnderLoad()
	}
	k.start()
	k.drain()
	k.report(n, slowest)
}

// TestKill9LosesNothingOfWhatIsHeldBack is the same with an action that is paused and resumed
// under load, by turns, and one with limits.
func TestKill9LosesNothingOfWhatIsHeldBack(t *testing.T) {
	t.Parallel()
	k := newKilling(t)
	k.start()
	if _, err := k.client.UpdateBinding(t.Context(), "step2", nil, host.Settings{Rate: "500/s", Concurrency: 2}); err != nil {
		t.Fatal(err)
	}
	k.kill()
	n := rounds / 2
	if testing.Short() {
		n = shortRounds
	}
	for i := range n {
		k.start()
		k.checkPaused(i%2 == 1)
		k.meanwhile = func() { k.turn(i%2 == 0) }
		k.killUnderLoad()
	}
	k.start()
	k.turn(false)
	k.drain()
	k.report(n, 0)
}

// turn pauses the second action, or resumes it.
func (k *killing) turn(paused bool) {
	k.Helper()
	var err error
	if paused {
		_, err = k.client.Pause(k.Context(), "step1", "a test")
	} else {
		_, err = k.client.Resume(k.Context(), "step1")
	}
	if err != nil {
		k.Error(err)
	}
}

// checkPaused checks that the process before has left the second action paused, with all
// that was accepted while it was, or not paused.
func (k *killing) checkPaused(want bool) {
	k.Helper()
	holds, err := k.client.Holds(k.Context())
	paused := len(holds) > 0 && holds[0].Kind == host.HoldPause && holds[0].Action == "step1"
	if err != nil || paused != want {
		k.Errorf("held back are %+v, %v, want it paused: %t", holds, err, want)
	}
}

// killing is a host process, its world outside and what that world saw.
type killing struct {
	*testing.T
	binary, dir, socket string
	apiKey              string
	process             *exec.Cmd
	http                *http.Client // to the socket
	client              *client.Client
	receiver            *httptest.Server

	meanwhile func() // called while senders post; nil: nothing is

	mu       sync.Mutex
	started  time.Time           // of the present process
	first    chan struct{}       // closed at the first request after started
	accepted map[string]string   // execution by user; guarded by mu
	seen     map[string][]string // actions in the order in which they came, by user; guarded by mu
	users    int                 // guarded by mu
}

func newKilling(t *testing.T) *killing {
	t.Helper()
	k := &killing{T: t, dir: t.TempDir(), accepted: map[string]string{}, seen: map[string][]string{}}
	k.binary = filepath.Join(t.TempDir(), "usher")
	if out, err := exec.Command("go", "build", "-o", k.binary, "github.com/usherhost/usher/host/cmd/usher").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	k.receiver = httptest.NewServer(http.HandlerFunc(k.receive))
	t.Cleanup(k.receiver.Close)
	k.socket = filepath.Join(t.TempDir(), "s") // no other process takes it between a kill and a start, as one may a port
	k.http = &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", k.socket)
		},
		MaxIdleConnsPerHost: killSenders,
	}}
	t.Cleanup(k.http.CloseIdleConnections)
	k.start()
	k.register()
	k.kill()
	return k
}

// origin is what requests over the socket are sent to.
const origin = "http://usher.test"

// receive notes which action called for which user: the script sends its
// action's name as path, and the run's key names the execution.
func (k *killing) receive(_ http.ResponseWriter, r *http.Request) {
	execution, _, _ := strings.Cut(r.Header.Get("Idempotency-Key"), "-")
	k.mu.Lock()
	defer k.mu.Unlock()
	k.seen[execution] = append(k.seen[execution], strings.TrimPrefix(r.URL.Path, "/"))
	if k.first != nil {
		close(k.first)
		k.first = nil
	}
}

// start starts the process and waits until it serves.
func (k *killing) start() {
	k.Helper()
	k.mu.Lock()
	first := make(chan struct{})
	k.first, k.started = first, time.Now()
	k.mu.Unlock()
	k.process = exec.Command(k.binary, "serve", "--data", k.dir, "--listen", "unix:"+k.socket,
		"--allow-network", "127.0.0.0/8", "--concurrency", fmt.Sprint(killConcurrency), "--log-level", "error")
	k.process.Stderr = k.Output()
	if err := k.process.Start(); err != nil {
		k.Fatal(err)
	}
	k.Cleanup(func() { _ = k.process.Process.Kill() })
	deadline := time.Now().Add(patience)
	for {
		response, err := k.http.Get(origin + "/readyz")
		if err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Now().After(deadline) {
			k.Fatalf("the host is not ready: %v", err)
		}
		pause(k.Context(), 5*time.Millisecond)
	}
}

// pause waits between two looks at a condition.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func (k *killing) kill() {
	k.Helper()
	if err := k.process.Process.Kill(); err != nil {
		k.Fatal(err)
	}
	_ = k.process.Wait()
	k.http.CloseIdleConnections()
}

func (k *killing) register() {
	k.Helper()
	ctx := k.Context()
	key, err := os.ReadFile(filepath.Join(k.dir, "admin.key"))
	if err != nil {
		k.Fatal(err)
	}
	k.apiKey = strings.TrimSpace(string(key))
	k.client = &client.Client{URL: origin, Key: k.apiKey, HTTP: k.http}
	var list []host.BindingWrite
	for i := range actionsPerEvent {
		name := fmt.Sprint("step", i)
		if _, err := k.client.CreateAction(ctx, name, host.PostUserRegistration); err != nil {
			k.Fatal(err)
		}
		settings := host.Settings{
			Egress: host.Egress{Allow: []string{k.receiver.URL}},
			Retry:  host.Retry{MaxAttempts: 20, InitialMillis: 10, MaxMillis: 100},
			Config: map[string]string{"script": guests.Script(
				guests.Step{Function: "clock_sleep", Argument: guests.Word(2)},
				guests.Step{Function: "http_send", Argument: `{"method":"POST","url":"` + k.receiver.URL + "/" + name + `"}`},
			)},
		}
		if _, err := k.client.CreateVersion(ctx, name, guests.Wasm("script"), host.Manifest{Settings: settings}, true); err != nil {
			k.Fatal(err)
		}
		list = append(list, host.BindingWrite{Action: name})
	}
	if _, err := k.client.ReplaceBindings(ctx, host.PostUserRegistration, list); err != nil {
		k.Fatal(err)
	}
}

// unfinished reports whether an event that was acknowledged lacks an action.
func (k *killing) unfinished() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, execution := range k.accepted {
		if !ordered(k.seen[execution]) {
			return true
		}
	}
	return false
}

// firstRun returns how long after the start of the process the first
// unfinished action ran.
func (k *killing) firstRun() time.Duration {
	k.Helper()
	k.mu.Lock()
	first, started := k.first, k.started
	k.mu.Unlock()
	if first != nil {
		select {
		case <-first:
		case <-time.After(patience):
			k.Fatal("no unfinished work was resumed")
		}
	}
	return time.Since(started)
}

// killUnderLoad kills the process while senders post events.
func (k *killing) killUnderLoad() {
	k.Helper()
	before := k.acknowledged()
	ctx, cancel := context.WithCancel(k.Context())
	var senders sync.WaitGroup
	for range killSenders {
		senders.Go(func() {
			for ctx.Err() == nil {
				k.post(ctx)
			}
		})
	}
	if k.meanwhile != nil {
		pause(ctx, underLoad/2)
		k.meanwhile()
	}
	pause(ctx, underLoad)
	// A host that has accepted nothing and is killed again and again over the
	// same action takes that for the reason.
	for deadline := time.Now().Add(patience); k.acknowledged() == before && time.Now().Before(deadline); {
		pause(ctx, time.Millisecond)
	}
	k.kill()
	cancel()
	senders.Wait()
}

// acknowledged returns how many events were accepted.
func (k *killing) acknowledged() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.accepted)
}

// post sends one event; only a 202 counts as accepted.
func (k *killing) post(ctx context.Context) {
	k.mu.Lock()
	k.users++
	user := k.users
	k.mu.Unlock()
	event := hosttest.Event(user)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, origin+"/v1/events/post-user-registration", bytes.NewReader(event.Body))
	if err != nil {
		return
	}
	r.Header.Set("Authorization", "Bearer "+k.apiKey)
	r.Header.Set("Content-Type", "application/json")
	response, err := k.http.Do(r)
	if err != nil { // it was killed
		pause(ctx, time.Millisecond)
		return
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	var accepted host.Accepted
	if err != nil || response.StatusCode != http.StatusAccepted || json.Unmarshal(body, &accepted) != nil {
		return
	}
	k.mu.Lock()
	k.accepted[event.UserID] = accepted.ExecutionID
	k.mu.Unlock()
}

// drain waits until every event that was accepted has come to its end.
func (k *killing) drain() {
	k.Helper()
	deadline := time.Now().Add(patience)
	for _, execution := range k.accepted {
		for {
			x, err := k.client.Execution(k.Context(), execution)
			if err != nil {
				k.Fatal(err)
			}
			if x.Status.Final() {
				break
			}
			if time.Now().After(deadline) {
				k.Fatalf("execution %s is still %s", execution, x.Status)
			}
			pause(k.Context(), 20*time.Millisecond)
		}
	}
}

// report checks the promises and prints the counts.
func (k *killing) report(kills int, slowest time.Duration) {
	k.Helper()
	lost, disordered, twice := 0, 0, 0
	for _, execution := range k.accepted {
		x, err := k.client.Execution(k.Context(), execution)
		if err != nil || x.Status != host.StatusCompleted {
			lost++
			k.Logf("%s: %s %v", execution, x.Status, err)
		}
		seen := k.seen[execution]
		twice += max(len(seen)-actionsPerEvent, 0)
		if !ordered(seen) {
			disordered++
			k.Logf("%s ran %v", execution, seen)
		}
	}
	_ = k.process.Process.Signal(os.Interrupt)
	err := k.process.Wait()
	inFlight := kills * killConcurrency * actionsPerEvent
	k.Logf("%d kills: %d events accepted, %d lost, %d out of order, %d actions run twice (at most %d were in flight), work resumed at the latest %v after the start",
		kills, len(k.accepted), lost, disordered, twice, inFlight, slowest.Round(time.Millisecond))
	if lost > 0 || disordered > 0 || twice > inFlight || len(k.accepted) == 0 {
		k.Error("a promise is broken")
	}
	if slowest > resumeWithin {
		k.Logf("resuming took longer than %v", resumeWithin)
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		k.Errorf("the host did not stop gently: %v", exit)
	}
}

// ordered reports whether no action came before its predecessor had, and each
// came.
func ordered(seen []string) bool {
	reached := 0
	for _, name := range seen {
		var step int
		if _, err := fmt.Sscanf(name, "step%d", &step); err != nil || step > reached {
			return false
		}
		reached = max(reached, step+1)
	}
	return reached == actionsPerEvent
}
