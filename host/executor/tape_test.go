package executor_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/executor"
	taping "github.com/usherhost/usher/host/tape"
)

// sealer prefixes the context, so that a test can see it.
type sealer struct{ err error }

func (s sealer) Seal(plaintext, context []byte) ([]byte, error) {
	return append(append(bytes.Clone(context), '|'), plaintext...), s.err
}

func TestTapeIsStoredSealedOrNotAtAll(t *testing.T) {
	t.Parallel()
	tape := host.Tape{Seed: []byte{1}, Calls: []host.Call{{Function: "secret_get", Answer: json.RawMessage(`"hunter2"`)}}}
	for _, tt := range []struct {
		name   string
		sealer executor.Sealer
		tape   host.Tape
		wants  string // the part before "|"
	}{
		{name: "bound to its attempt", sealer: sealer{}, tape: tape, wants: "tape:exe:0:1"},
		{name: "also without host calls, when it used random numbers", sealer: sealer{}, tape: host.Tape{Seed: tape.Seed}, wants: "tape:exe:0:1"},
		{name: "also without host calls, when it read the clock", sealer: sealer{}, tape: host.Tape{Start: time.Unix(1, 0).UTC()}, wants: "tape:exe:0:1"},
		{name: "without any input but the event there is none", sealer: sealer{}},
		{name: "without a sealer there is none", tape: tape},
		{name: "one that can't be sealed is dropped", sealer: sealer{errDisk}, tape: tape},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				db := newStore()
				guests := &stage{play: func(context.Context, host.Execution, int, int) (host.Result, host.Tape, error) {
					return succeeded, tt.tape, nil
				}}
				logged := &logs{}
				stop := begin(t, &executor.Executor{
					Runner: guests, Sealer: tt.sealer, Log: slog.New(slog.NewTextHandler(logged, nil)),
				}, db)
				synctest.Wait()
				db.accept(execution("exe", plan(1)))
				time.Sleep(time.Second)
				end(t, stop)

				if db.execution("exe").Status != host.StatusCompleted {
					t.Fatalf("status %s", db.execution("exe").Status)
				}
				before, after, _ := bytes.Cut(db.outcomes[0].Tape, []byte("|"))
				if string(before) != tt.wants {
					t.Errorf("stored %q", db.outcomes[0].Tape)
				}
				if tt.wants != "" {
					if got, err := taping.Decode(after); err != nil || !reflect.DeepEqual(got, tt.tape) {
						t.Errorf("sealed %+v, want %+v (%v)", got, tt.tape, err)
					}
				}
				if strings.Contains(logged.String(), "hunter2") {
					t.Error("a secret is in the log")
				}
			})
		})
	}
}

func TestATapeIsStoredAsItsBindingSays(t *testing.T) {
	t.Parallel()
	long := host.Tape{Calls: []host.Call{{Function: "f", Answer: json.RawMessage(`"` + strings.Repeat("x", 5000) + `"`)}}}
	for _, tt := range []struct {
		name          string
		settings      host.Settings
		failed, taped bool
		cut           bool
		until         time.Duration
	}{
		{name: "all by default", taped: true},
		{name: "all", settings: host.Settings{Tape: host.TapeAll}, failed: true, taped: true},
		{name: "off", settings: host.Settings{Tape: host.TapeOff}},
		{name: "off, also of failures", settings: host.Settings{Tape: host.TapeOff}, failed: true},
		{name: "failures, and it succeeds", settings: host.Settings{Tape: host.TapeFailures}},
		{name: "failures, and it fails", settings: host.Settings{Tape: host.TapeFailures}, failed: true, taped: true},
		{name: "long bodies are cut", settings: host.Settings{TapeBodyBytes: 2000}, taped: true, cut: true},
		{name: "for a time of its own", settings: host.Settings{TapeMaxAge: "36h"}, taped: true, until: 36 * time.Hour},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				db := newStore()
				ended := time.Now().UTC()
				guests := &stage{play: func(context.Context, host.Execution, int, int) (host.Result, host.Tape, error) {
					return host.Result{Succeeded: !tt.failed, EndedAt: ended}, long, nil
				}}
				stop := begin(t, &executor.Executor{Runner: guests, Sealer: sealer{}, Log: slog.New(slog.DiscardHandler)}, db)
				synctest.Wait()
				x := execution("exe", plan(1))
				x.Plan[0].Settings = tt.settings
				x.Plan[0].Settings.Retry.MaxAttempts = 1
				db.accept(x)
				time.Sleep(time.Second)
				end(t, stop)

				o := db.outcomes[0]
				if (o.Tape != nil) != tt.taped {
					t.Fatalf("stored %d bytes", len(o.Tape))
				}
				if !tt.taped {
					return
				}
				_, body, _ := bytes.Cut(o.Tape, []byte("|"))
				got, err := taping.Decode(body)
				if err != nil || (got.Calls[0].AnswerCut != nil) != tt.cut || tt.cut == (len(got.Calls[0].Answer) > 2000) {
					t.Errorf("%+v (%v)", got, err)
				}
				if tt.until == 0 != o.TapeUntil.IsZero() || tt.until != 0 && !o.TapeUntil.Equal(ended.Add(tt.until)) {
					t.Errorf("until %v", o.TapeUntil)
				}
			})
		})
	}
}

func TestMetricsCountWhatHappened(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := newStore()
		registry := prometheus.NewRegistry()
		guests := &stage{play: func(_ context.Context, x host.Execution, _, _ int) (host.Result, host.Tape, error) {
			if x.ID == "bad" {
				return failed, host.Tape{}, nil
			}
			if x.ID == "endless" {
				return host.Result{Fault: host.FaultLimit, Limit: "fuel"}, host.Tape{}, nil
			}
			return succeeded, host.Tape{}, nil
		}}
		stop := begin(t, &executor.Executor{Runner: guests, Metrics: registry}, db)
		synctest.Wait()
		db.accept(execution("good", plan(2)))
		bad := execution("bad", plan(1))
		bad.Plan[0].Settings.Retry.MaxAttempts = 3
		db.accept(bad)
		endless := execution("endless", plan(1))
		endless.Plan[0].Settings.Retry.MaxAttempts = 1
		db.accept(endless)
		time.Sleep(time.Hour)
		end(t, stop)

		got := gather(t, registry)
		for name, want := range map[string]float64{
			"usher_runs_total{action=action-0,fault=,limit=,outcome=succeeded,trigger=post-user-registration,version=1}":       1,
			"usher_runs_total{action=action-1,fault=,limit=,outcome=succeeded,trigger=post-user-registration,version=2}":       1,
			"usher_runs_total{action=action-0,fault=guest,limit=,outcome=failed,trigger=post-user-registration,version=1}":     3,
			"usher_runs_total{action=action-0,fault=limit,limit=fuel,outcome=failed,trigger=post-user-registration,version=1}": 1,
			"usher_run_seconds{action=action-0,trigger=post-user-registration}":                                                5,
			"usher_executions_total{status=completed}":                                                                         1,
			"usher_executions_total{status=partial}":                                                                           2,
			"usher_retries_total{action=action-0,trigger=post-user-registration,version=1}":                                    2,
			"usher_dead_letters_total{action=action-0,trigger=post-user-registration,version=1}":                               2,
			"usher_start_latency_seconds{}":      3,
			"usher_queue_depth{status=pending}":  0,
			"usher_queue_depth{status=retrying}": 0,
			"usher_queue_oldest_age_seconds{}":   0,
			"usher_running{}":                    0,
			"usher_unsaved_results{}":            0,
			"usher_queue_spilled_total{}":        0,
		} {
			if value, ok := got[name]; !ok || value != want {
				t.Errorf("%s is %v (there: %t), want %v", name, value, ok, want)
			}
		}
	})
}

// gather returns the value of each counter and gauge, and the count of each
// histogram.
func gather(t *testing.T, r *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetName()+"="+l.GetValue())
			}
			got[f.GetName()+"{"+strings.Join(labels, ",")+"}"] = m.GetCounter().GetValue() +
				m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return got
}
