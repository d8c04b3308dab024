package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/bench/baseline"
	"github.com/usherhost/usher/host/bench/compare"
	"github.com/usherhost/usher/host/executor"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/internal/hosttest"
)

// sender sends events for the length of the effort.
type sender func(ctx context.Context, h *hosttest.Host, e compare.Effort) (baseline.Measure, error)

func benchComplete(ctx context.Context, e compare.Effort) (rows []compare.Row, err error) {
	for _, d := range []struct {
		work string
		send sender
	}{{"complete", acceptThere}, {"http", postThere}} {
		ours, theirs, err := compare.SideBySide(e.Rounds, compare.InTemp(func(dir string) (float64, error) {
			return complete(ctx, dir, e, d.send, false)
		}), compare.InTemp(func(dir string) (float64, error) { return complete(ctx, dir, e, d.send, true) }))
		if err != nil {
			return rows, err
		}
		rows = append(rows, compare.Rate("complete", d.work, ours, "events/s", "queue alone", theirs))
	}
	return rows, nil
}

// complete measures events that are accepted and whose three actions have run,
// with the backlog held small. In an idle run the actions are nothing at all.
func complete(ctx context.Context, dir string, e compare.Effort, send sender, idle bool) (rate float64, err error) {
	h, err := hosttest.OpenWith(ctx, dir, hosttest.Options{Runner: func(runner executor.Runner) executor.Runner {
		if !idle {
			return runner
		}
		return executor.RunnerFunc(func(context.Context, host.Execution, int, int) (host.Result, host.Tape, error) {
			now := time.Now()
			return host.Result{Succeeded: true, StartedAt: now, EndedAt: now}, host.Tape{}, nil
		})
	}})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	if err := bindThree(ctx, h); err != nil {
		return 0, err
	}
	m, err := send(ctx, h, e)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	if err := h.WaitIdle(ctx); err != nil {
		return 0, err
	}
	return float64(m.Done) / (m.Took + time.Since(began)).Seconds(), nil
}

// acceptThere sends in process.
func acceptThere(ctx context.Context, h *hosttest.Host, e compare.Effort) (baseline.Measure, error) {
	return baseline.Loop(producers, e.Length, func(int) error {
		_, err := h.DB.Accept(ctx, []host.NewEvent{hosttest.Event(int(users.Add(1)))})
		return err
	})
}

// postThere sends over HTTP, from clients that share the cores.
func postThere(ctx context.Context, h *hosttest.Host, e compare.Effort) (m baseline.Measure, err error) {
	address, key, stop, err := serveIngress(ctx, h.DB)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	return postAll(ctx, address, key, e)
}

func bindThree(ctx context.Context, h *hosttest.Host) error {
	var names []string
	for i := range 3 {
		names = append(names, fmt.Sprint("noop-", i))
		if err := h.Deploy(ctx, names[i], guests.Wasm("noop"), host.Settings{}); err != nil {
			return err
		}
	}
	return h.Bind(ctx, names...)
}
