package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/bench/compare"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/internal/hosttest"
)

// tapeWork is what each of three actions does.
type tapeWork struct {
	name  string
	guest string
	steps []guests.Step
}

// tapeWorks are the works of the bench tape, whose requests go to origin.
func tapeWorks(origin string) []tapeWork {
	const body = `{"channel":"#signups","text":"A new user: ada@example.com","blocks":[{"type":"section","text":{"type":"mrkdwn","text":"*Ada* has registered"}}]}`
	calls := []guests.Step{
		{Function: "secret_get", Argument: "API_KEY"}, {Function: "config_get", Argument: "channel"}, {Function: "random"}, {Function: "clock"},
		{Function: "cache_set", Argument: `{"key":"seen","value":"yes"}`}, {Function: "cache_get", Argument: "seen"}, {Function: "log_warn", Argument: "a new user has registered"},
	}
	send := guests.Step{Function: "http_send", Argument: `{"method":"POST","url":"` + origin + `/hook","headers":{"content-type":"application/json"},"body":` + fmt.Sprintf("%q", body) + `}`}
	return []tapeWork{
		{name: "no-op", guest: "noop"},
		{name: "seven host calls", guest: "script", steps: calls},
		{name: "a request", guest: "script", steps: []guests.Step{{Function: "secret_get", Argument: "API_KEY"}, send}},
	}
}

// taped is what one measurement found.
type taped struct {
	rate  float64 // completed events a second
	cpu   float64 // microseconds of an event
	bytes float64 // of a run's tape
}

// benchTape measures completed events a second with recording off, of failures and of all
// runs, in turns. All runs succeed: with failures no tape is stored.
func benchTape(ctx context.Context, e compare.Effort) (rows []compare.Row, err error) {
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, `{"ok":true,"ts":"1790000000.000100"}`)
	}))
	defer receiver.Close()
	modes := []host.Taping{host.TapeOff, host.TapeFailures, host.TapeAll}
	for _, work := range tapeWorks(receiver.URL) {
		found := map[host.Taping][]taped{}
		for range e.Rounds {
			for _, mode := range modes {
				var one taped
				if _, err := compare.InTemp(func(dir string) (float64, error) {
					one, err = completeTaped(ctx, dir, e, work, mode, receiver.URL)
					return 0, err
				})(); err != nil {
					return rows, err
				}
				found[mode] = append(found[mode], one)
			}
		}
		off := best(found[host.TapeOff])
		for _, mode := range modes[1:] {
			one := best(found[mode])
			rows = append(rows,
				compare.Rate("tape", work.name+", "+string(mode), one.rate, "events/s", "off", off.rate),
				compare.Cost("tape", work.name+", "+string(mode), one.cpu, "µs CPU", "off", off.cpu))
		}
		rows = append(rows, compare.Row{
			Bench: "tape", Work: work.name + ", all", Value: best(found[host.TapeAll]).bytes, Unit: "B/run", Against: "itself", Ratio: 1,
		})
	}
	return rows, nil
}

// best returns the highest rate and the least processor time of the rounds: what others
// do on the machine makes both only worse.
func best(rounds []taped) taped {
	found := rounds[0]
	for _, one := range rounds {
		found = taped{rate: max(found.rate, one.rate), cpu: min(found.cpu, one.cpu), bytes: one.bytes}
	}
	return found
}

// completeTaped measures events that are accepted and whose three actions have run.
func completeTaped(ctx context.Context, dir string, e compare.Effort, work tapeWork, mode host.Taping, origin string) (found taped, err error) {
	h, err := hosttest.Open(ctx, dir, 0)
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	settings := host.Settings{
		Tape: mode, Egress: host.Egress{Allow: []string{origin}},
		Config: map[string]string{"script": guests.Script(work.steps...), "channel": "#signups"},
	}
	if work.steps == nil {
		settings = host.Settings{Tape: mode}
	}
	var names []string
	for i := range 3 {
		names = append(names, fmt.Sprint("action-", i))
		if err := h.Deploy(ctx, names[i], guests.Wasm(work.guest), settings); err != nil {
			return found, err
		}
		if work.steps == nil {
			continue
		}
		if _, err := h.Registry.SetSecrets(ctx, names[i], []host.SecretWrite{{Name: "API_KEY", Value: new("0123456789abcdef0123456789abcdef")}}, nil); err != nil {
			return found, err
		}
	}
	if err := h.Bind(ctx, names...); err != nil {
		return found, err
	}
	cpu, began := compare.ProcessTime(), time.Now()
	m, err := acceptThere(ctx, h, e)
	if err != nil {
		return found, err
	}
	if err := h.WaitIdle(ctx); err != nil {
		return found, err
	}
	took, used := time.Since(began), compare.ProcessTime()-cpu
	found.rate, found.cpu = float64(m.Done)/took.Seconds(), float64(used.Microseconds())/float64(m.Done)
	found.bytes, err = bytesPerRun(ctx, h)
	return found, err
}

// bytesPerRun returns how long the tapes of the latest execution are as they are stored,
// on average. Every run must have succeeded.
func bytesPerRun(ctx context.Context, h *hosttest.Host) (float64, error) {
	latest, err := h.DB.Executions(ctx, host.ExecutionQuery{Limit: 1})
	if err != nil || len(latest) == 0 || latest[0].Status != host.StatusCompleted {
		return 0, errors.Join(err, fmt.Errorf("the latest executions are %+v", latest))
	}
	bytes, steps := 0, len(latest[0].Plan)
	for step := range steps {
		sealed, err := h.DB.Tape(ctx, latest[0].ID, step, 1)
		if err != nil && host.CodeOf(err) != host.NotFound {
			return 0, err
		}
		bytes += len(sealed)
	}
	return float64(bytes) / float64(steps), nil
}
