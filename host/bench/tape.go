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

// tapeWorks are the works of the bench tape: what each of three actions does, and the
// secrets that it has. The guest fewcalls looks things up, logs, and sends a request when it
// has an address.
var tapeWorks = []struct {
	name, guest string
	secrets     []string
}{
	{name: "no-op", guest: "noop"},
	{name: "random numbers", guest: "random"},
	{name: "six calls", guest: "fewcalls", secrets: []string{"API_KEY"}},
	{name: "seven calls, one a request", guest: "fewcalls", secrets: []string{"API_KEY", "HOOK_URL"}},
}

// tapings are the settings that are compared with the first of them. A run that resumes
// also keeps its calls as they happen, in files.
var tapings = []struct {
	name     string
	settings host.Settings
}{
	{"off", host.Settings{Tape: host.TapeOff, Resume: host.ResumeOff}},
	{"failures", host.Settings{Tape: host.TapeFailures, Resume: host.ResumeOff}},
	{"all", host.Settings{Tape: host.TapeAll, Resume: host.ResumeOff}},
	{"all, and resume", host.Settings{Tape: host.TapeAll, Resume: host.ResumeOn}},
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
	receiver := receive(`{"ok":true,"ts":"1790000000.000100"}`)
	defer receiver.Close()
	for _, work := range tapeWorks {
		found := make([][]taped, len(tapings))
		for round := range e.Rounds {
			for i := range tapings {
				i = (i + round) % len(tapings) // none is always the first
				var one taped
				if _, err := compare.InTemp(func(dir string) (float64, error) {
					one, err = completeTaped(ctx, dir, e, work.guest, secretsOf(work.secrets, receiver.URL), tapings[i].settings)
					return 0, err
				})(); err != nil {
					return rows, err
				}
				found[i] = append(found[i], one)
			}
		}
		off := best(found[0])
		for i, t := range tapings[1:] {
			one, name := best(found[i+1]), work.name+", "+t.name
			rows = append(rows,
				compare.Rate("tape", name, one.rate, "events/s", tapings[0].name, off.rate),
				compare.Cost("tape", name, one.cpu, "µs CPU", tapings[0].name, off.cpu))
			if one.bytes > 0 {
				rows = append(rows, compare.Row{Bench: "tape", Work: name, Value: one.bytes, Unit: "B/run", Against: "itself", Ratio: 1})
			}
		}
	}
	return rows, nil
}

// receive returns a server that answers every request with one body.
func receive(answer string) *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, answer)
	}))
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

// secretsOf returns values for secrets: HOOK_URL is an address of origin.
func secretsOf(names []string, origin string) []host.SecretWrite {
	var all []host.SecretWrite
	for _, name := range names {
		value := "0123456789abcdef0123456789abcdef"
		if name == "HOOK_URL" {
			value = origin + "/services/T00000000/B00000000/0123456789abcdefghijklmn"
		}
		all = append(all, host.SecretWrite{Name: name, Value: &value})
	}
	return all
}

// completeTaped measures events that are accepted and whose three actions have run.
func completeTaped(ctx context.Context, dir string, e compare.Effort, guest string, secrets []host.SecretWrite, settings host.Settings) (found taped, err error) {
	h, err := hosttest.Open(ctx, dir, 0)
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	if secrets != nil {
		settings.Egress.Mode = host.EgressPublic
		settings.Config = map[string]string{"channel": "#signups"}
	}
	var names []string
	for i := range 3 {
		names = append(names, fmt.Sprint("action-", i))
		if err := h.Deploy(ctx, names[i], guests.Wasm(guest), settings); err != nil {
			return found, err
		}
		if secrets == nil {
			continue
		}
		if _, err := h.Registry.SetSecrets(ctx, names[i], secrets, nil); err != nil {
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
