// Package guest is the contract between the host and an action's module: its
// entry, its input and the host functions that it may call. How a module is loaded
// and limited is package sandbox's business, how a request is sent package
// egress's, and when an action runs the executor's.
//
// A [Runner] runs one [Run] (an attempt of one step on one event) and returns its
// result and its tape. It serves the executor and the command line alike.
//
// # A run
//
//  1. The action's secrets are read, and checked against those that it declares.
//  2. The sandbox loads the module and enters its export (see [host.Trigger.Entry]) with the
//     input: {"event": …, "execution": …}, the event as Auth0 shapes it.
//  3. The guest computes. It has no clock and no random numbers but those of the
//     run, and reaches the world by host functions only.
//  4. Its outcome becomes a [host.Result]: output, logs, calls and statistics, or
//     an error with its cause and, as a [host.Fix], what helps.
//
// # A host call
//
// The sandbox calls one of [Functions] (functions.go lists Usher's, extism.go
// Extism's). It finds the run by the sandbox's call, reads its message from the
// guest's memory within the limits of names and bodies, and passes do in call.go:
//
//  1. the call is counted against host_calls,
//  2. the request goes on the tape, and counts as part of the run's record,
//  3. the work is done: a request, a look-up, a log line,
//  4. the guest's clock moves on by what it took,
//  5. a note for people is kept, without secrets,
//  6. the answer goes on the tape,
//  7. a run whose deadline is over ends here.
//
// The answer is then put into the guest's memory. Where a limit is exceeded, a
// *sandbox.Fault is raised as a panic, which the sandbox turns into the outcome: no
// host function returns to a guest whose run is over.
//
// # A run that is played
//
// A [world] takes the place of the world outside: [Runner.Replay] plays a recorded run
// back from its tape (exact.go), and [Runner.Play] runs other code with answers that its
// caller has (virtual.go). Nothing leaves the host then, and time passes for the guest
// alone; all else is as in a run.
//
// # A retry
//
// A run whose step had earlier attempts resumes from their tapes: resume.go describes how,
// past.go what is known of them.
//
// A new host function is a file here, a message in proto, a vector in
// proto/conformance and a method in the SDKs.
package guest

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox"
)

// Modules reads module binaries by digest.
type Modules interface {
	Module(ctx context.Context, digest string) ([]byte, error)
}

// Secrets reads an action's secrets, unsealed.
type Secrets interface {
	Secrets(ctx context.Context, actionID string) (map[string]string, error)
}

// Egress sends a guest's requests under its policy.
type Egress interface {
	Send(ctx context.Context, r *host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure)
}

// Runner runs actions, one at a time for each call of Run. It is safe for
// concurrent use.
type Runner struct {
	Sandbox    *sandbox.Sandbox
	Modules    Modules
	Secrets    Secrets
	Egress     Egress
	Cache      *Cache
	SourceMaps SourceMaps // nil leaves positions as the guest wrote them
	Frames     Frames     // nil leaves a stopped guest the engine's stack

	// Verbatim leaves the values of secrets in outputs. It is for tests of the
	// contract alone, which see by outputs what guests got.
	Verbatim bool
}

// Functions are the host functions that a sandbox for this package must serve.
func Functions() []sandbox.Function {
	var functions []sandbox.Function
	for _, f := range usherFunctions() {
		for _, module := range []string{"usher:host/v1", "extism:host/user"} {
			f.Module = module
			functions = append(functions, f)
		}
	}
	return append(functions, extismFunctions()...)
}

// Run is one attempt of one step of an execution, under the step's settings.
type Run struct {
	ExecutionID string
	Index       int // of Step in the plan
	Attempt     int // from 1
	Step        host.Step
	Event       *host.Event // with its body

	// Resumption is what it resumes from; zero: it starts afresh.
	Resumption host.Resumption

	// Turn is the run's place on the processors, of one that comes before others while
	// these are short; nil: it has none.
	Turn sandbox.Turn

	// UserMetadataBytes and AppMetadataBytes are what earlier actions of the same flow
	// have set, of a trigger that decides.
	UserMetadataBytes, AppMetadataBytes int

	// Seed gives the guest's random numbers, of 32 bytes; nil is a new one. Start is what
	// its clock shows at its start; zero is the present. From there the clock moves by
	// the time that really passes.
	Seed  []byte
	Start time.Time
}

// Run runs the step's module on the event. What the guest does is the result;
// an error means that ctx ended first and there is nothing to record.
func (r *Runner) Run(ctx context.Context, run Run) (host.Result, host.Tape, error) {
	return r.record(ctx, run, nil, (*call).execute)
}

// record runs execute and returns its result and its tape. The run is played in w, if
// that is set.
func (r *Runner) record(ctx context.Context, run Run, w world, execute func(*call) sandbox.Outcome) (host.Result, host.Tape, error) {
	c := calls.Get().(*call)
	defer c.end()
	*c = call{
		runner: r, ctx: ctx, run: run, cache: r.Cache, world: w,
		random: random{seed: run.Seed}, entry: entry{buffer: c.entry.buffer},
	}
	c.random.seed, c.run.Start = c.resume(&run)
	c.clock.start(c.run.Start)
	started := c.clock.began
	if c.cache == nil {
		c.cache = &Cache{}
	}
	c.commands.user.bytes, c.commands.app.bytes = run.UserMetadataBytes, run.AppMetadataBytes
	defer c.redactPanic()
	outcome := execute(c)
	if ctx.Err() != nil {
		return host.Result{}, host.Tape{}, ctx.Err()
	}
	result := c.result(outcome)
	result.EndedAt = time.Now().UTC().Truncate(time.Microsecond)
	result.Stats.TotalMicros = result.EndedAt.Sub(started).Microseconds()
	return result, c.tape(), nil
}

// execute loads what the run needs and enters the sandbox.
func (c *call) execute() sandbox.Outcome {
	if fault := c.prepare(); fault != nil {
		return sandbox.Outcome{Fault: fault}
	}
	module, err := c.module()
	if err != nil {
		return sandbox.Outcome{Fault: hostFault("load the action's module", err)}
	}
	defer module.Release()
	// Loading may have compiled it. The guest's clock begins after that, or its
	// first timers would be late before they are set.
	c.clock.start(c.run.Start)
	entry := c.run.Event.Trigger.Entry()
	if !module.Exports(entry) {
		return sandbox.Outcome{Fault: hostFault("enter the module", fmt.Errorf("it does not export %s", entry))}
	}
	return c.enter(entry, func(q *sandbox.Request) sandbox.Outcome { return module.Run(c.ctx, q) })
}

// module returns the step's module. It is loaded when no run has it yet, for which a
// run that has a turn waits until its deadline.
func (c *call) module() (*sandbox.Module, error) {
	ctx := c.ctx
	if c.run.Turn != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, c.run.Turn.Deadline())
		defer cancel()
	}
	loadCtx, modules, digest := c.ctx, c.runner.Modules, c.run.Step.Digest // the run may be over before it is loaded
	return c.runner.Sandbox.Module(ctx, digest, func() ([]byte, error) { return modules.Module(loadCtx, digest) })
}

// enter composes what the guest gets, and lets run enter it.
func (c *call) enter(entry string, run func(*sandbox.Request) sandbox.Outcome) sandbox.Outcome {
	input, err := c.input()
	if err != nil {
		return sandbox.Outcome{Fault: hostFault("compose the guest's input", err)}
	}
	c.entry.stdout, c.entry.stderr = lines{call: c, level: "info"}, lines{call: c, level: "error"}
	c.entry.request = sandbox.Request{
		Entry:     entry,
		Input:     input,
		Limits:    c.settings.Limits,
		Isolation: c.settings.Isolation,
		Owner:     c.run.Step.ActionID,
		Turn:      c.run.Turn,
		Host:      c,
		Random:    &c.random,
		Clock:     &c.clock,
		Stdout:    &c.entry.stdout,
		Stderr:    &c.entry.stderr,
	}
	if c.world != nil {
		c.entry.request.Isolation = cmp.Or(c.world.isolation(), c.settings.Isolation)
		c.entry.request.Over = func(used int64) error { return c.world.over(used) }
	}
	if c.runner.Frames != nil {
		c.entry.request.Watch, c.entry.request.Interval = c, max(c.settings.Limits.Fuel/samples, minInterval)
	}
	if c.profiled != nil {
		c.entry.request.Interval = profileInterval
	}
	out := run(&c.entry.request)
	c.finish(out.Fault)
	c.sandbox = nil // its run is over
	c.entry.stdout.flush()
	c.entry.stderr.flush()
	return out
}

// random gives a guest its random bytes.
type random struct {
	source *mathrand.ChaCha8 // nil until the guest takes some
	seed   []byte            // of source; nil until then, unless it was given
}

const seedBytes = 32

// taken returns the seed of the numbers that the guest took, nil when it took none.
func (r *random) taken() []byte {
	if r.source == nil {
		return nil
	}
	return r.seed
}

// Read implements io.Reader.
func (r *random) Read(p []byte) (int, error) {
	if r.source == nil {
		if len(r.seed) != seedBytes {
			r.seed = make([]byte, seedBytes)
			_, _ = rand.Read(r.seed) // never fails: crypto/rand ends the process first
		}
		r.source = mathrand.NewChaCha8([32]byte(r.seed))
	}
	return r.source.Read(p)
}

// prepare reads the action's secrets and checks that none is missing.
func (c *call) prepare() *sandbox.Fault {
	if c.world != nil {
		c.settings, c.secrets = c.world.given()
		return nil
	}
	c.settings = c.run.Step.Settings.Over(host.DefaultSettings())
	secrets, err := c.runner.Secrets.Secrets(c.ctx, c.run.Step.ActionID)
	if err != nil {
		return hostFault("read the action's secrets", err)
	}
	c.secrets = secrets
	for _, name := range append(slices.Clip(c.run.Step.Secrets), c.settings.Egress.Secrets()...) {
		if _, set := secrets[name]; !set {
			c.fix = host.FixSetSecret.With(c.run.Step.Action, name)
			return &sandbox.Fault{Kind: host.FaultHost, Message: fmt.Sprintf("the secret %q is not set", name)}
		}
	}
	return nil
}

func hostFault(doing string, err error) *sandbox.Fault {
	return &sandbox.Fault{Kind: host.FaultHost, Message: doing + ": " + err.Error()}
}

// result is the run's result.
func (c *call) result(out sandbox.Outcome) host.Result {
	output := c.keepOutput(&out)
	logs, logsCut := c.logs()
	r := host.Result{
		ExecutionID: c.run.ExecutionID,
		Step:        c.run.Index,
		Attempt:     c.run.Attempt,
		BindingID:   c.run.Step.BindingID,
		ActionID:    c.run.Step.ActionID,
		Action:      c.run.Step.Action,
		VersionID:   c.run.Step.VersionID,
		Number:      c.run.Step.Number,
		Succeeded:   out.Fault == nil,
		Output:      output,
		Logs:        logs,
		LogsCut:     logsCut,
		Calls:       c.record.notes,
		Commands:    c.commands.shown,
		Given:       c.commands.given,
		StartedAt:   c.clock.began,
		Contacted:   c.origins(),
		Stats: host.Stats{
			StartMicros:  out.Start.Microseconds(),
			HostMicros:   c.spent.hostTime.Microseconds(),
			MemoryBytes:  out.MemoryBytes,
			Fuel:         out.Fuel,
			Isolation:    out.Isolation,
			HostCalls:    c.spent.hostCalls,
			HTTPRequests: c.spent.httpRequests.Load(),
		},
	}
	if out.Fault != nil {
		c.blame(&r, out.Fault)
	}
	return r
}

// Inspect reports what a module is, which triggers it serves and why it can't be
// an action, if it can't. See [sandbox.Sandbox.Inspect].
func (r *Runner) Inspect(ctx context.Context, wasm []byte) (host.Inspection, error) {
	in, found, err := r.Sandbox.Inspect(ctx, wasm, host.Entries()...)
	if err != nil {
		return in, fmt.Errorf("inspect module: %w", err)
	}
	in.Triggers = host.TriggersOf(found)
	return in, nil
}
