package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/bench/compare"
	"github.com/usherhost/usher/host/bench/scripts"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/sandbox"
)

// benchJavaScript measures the time of one event's run of JavaScript actions,
// an HTTP exchange with a local server included where they have one, and the
// processor time, which other work on the machine changes less. Every
// event gets a fresh environment, in Usher, go-sdk and Node; workerd's events
// share one isolate, which it does not leave, and its time includes the HTTP
// request that brings the event.
func benchJavaScript(ctx context.Context, e compare.Effort) (rows []compare.Row, err error) {
	s, err := sandbox.Open(ctx, sandbox.Config{Functions: guest.Functions()})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close(ctx)) }()
	for _, name := range scripts.Names {
		script, err := scripts.Open(ctx, s, name)
		if leftOut(name, err) {
			continue
		}
		if err != nil {
			return rows, err
		}
		more, err := besidePeers(ctx, e, s, script)
		script.Close()
		rows = append(rows, more...)
		if err != nil {
			return rows, fmt.Errorf("action %s: %w", name, err)
		}
	}
	return rows, nil
}

// leftOut prints on stderr that something is left out because of err.
func leftOut(what string, err error) bool {
	missing, is := errors.AsType[*scripts.Missing](err)
	if is {
		fmt.Fprintf(os.Stderr, "bench: %s is left out: %v\n", what, missing)
	}
	return is
}

// medianMillis measures the median time of a run.
func medianMillis(e compare.Effort, run func() error) compare.Measurement {
	return func() (float64, error) {
		for range 10 { // the first ones load
			if err := run(); err != nil {
				return 0, err
			}
		}
		var times []float64
		for began := time.Now(); time.Since(began) < e.Length/2; {
			at := time.Now()
			if err := run(); err != nil {
				return 0, err
			}
			times = append(times, millis(time.Since(at)))
		}
		return compare.Median(times), nil
	}
}

// besidePeers measures one action by us and by each peer, in turns.
func besidePeers(ctx context.Context, e compare.Effort, s *sandbox.Sandbox, script *scripts.Script) (rows []compare.Row, err error) {
	reset := script.NewRunner(ctx, s, host.IsolationReset)
	fresh := script.NewRunner(ctx, s, host.IsolationFresh)
	defer reset.Close()
	defer fresh.Close()
	stock, err := script.NewStock(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stock.Close()) }()
	add := func(what, peer string, our func() error, their compare.Measurement) error {
		ours, theirs, err := compare.SideBySide(e.Rounds, medianMillis(e, our), their)
		if leftOut(script.Name+" in "+peer, err) {
			return nil
		}
		if err == nil {
			rows = append(rows, compare.Cost("javascript", what, ours, "ms", peer, theirs))
		}
		return err
	}
	cpu, theirs, err := compare.SideBySide(e.Rounds, func() (float64, error) { return compare.CPU(e, reset.Run) },
		func() (float64, error) { return compare.CPU(e, stock.Run) })
	if err != nil {
		return nil, err
	}
	rows = append(rows, compare.Cost("javascript", script.Name, cpu, "µs CPU", "go-sdk", theirs))
	node := func() (float64, error) { return script.Node(ctx, e.Length/2) }
	err = errors.Join(
		add(script.Name, "go-sdk", reset.Run, medianMillis(e, stock.Run)),
		add(script.Name+" (fresh instance)", "go-sdk", fresh.Run, medianMillis(e, stock.Run)),
		add(script.Name, "node vm", reset.Run, node),
	)
	if err != nil {
		return rows, err
	}
	workerd, err := script.NewWorkerd(ctx)
	if leftOut(script.Name+" in workerd", err) {
		return rows, nil
	}
	if err != nil {
		return rows, err
	}
	err = add(script.Name, "workerd, warm", reset.Run, medianMillis(e, workerd.Run))
	return rows, errors.Join(err, workerd.Close())
}
