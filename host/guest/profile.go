package guest

import (
	"context"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox"
)

// Profile runs the step as Run does, but with an instance of its own that is
// measured, and returns what each of the module's functions used. It is slow. See
// [sandbox.Sandbox.Profile].
func (r *Runner) Profile(ctx context.Context, run Run) (host.Result, []sandbox.FunctionFuel, error) {
	var used []sandbox.FunctionFuel
	result, _, err := r.record(ctx, run, func(c *call) sandbox.Outcome { return c.profile(&used) })
	return result, used, err
}

func (c *call) profile(used *[]sandbox.FunctionFuel) sandbox.Outcome {
	if fault := c.prepare(); fault != nil {
		return sandbox.Outcome{Fault: fault}
	}
	wasm, err := c.runner.Modules.Module(c.ctx, c.run.Step.Digest)
	if err != nil {
		return sandbox.Outcome{Fault: hostFault("load the action's module", err)}
	}
	return c.enter(c.run.Event.Trigger.Entry(), func(q *sandbox.Request) (out sandbox.Outcome) {
		if out, *used, err = c.runner.Sandbox.Profile(c.ctx, wasm, q); err != nil {
			return sandbox.Outcome{Fault: hostFault("profile the module", err)}
		}
		return out
	})
}
