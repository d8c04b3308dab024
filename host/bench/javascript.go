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
// event gets a fresh environment, in Usher, go-sdk and Node's vm. The events of
// Node and workerd that are warm share one, which they do not leave, and workerd's
// time includes the HTTP request that brings the event. The sizes of an action are
// compared with those of the first.
func benchJavaScript(ctx context.Context, e compare.Effort) (rows []compare.Row, err error) {
	s, err := sandbox.Open(ctx, sandbox.Config{Functions: guest.Functions()})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close(ctx)) }()
	var least sizes
	for _, name := range scripts.Names {
		script, err := scripts.Open(ctx, s, name)
		if leftOut(name, err) {
			continue
		}
		if err != nil {
			return rows, err
		}
		if script.FromBytecode != "" {
			fmt.Fprintf(os.Stderr, "bench: %s starts from bytecode: %s\n", name, script.FromBytecode)
		}
		if err := least.add(ctx, s, script, &rows); err != nil {
			script.Close()
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

// sizes are those of the first action: of the memory that its runs begin with, and
// of its module, which is that memory and the engine, in MiB.
type sizes struct{ image, module float64 }

// add appends the sizes of an action.
func (least *sizes) add(ctx context.Context, s *sandbox.Sandbox, script *scripts.Script, rows *[]compare.Row) error {
	in, _, err := s.Inspect(ctx, script.Wasm, scripts.Entry)
	if err != nil {
		return err
	}
	if len(in.Problems) > 0 {
		return fmt.Errorf("action %s: %v", script.Name, in.Problems)
	}
	const mib = 1 << 20
	its := sizes{float64(in.ImageBytes) / mib, float64(len(script.Wasm)) / mib}
	if script.Name == scripts.Names[0] {
		*least = its
	}
	if its.image > 0 {
		*rows = append(*rows, compare.Cost("javascript", script.Name+" (image)", its.image, "MiB", scripts.Names[0], least.image))
	}
	*rows = append(*rows, compare.Cost("javascript", script.Name+" (module)", its.module, "MiB", scripts.Names[0], least.module))
	return nil
}

// scriptPeers are an action here, and where its peers' rows go.
type scriptPeers struct {
	effort       compare.Effort
	script       *scripts.Script
	reset, fresh *scripts.Runner
	rows         []compare.Row
}

// besidePeers measures one action by us and by each peer, in turns.
func besidePeers(ctx context.Context, e compare.Effort, s *sandbox.Sandbox, script *scripts.Script) ([]compare.Row, error) {
	p := &scriptPeers{
		effort: e, script: script,
		reset: script.NewRunner(ctx, s, host.IsolationReset), fresh: script.NewRunner(ctx, s, host.IsolationFresh),
	}
	defer p.reset.Close()
	defer p.fresh.Close()
	for _, peer := range []func(context.Context) error{p.stock, p.node, p.workerd} {
		if err := peer(ctx); err != nil {
			return p.rows, err
		}
	}
	return p.rows, nil
}

// add measures both sides in turns; a peer that is missing is left out.
func (p *scriptPeers) add(what, unit, peer string, ours, theirs compare.Measurement) error {
	our, their, err := compare.SideBySide(p.effort.Rounds, ours, theirs)
	if leftOut(p.script.Name+" in "+peer, err) {
		return nil
	}
	if err == nil {
		p.rows = append(p.rows, compare.Cost("javascript", p.script.Name+what, our, unit, peer, their))
	}
	return err
}

func (p *scriptPeers) cpu(run func() error) compare.Measurement {
	return func() (float64, error) { return compare.CPU(p.effort, run) }
}

func (p *scriptPeers) stock(ctx context.Context) (err error) {
	stock, err := p.script.NewStock(ctx)
	if leftOut(p.script.Name+" in go-sdk", err) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stock.Close()) }()
	theirs := medianMillis(p.effort, stock.Run)
	return errors.Join(
		p.add("", "µs CPU", "go-sdk", p.cpu(p.reset.Run), p.cpu(stock.Run)),
		p.add("", "ms", "go-sdk", medianMillis(p.effort, p.reset.Run), theirs),
		p.add(" (fresh instance)", "ms", "go-sdk", medianMillis(p.effort, p.fresh.Run), theirs),
	)
}

func (p *scriptPeers) node(ctx context.Context) error {
	for _, node := range []struct {
		peer string
		mode scripts.NodeMode
	}{{"node vm", scripts.NodeFresh}, {"node, warm", scripts.NodeWarm}} {
		measure := func() (scripts.NodeTimes, error) { return p.script.Node(ctx, node.mode, p.effort.Length/2) }
		micros := func() (float64, error) { t, err := measure(); return t.Micros, err }
		milliseconds := func() (float64, error) { t, err := measure(); return t.Millis, err }
		err := errors.Join(
			p.add("", "µs CPU", node.peer, p.cpu(p.reset.Run), micros),
			p.add("", "ms", node.peer, medianMillis(p.effort, p.reset.Run), milliseconds),
		)
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *scriptPeers) workerd(ctx context.Context) error {
	workerd, err := p.script.NewWorkerd(ctx)
	if leftOut(p.script.Name+" in workerd", err) {
		return nil
	}
	if err != nil {
		return err
	}
	err = p.add("", "ms", "workerd, warm", medianMillis(p.effort, p.reset.Run), medianMillis(p.effort, workerd.Run))
	return errors.Join(err, workerd.Close())
}
