package oracle_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/oracle"
	"github.com/usherhost/usher/host/sandbox"
	"github.com/usherhost/usher/host/tape"
)

type store struct {
	mu      sync.Mutex
	changes []host.Change // guarded by mu
}

func (*store) Module(context.Context, string) ([]byte, error) { return guests.Wasm("script"), nil }

func (*store) Secrets(context.Context, string) (map[string]string, error) {
	return map[string]string{"TOKEN": "s3cret-value"}, nil
}

func (s *store) RecordChange(_ context.Context, c host.Change) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changes = append(s.changes, c)
	return nil
}

// world is a host with its oracle at work, and one run.
type world struct {
	store  store
	oracle *oracle.Oracle
	dir    string
	log    bytes.Buffer
	run    guest.Run
	result host.Result
	tape   host.Tape
	stop   func()
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{dir: filepath.Join(t.TempDir(), "oracle")}
	open := func(interpreter bool) *guest.Runner {
		box, err := sandbox.Open(t.Context(), sandbox.Config{Functions: guest.Functions(), Interpreter: interpreter})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = box.Close(context.Background()) })
		return &guest.Runner{Sandbox: box, Modules: &w.store, Secrets: &w.store}
	}
	w.oracle = &oracle.Oracle{
		Share: 1, Modules: &w.store, Changes: &w.store, Dir: w.dir, Log: slog.New(slog.NewTextHandler(&w.log, nil)),
		Open: func(context.Context) (*guest.Runner, func(), error) { return open(true), func() {}, nil },
	}
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() { _ = w.oracle.Run(ctx) })
	w.stop = func() { cancel(); group.Wait() }
	t.Cleanup(w.stop)
	w.run = guest.Run{
		ExecutionID: "exe_1", Attempt: 1, Event: &host.Event{ID: "evt_1", Trigger: host.PostUserRegistration, Body: []byte(`{"user":{"user_id":"a"}}`)},
		Step: host.Step{Action: "greet", ActionID: "act_1", Number: 2, Digest: host.Digest(guests.Wasm("script")), Settings: host.Settings{
			Config: map[string]string{"script": guests.Script(
				guests.Step{Function: "secret_get", Argument: "TOKEN"}, guests.Step{Function: "random"},
				guests.Step{Function: "log_write", Argument: "\x02hello"}, guests.Step{Function: "clock_sleep", Argument: guests.Word(1)})},
		}},
	}
	var err error
	if w.result, w.tape, err = open(false).Run(t.Context(), w.run); err != nil || !w.result.Succeeded {
		t.Fatalf("%v %+v", err, w.result.Error)
	}
	return w
}

func (w *world) await(t *testing.T, done func(oracle.Stats) bool) {
	t.Helper()
	for !done(w.oracle.Stats()) {
		select {
		case <-t.Context().Done():
			t.Fatalf("stats are %+v", w.oracle.Stats())
		case <-time.After(time.Millisecond):
		}
	}
}

func TestARunIsTheSameOnTheSecondEngine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.oracle.Ran(w.run, &w.result, &w.tape)
	w.await(t, func(s oracle.Stats) bool { return s.Replayed+s.Mismatched+s.Failed > 0 })
	w.stop()
	if s := w.oracle.Stats(); s != (oracle.Stats{Replayed: 1}) || len(w.store.changes) != 0 {
		t.Errorf("stats %+v, changes %+v, log %s", s, w.store.changes, &w.log)
	}
}

func TestAMismatchRaisesTheAlarmAndKeepsBothTapes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.result.Stats.Fuel++ // as if the compiler had a fault
	w.oracle.Ran(w.run, &w.result, &w.tape)
	w.await(t, func(s oracle.Stats) bool { return s.Replayed+s.Mismatched+s.Failed > 0 })
	w.stop()
	if s := w.oracle.Stats(); s.Mismatched != 1 {
		t.Fatalf("stats %+v, log %s", s, &w.log)
	}
	if len(w.store.changes) != 1 || w.store.changes[0].Verb != "oracle.mismatch" || w.store.changes[0].Object != "exe_1" {
		t.Fatalf("changes %+v", w.store.changes)
	}
	var after struct {
		Differs string
		Tapes   []string
	}
	if err := json.Unmarshal(w.store.changes[0].After, &after); err != nil || after.Differs != "fuel" || len(after.Tapes) != 2 {
		t.Fatalf("%v: %s", err, w.store.changes[0].After)
	}
	for i, path := range after.Tapes {
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		rec, err := tape.Read(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		if want := w.result.Stats.Fuel - int64(i); rec.Result.Stats.Fuel != want || rec.Module == nil {
			t.Errorf("%s has %d units of fuel, want %d", path, rec.Result.Stats.Fuel, want)
		}
		if strings.Contains(string(file), "s3cret-value") {
			t.Errorf("%s has a secret", path)
		}
	}
	if log := w.log.String(); !strings.Contains(log, "level=ERROR") || strings.Contains(log, "s3cret") || !slices.ContainsFunc(after.Tapes, func(p string) bool { return strings.Contains(log, p) }) {
		t.Errorf("log is %s", log)
	}
}

func TestOnlyTheShareIsReplayed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.oracle.Share = 0
	for range 100 {
		w.oracle.Ran(w.run, &w.result, &w.tape)
	}
	var none *oracle.Oracle
	none.Ran(w.run, &w.result, &w.tape) // of a host without one
	w.stop()
	if s := w.oracle.Stats(); s != (oracle.Stats{}) {
		t.Errorf("stats %+v", s)
	}
}
