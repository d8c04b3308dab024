package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/bench/floor"
	"github.com/usherhost/usher/host/executor"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/internal/hosttest"
)

func benchComplete(ctx context.Context, e effort) ([]row, error) {
	ours, theirs, err := sideBySide(e.Rounds, inTemp(func(dir string) (float64, error) {
		return complete(ctx, dir, e, false)
	}), inTemp(func(dir string) (float64, error) { return complete(ctx, dir, e, true) }))
	return []row{{"complete", "complete", ours, "events/s", "queue alone", ours / theirs}}, err
}

// complete measures events that are accepted and whose three actions have run,
// with the backlog held small. In an idle run the actions are nothing at all.
func complete(ctx context.Context, dir string, e effort, idle bool) (rate float64, err error) {
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
	m, err := floor.Loop(producers, e.Length, func(int) error {
		_, err := h.DB.Accept(ctx, []host.NewEvent{hosttest.Event(int(users.Add(1)))})
		return err
	})
	if err != nil {
		return 0, err
	}
	began := time.Now()
	if err := h.WaitIdle(ctx); err != nil {
		return 0, err
	}
	return float64(m.Done) / (m.Took + time.Since(began)).Seconds(), nil
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
