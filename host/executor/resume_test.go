package executor_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/executor"
)

// opener opens what a sealer has sealed, at its place.
type opener struct{ sealer }

func (opener) Open(sealed, place []byte) ([]byte, error) {
	before, after, found := strings.Cut(string(sealed), "|")
	if !found || before != string(place) {
		return nil, &host.Error{Code: host.Corrupt, Text: "sealed elsewhere"}
	}
	return []byte(after), nil
}

// keeping is the store with its tapes, and what is kept of attempts.
type keeping struct {
	*store
	err error // of Tapes and Append

	mu        sync.Mutex
	kept      map[string][][]byte   // guarded by mu: of attempts that run
	left      map[string][][][]byte // guarded by mu
	forgotten []string              // guarded by mu
}

func newKeeping() *keeping {
	return &keeping{store: newStore(), kept: map[string][][]byte{}, left: map[string][][][]byte{}}
}

func (k *keeping) Tapes(_ context.Context, id string, step int) (all []host.SealedTape, err error) {
	k.store.mu.Lock()
	defer k.store.mu.Unlock()
	for _, o := range k.outcomes {
		if o.ExecutionID == id && o.Result != nil && o.Result.Step == step && o.Tape != nil {
			all = append(all, host.SealedTape{Attempt: o.Result.Attempt, Body: o.Tape})
		}
	}
	return all, k.err
}

func (k *keeping) Append(attempt string, part []byte, _ bool) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.kept[attempt] = append(k.kept[attempt], part)
	return k.err
}

func (k *keeping) Left(attempt string) [][][]byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.left[attempt]
}

func (k *keeping) Leave(attempt string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if parts := k.kept[attempt]; parts != nil {
		k.left[attempt] = append(k.left[attempt], parts)
		delete(k.kept, attempt)
	}
}

func (k *keeping) Forget(attempt string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.kept, attempt)
	delete(k.left, attempt)
	k.forgotten = append(k.forgotten, attempt)
}

// part is a part of a tape that says what was sent.
func part(sent string) host.Tape {
	return host.Tape{Start: time.Unix(1, 0).UTC(), Calls: []host.Call{{Ordinal: 7, Function: "http_send", Request: json.RawMessage(`"` + sent + `"`)}}}
}

// sent is what the attempts that an attempt resumes from had sent, as "attempt:request".
func sent(x host.Execution) string {
	var all []string
	for _, e := range x.Resumption.Earlier {
		for i, c := range e.Tape.Calls {
			all = append(all, fmt.Sprint(e.Number, ":", string(c.Request)))
			if c.Ordinal != i {
				all = append(all, "misnumbered")
			}
		}
	}
	return strings.Join(all, " ")
}

func TestAnAttemptResumesFromThoseBeforeIt(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		settings host.Settings
		err      error
		tape     func(attempt int) (host.Tape, error) // of the runner, when it was not part(attempt)
		keep     bool
		want     []string // what each attempt resumes from
	}{
		{name: "from their tapes", want: []string{"", `1:"1"`, `1:"1" 2:"2"`}},
		{name: "not when the binding does not want it", settings: host.Settings{Resume: host.ResumeOff}, want: []string{"", "", ""}},
		{name: "not without tapes", settings: host.Settings{Tape: host.TapeOff}, want: []string{"", "", ""}},
		{name: "not when they can't be read", err: errDisk, want: []string{"", "", ""}},
		{
			name: "from what was kept of those without a tape", keep: true,
			tape: func(attempt int) (host.Tape, error) {
				if attempt == 2 {
					return host.Tape{}, errDisk
				}
				return part(fmt.Sprint(attempt)), nil
			},
			want: []string{"", `1:"1"`, `1:"1" 2:"kept 2"`},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				k := newKeeping()
				k.err = tt.err
				var got []string
				guests := &stage{play: func(_ context.Context, x host.Execution, _, attempt int) (host.Result, host.Tape, error) {
					got = append(got, sent(x))
					if tt.keep && x.Resumption.Keep != nil {
						x.Resumption.Keep(part(fmt.Sprint("kept ", attempt)))
					}
					if tt.tape != nil {
						tape, err := tt.tape(attempt)
						return failed, numbered(tape), err
					}
					return failed, numbered(part(fmt.Sprint(attempt))), nil
				}}
				stop := begin(t, &executor.Executor{Runner: guests, Sealer: opener{}, Opener: opener{}, Tapes: k, Calls: k, Log: slog.New(slog.DiscardHandler)}, k.store)
				synctest.Wait()
				x := execution("exe", plan(1))
				x.Plan[0].Settings = tt.settings.Over(x.Plan[0].Settings)
				x.Plan[0].Settings.Retry.MaxAttempts = 3
				k.accept(x)
				time.Sleep(time.Hour)
				end(t, stop)
				if !slices.Equal(got, tt.want) {
					t.Errorf("attempts resume from %q, want %q", got, tt.want)
				}
			})
		})
	}
}

// numbered numbers the calls of a tape from 0.
func numbered(t host.Tape) host.Tape {
	for i := range t.Calls {
		t.Calls[i].Ordinal = i
	}
	return t
}

func TestAnAttemptThatWasCutOffResumesFromWhatWasKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := newKeeping()
		var got []string
		ran := make(chan struct{})
		guests := &stage{play: func(ctx context.Context, x host.Execution, _, _ int) (host.Result, host.Tape, error) {
			got = append(got, sent(x))
			for _, what := range []string{"a", "b"} {
				x.Resumption.Keep(part(what))
			}
			if len(got) == 1 {
				close(ran)
				<-ctx.Done()
				return host.Result{}, host.Tape{}, ctx.Err()
			}
			return succeeded, numbered(part("all")), nil
		}}
		run := func() func() error {
			stop := begin(t, &executor.Executor{
				Runner: guests, Sealer: opener{}, Opener: opener{}, Tapes: k, Calls: k, DrainTimeout: -1, Log: slog.New(slog.DiscardHandler),
			}, k.store)
			synctest.Wait()
			return stop
		}
		stop := run()
		k.accept(execution("exe", plan(1)))
		<-ran
		end(t, stop)
		k.store.mu.Lock()
		k.rows["exe"].held = false // as when the store is opened again
		k.store.mu.Unlock()
		name := host.AttemptName("exe", 0, 1)
		if parts := k.kept[name]; len(parts) != 2 {
			t.Fatalf("%d parts are kept, want 2", len(parts))
		}
		k.Leave(name)
		k.left[name][0] = append(k.left[name][0], []byte("a part that was cut"))
		stop = run()
		time.Sleep(time.Minute)
		end(t, stop)
		if want := []string{"", `1:"a" 1:"b"`}; !slices.Equal(got, want) {
			t.Errorf("it resumes from %q, want %q", got, want)
		}
		if k.execution("exe").Status != host.StatusCompleted || !slices.Contains(k.forgotten, name) || len(k.kept)+len(k.left) != 0 {
			t.Errorf("status %s, forgotten %v, kept %d, left %d", k.execution("exe").Status, k.forgotten, len(k.kept), len(k.left))
		}
	})
}

func TestARunGoesOnWhenItsCallsCanNotBeKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k, logged := newKeeping(), &logs{}
		k.err = errDisk
		guests := &stage{play: func(_ context.Context, x host.Execution, _, _ int) (host.Result, host.Tape, error) {
			for range 3 {
				x.Resumption.Keep(part("a secret"))
			}
			return succeeded, host.Tape{}, nil
		}}
		stop := begin(t, &executor.Executor{
			Runner: guests, Sealer: opener{}, Opener: opener{}, Tapes: k, Calls: k, Log: slog.New(slog.NewTextHandler(logged, nil)),
		}, k.store)
		synctest.Wait()
		k.accept(execution("exe", plan(1)))
		time.Sleep(time.Second)
		end(t, stop)
		if k.execution("exe").Status != host.StatusCompleted {
			t.Errorf("status %s", k.execution("exe").Status)
		}
		if n := strings.Count(logged.String(), "cannot keep the calls of a run"); n != 1 || strings.Contains(logged.String(), "a secret") {
			t.Errorf("logged %d times: %s", n, logged)
		}
	})
}
