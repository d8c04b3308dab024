package main

import (
	"context"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/executor"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/jsbuild/sourcemap"
	"github.com/usherhost/usher/host/oracle"
)

// attempts lets the executor run guests.
func attempts(runner *guest.Runner, second *oracle.Oracle) executor.RunnerFunc {
	return func(ctx context.Context, x host.Execution, index, attempt int) (host.Result, host.Tape, error) {
		return sampled(ctx, runner, second, guest.Run{
			ExecutionID: x.ID, Index: index, Attempt: attempt, Step: x.Plan[index], Event: x.Event, Resumption: x.Resumption,
		})
	}
}

// sampled runs a guest, and offers its run to the oracle.
func sampled(ctx context.Context, runner *guest.Runner, second *oracle.Oracle, run guest.Run) (host.Result, host.Tape, error) {
	result, tape, err := runner.Run(ctx, run)
	if err == nil {
		second.Ran(run, &result, &tape)
	}
	return result, tape, err
}

// flowRuns lets a flow that decides run guests.
func flowRuns(runner *guest.Runner, second *oracle.Oracle) executor.FlowRunner {
	return func(ctx context.Context, s executor.FlowStep) (host.Result, host.Tape, error) {
		return sampled(ctx, runner, second, guest.Run{
			ExecutionID: s.Execution.ID, Index: s.Index, Attempt: 1, Step: s.Execution.Plan[s.Index], Event: s.Execution.Event, Turn: s.Turn,
			UserMetadataBytes: s.UserMetadataBytes, AppMetadataBytes: s.AppMetadataBytes,
		})
	}
}

// replaying returns the runner with other modules, for what is played back.
func replaying(runner *guest.Runner) func(guest.Modules) *guest.Runner {
	return func(modules guest.Modules) *guest.Runner {
		r := *runner
		r.Modules, r.SourceMaps = modules, &sourcemap.Modules{Module: modules.Module}
		return &r
	}
}
