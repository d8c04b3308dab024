package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/bench/compare"
	"github.com/usherhost/usher/host/bench/scripts"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/internal/hosttest"
	"github.com/usherhost/usher/host/sandbox"
	"github.com/usherhost/usher/host/tape"
	"github.com/usherhost/usher/host/wasmbin"
)

// checkedRuns is how many recorded runs are checked, unless it is to be quick.
const checkedRuns = 1000

// checkWork is an action that is checked, and how long a check of checkedRuns may take.
type checkWork struct {
	name     string
	wasm     []byte
	settings host.Settings
	secrets  []host.SecretWrite
	seconds  float64
}

// benchCheck records runs of an action, checks another build of it, and compares a run
// that is played back with one whose answers come at once.
func benchCheck(ctx context.Context, e compare.Effort) (rows []compare.Row, err error) {
	receiver := receive(`{"ok":true}`)
	defer receiver.Close()
	works, err := checkWorks(ctx, receiver.URL)
	if err != nil {
		return nil, err
	}
	for _, work := range works {
		_, err := compare.InTemp(func(dir string) (float64, error) {
			found, err := work.measure(ctx, dir, e)
			rows = append(rows, found...)
			return 0, err
		})()
		if err != nil {
			return rows, fmt.Errorf("%s: %w", work.name, err)
		}
	}
	return rows, nil
}

func checkWorks(ctx context.Context, origin string) ([]checkWork, error) {
	small := tapeWorks[2]
	url := origin + "/users"
	works := []checkWork{{
		name: "small guest", wasm: guests.Wasm(small.guest), seconds: 2,
		settings: host.Settings{Config: map[string]string{"channel": "#signups"}},
		secrets:  []host.SecretWrite{{Name: "API_KEY", Value: new("0123456789abcdef0123456789abcdef")}},
	}}
	s, err := sandbox.Open(ctx, sandbox.Config{Functions: guest.Functions()})
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.Close(ctx) }()
	script, err := scripts.Open(ctx, s, "axios")
	if leftOut("axios", err) {
		return works, nil
	}
	if err != nil {
		return nil, err
	}
	defer script.Close()
	return append(works, checkWork{name: "axios", wasm: script.Wasm, seconds: 6, secrets: []host.SecretWrite{{Name: "URL", Value: &url}}}), nil
}

func (w *checkWork) measure(ctx context.Context, dir string, e compare.Effort) (rows []compare.Row, err error) {
	h, err := hosttest.Open(ctx, dir, 0)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	runs := checkedRuns
	if e.Quick {
		runs = e.Count
	}
	w.settings.Egress.Mode = host.EgressPublic
	if err := w.record(ctx, h, runs); err != nil {
		return nil, err
	}
	next := wasmbin.AppendCustom(w.wasm, "bench", []byte("another build"))
	q := host.CheckQuery{Module: next, Manifest: &host.Manifest{Settings: w.settings}, Last: 1}
	if _, err := h.Checker.Check(ctx, w.name, q, nil); err != nil { // it is compiled
		return nil, err
	}
	var seconds, cpu []float64
	for range max(e.Rounds/2, 1) {
		used, began := compare.ProcessTime(), time.Now()
		q.Last = runs
		report, err := h.Checker.Check(ctx, w.name, q, nil)
		if err != nil {
			return nil, err
		}
		if report.Same != runs || !report.Passed {
			return nil, fmt.Errorf("the same module differs from itself: %+v", report)
		}
		seconds, cpu = append(seconds, time.Since(began).Seconds()), append(cpu, (compare.ProcessTime()-used).Seconds())
	}
	const cores = 2
	limit := fmt.Sprintf("%.0f s", w.seconds)
	replay, err := w.replay(ctx, h, e)
	return append(replay,
		compare.Cost("check", fmt.Sprintf("%s, %d runs", w.name, runs), compare.Quantile(seconds, 0), "s", limit, w.seconds),
		compare.Cost("check", fmt.Sprintf("%s, %d runs", w.name, runs), compare.Quantile(cpu, 0)/cores, "s CPU of each of 2 cores", limit, w.seconds),
	), err
}

// record runs events through the action.
func (w *checkWork) record(ctx context.Context, h *hosttest.Host, runs int) error {
	if err := h.Deploy(ctx, w.name, w.wasm, w.settings); err != nil {
		return err
	}
	if _, err := h.Registry.SetSecrets(ctx, w.name, w.secrets, nil); err != nil {
		return err
	}
	if err := h.Bind(ctx, w.name); err != nil {
		return err
	}
	events := make([]host.NewEvent, runs)
	for i := range events {
		events[i] = hosttest.Event(int(users.Add(1)))
	}
	if _, err := h.DB.Accept(ctx, events); err != nil {
		return err
	}
	return h.WaitIdle(ctx)
}

// replay measures a run that is played back from its tape, against one that is live but
// whose answers are there at once.
func (w *checkWork) replay(ctx context.Context, h *hosttest.Host, e compare.Effort) ([]compare.Row, error) {
	executions, err := h.DB.Executions(ctx, host.ExecutionQuery{Limit: 1})
	if err != nil {
		return nil, err
	}
	x := &executions[0]
	results, err := h.DB.Results(ctx, x.ID)
	if err != nil {
		return nil, err
	}
	event, err := h.DB.Event(ctx, x.EventID)
	if err != nil {
		return nil, err
	}
	sealed, err := h.DB.Tape(ctx, x.ID, 0, 1)
	if err != nil {
		return nil, err
	}
	recorded := &guest.Recorded{Result: results[0], Digest: x.Plan[0].Digest}
	open := func() error {
		plaintext, err := h.Box.Open(sealed, host.TapePlace(x.ID, 0, 1))
		if err == nil {
			recorded.Tape, err = tape.Decode(plaintext)
		}
		return err
	}
	opened, err := compare.CPU(e, open)
	if err != nil {
		return nil, err
	}
	live := *h.Runner
	live.Egress = answerOn(&recorded.Tape)
	run := guest.Run{ExecutionID: x.ID, Attempt: 1, Step: x.Plan[0], Event: &event}
	played, alive, err := compare.SideBySide(e.Rounds, func() (float64, error) {
		return compare.CPU(e, func() error { return runPlayed(ctx, h.Runner, run, recorded) })
	}, func() (float64, error) {
		return compare.CPU(e, func() error { return runLive(ctx, &live, run) })
	})
	return []compare.Row{
		compare.Cost("check", w.name+", replay", played, "µs CPU", "a run without network", alive),
		compare.Cost("check", w.name+", opening its tape", opened, "µs CPU", "a run without network", alive),
	}, err
}

func runPlayed(ctx context.Context, runner *guest.Runner, run guest.Run, recorded *guest.Recorded) error {
	replayed, err := runner.Replay(ctx, run, recorded, nil)
	if err == nil && replayed.Divergence != nil {
		err = fmt.Errorf("the replay diverges: %+v", replayed.Divergence)
	}
	return err
}

func runLive(ctx context.Context, runner *guest.Runner, run guest.Run) error {
	result, _, err := runner.Run(ctx, run)
	if err == nil && !result.Succeeded {
		err = fmt.Errorf("the run failed: %+v", result.Error)
	}
	return err
}

// atOnce answers every request at once with one answer of a tape.
type atOnce struct{ response host.HTTPResponse }

// answerOn returns the first answer of a request on a tape.
func answerOn(t *host.Tape) (a atOnce) {
	var answer struct {
		Status  int         `json:"status"`
		Headers http.Header `json:"headers"`
		Body    string      `json:"body"`
		URL     string      `json:"url"`
	}
	for i := range t.Calls {
		if json.Unmarshal(t.Calls[i].Answer, &answer) == nil && answer.Status > 0 {
			break
		}
	}
	a.response = host.HTTPResponse{Status: answer.Status, Header: http.Header{}, Body: []byte(answer.Body), URL: answer.URL, Requests: 1}
	for name, values := range answer.Headers {
		a.response.Header[http.CanonicalHeaderKey(name)] = values
	}
	return a
}

func (a atOnce) Send(context.Context, *host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure) {
	response := a.response
	return &response, nil
}
