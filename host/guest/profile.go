package guest

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox"
)

// Profile runs the step as Run does, but with an instance of its own that is
// measured, and returns what each of the module's functions used. It is slow. See
// [sandbox.Sandbox.Profile].
func (r *Runner) Profile(ctx context.Context, run Run) (host.Result, []sandbox.FunctionFuel, error) {
	var used []sandbox.FunctionFuel
	result, _, err := r.record(ctx, run, nil, func(c *call) sandbox.Outcome { return c.profile(&used) })
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

// Spot is the fuel that a run used in one place of its own language.
type Spot struct {
	// Stack has the calls, the innermost first, and the async functions that wait for
	// them, each as "function (file:line:column)". It is empty for the work of the
	// language's own runtime.
	Stack []string
	Fuel  int64
}

// The samples of a profile: after so many, the interval is doubled.
const (
	profileInterval = 20_000 // units of fuel
	profileSamples  = 20_000
)

// profile collects the samples of a run that is profiled.
type profile struct {
	fuel  map[string]int64 // by stack, its frames in lines
	taken int
}

// ProfileCode runs the step as Run does, from its snapshot, and returns where its code
// used fuel, the most expensive first: the same for the same run. It is for modules
// whose frames the runner can read.
func (r *Runner) ProfileCode(ctx context.Context, run Run) (host.Result, []Spot, error) {
	var spots []Spot
	result, _, err := r.record(ctx, run, nil, func(c *call) sandbox.Outcome {
		c.profiled = &profile{fuel: map[string]int64{}}
		out := c.execute()
		c.profiled.fuel[""] += out.Fuel - c.hot.used
		spots = c.spots()
		return out
	})
	return result, spots, err
}

// spots returns the samples with the author's positions.
func (c *call) spots() []Spot {
	stacks := slices.Sorted(maps.Keys(c.profiled.fuel))
	located := strings.Split(c.locate(strings.Join(stacks, "\x00")), "\x00")
	fuel := map[string]int64{}
	for i, stack := range stacks {
		fuel[located[i]] += c.profiled.fuel[stack]
	}
	var list []Spot
	for _, stack := range slices.Sorted(maps.Keys(fuel)) {
		spot := Spot{Fuel: fuel[stack]}
		if stack != "" {
			spot.Stack = strings.Split(stack, "\n")
		}
		list = append(list, spot)
	}
	slices.SortStableFunc(list, func(a, b Spot) int { return cmp.Compare(b.Fuel, a.Fuel) })
	return list
}

// add counts a sample.
func (p *profile) add(c *call, memory []byte, spent int64) {
	var stack []string
	if len(c.runner.Frames.Calls(memory)) > 0 {
		stack = c.runner.Frames.Stack(memory)
	}
	p.fuel[strings.Join(stack, "\n")] += spent
	if p.taken++; p.taken%profileSamples == 0 {
		c.entry.request.Interval *= 2
	}
}
