package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tetratelabs/wazero/api"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox/budget"
	"github.com/usherhost/usher/host/sandbox/callstack"
	"github.com/usherhost/usher/host/sandbox/extism"
)

// Request is one run of a module.
type Request struct {
	Entry     string         // the export to call
	Input     []byte         // the guest's input
	Limits    host.Limits    // all set; see [host.DefaultSettings]
	Isolation host.Isolation // how the run gets its instance; "" is the best that the module allows
	Owner     string         // whose share of the sandbox's memory it takes: an action; "" is the module's
	Turn      Turn           // of a run that comes before others while processors are short, see [Sandbox.Urge]; nil for others
	Host      any            // the caller's own state, for its host functions: [Call.Host]
	Watch     Watch          // reads the guest's memory while it runs; nil for none
	Interval  int64          // fuel between two samples of Watch; 0 is none

	// Over, when set, is asked in place of the wall clock whether the run's time is over,
	// with the fuel that it has used: an error ends the run. It is for runs that are
	// played from a tape, and is called on the run's goroutine. A host function that
	// charges fuel asks before it does, so that such a run can end short of that.
	Over func(used int64) error

	Random io.Reader // where the guest's random bytes come from
	Clock  Clock
	Stdout io.Writer // the guest's standard output; an error ends the run
	Stderr io.Writer
}

// Turn is the place on the processors of a run that takes turns with others. Its methods
// are called on the run's goroutine.
type Turn interface {
	// Outside calls wait, which waits for something else than a processor: others may
	// have the place meanwhile.
	Outside(wait func())

	// Pass is called about every half millisecond while the guest computes.
	Pass(now time.Time)

	// Deadline is when the run must be over, also one that waited for memory. It is the
	// same in every call.
	Deadline() time.Time
}

// Watch reads what a guest is doing from its linear memory, which it must neither
// change nor retain. Its methods are called on the run's goroutine.
type Watch interface {
	// Sample is called about every so many units of fuel as the request asks for, with
	// what was used until then.
	Sample(memory []byte, used int64)

	// Stack returns the stack of a guest that was stopped, in its own language; "" when
	// that is not known.
	Stack(memory []byte) string
}

// Clock is a guest's clock. A call of Now or Elapsed is the guest's look at it; see
// [Spins] for the time between two looks.
type Clock interface {
	Now(*Call) time.Time
	Elapsed(*Call) time.Duration // how far it has moved since the run began
	Sleep(*Call, time.Duration)  // called when the guest sleeps
}

// Outcome is the result of a run.
type Outcome struct {
	Output      []byte
	Fault       *Fault         // nil when the run succeeded
	Fuel        int64          // that the guest used
	MemoryBytes int64          // of the guest's linear memory and of the buffer, at the end
	Start       time.Duration  // until the entry was called
	Isolation   host.Isolation // how the run got its instance
}

// Fault is why a run failed.
type Fault struct {
	Kind       host.Fault // who is at fault
	Limit      string     // the limit that was exceeded, by its name in [host.Limits]
	Message    string     // the guest's own error, or else a description of what happened
	GuestError string     // the error that the guest set, unchanged; Message contains it
	Trap       string     // the trap that ended the guest, if one did
	Stack      string     // of the guest, when it was ended
}

// Error returns the message.
func (f *Fault) Error() string { return f.Message }

// Call is one run in progress. It is the context of every host function that
// the run calls, and ends at the run's deadline.
type Call struct {
	Host any

	parent    context.Context
	deadline  time.Time    // without the time of waiting for the host's memory
	postponed atomic.Int64 // how long that was
	timer     *time.Timer
	timed     context.Context // parent with the deadline; nil until something waits
	cancel    context.CancelCauseFunc

	request  *Request
	limits   *host.Limits
	buffer   extism.Buffer
	instance *instance
	share    *budget.Share    // of the host's memory; nil: that is not bounded
	stack    uint64           // of the call stack, counted so far
	charged  uint64           // until the host function at hand returns
	calls    *callstack.Calls // of the entry that runs; nil when they are not known
	caller   api.Module       // the module that called the host: the main one, or one that it links
	meter    meter
	started  time.Time       // by the wall clock
	yielded  time.Time       // when the run last yielded
	sandbox  *Sandbox        // nil while a snapshot is taken
	initial  *initialisation // set while a snapshot is taken
	fault    *Fault          // the host's reason to stop the run
}

// begin makes c the call of a run.
func (c *Call) begin(ctx context.Context, r *Request) {
	now := time.Now()
	*c = Call{
		Host: r.Host, parent: ctx, request: r, limits: &r.Limits, started: now,
		deadline: now.Add(time.Duration(r.Limits.TimeoutMillis) * time.Millisecond),
		meter:    newMeter(r), yielded: now, stack: stackFree,
	}
	switch {
	case r.Over != nil:
		c.deadline = now.Add(noDeadline)
	case r.Turn != nil && r.Turn.Deadline().Before(c.deadline):
		c.deadline = r.Turn.Deadline()
	}
}

// noDeadline is longer than any run takes.
const noDeadline = 100 * 365 * 24 * time.Hour

// callPool holds calls for reuse, except those from which contexts may have been
// derived.
var callPool = sync.Pool{New: func() any { return &Call{} }}

// Deadline implements context.Context.
func (c *Call) Deadline() (time.Time, bool) {
	return c.deadline.Add(time.Duration(c.postponed.Load())), true
}

// Done implements context.Context. A guest that never waits needs no timer.
func (c *Call) Done() <-chan struct{} {
	if c.timed == nil {
		c.timed, c.cancel = context.WithCancelCause(c.parent)
		deadline, _ := c.Deadline()
		cancel := c.cancel
		c.timer = time.AfterFunc(time.Until(deadline), func() { cancel(context.DeadlineExceeded) })
	}
	return c.timed.Done()
}

// pause stops the run's clock, resume lets it go on after a wait.
func (c *Call) pause() {
	if c.timer != nil {
		c.timer.Stop()
	}
}

func (c *Call) resume(waited time.Duration) {
	c.postponed.Add(int64(waited))
	if c.timer != nil {
		deadline, _ := c.Deadline()
		c.timer.Reset(time.Until(deadline))
	}
}

// Err implements context.Context. Contexts that were derived from the call may
// still ask when the run is over.
func (c *Call) Err() error {
	switch {
	case c.timed == nil:
		return c.expired()
	case errors.Is(context.Cause(c.timed), context.DeadlineExceeded):
		return context.DeadlineExceeded
	}
	return c.timed.Err()
}

// expired returns why the run must end, nil when it need not. It reads the clock:
// with every core busy, a timer can be late.
func (c *Call) expired() error { return c.expiredAt(time.Now()) }

func (c *Call) expiredAt(now time.Time) error {
	if err := c.parent.Err(); err != nil {
		return err
	}
	if deadline, _ := c.Deadline(); !now.Before(deadline) {
		return context.DeadlineExceeded
	}
	if c.request.Over != nil {
		if err := c.request.Over(c.used()); err != nil {
			return err
		}
	}
	if c.sandbox != nil && c.sandbox.runs.closed.Load() {
		return context.Canceled
	}
	return nil
}

// Value implements context.Context.
func (c *Call) Value(key any) any { return c.parent.Value(key) }

// end frees the timer and the context. c must not be used afterwards.
func (c *Call) end() {
	if c.cancel != nil {
		c.timer.Stop()
		c.cancel(context.Canceled)
		return
	}
	*c = Call{}
	callPool.Put(c)
}

// guest returns the calling module's memory, nil when it has none.
func (c *Call) guest() api.Memory {
	if c.caller == c.instance.module || c.caller == nil {
		return c.instance.linear
	}
	return memoryOf(c.caller)
}

// monotonicBase is where every guest's monotonic clock begins. A run continues from
// there, also when the guest initialised itself long before.
const monotonicBase = time.Second

// monotonic is the guest's clock as a duration since monotonicBase before the
// run began.
func (c *Call) monotonic() time.Duration {
	if c.initial != nil {
		return monotonicBase
	}
	return monotonicBase + c.request.Clock.Elapsed(c)
}

// Stop ends the run with f. It does not return; host functions call it on the
// run's own goroutine.
func (c *Call) Stop(f *Fault) {
	c.fault = f
	panic(f)
}

// Outside calls wait, which waits for something outside the guest: an answer, or a time.
// Host functions that may wait for long do it by this.
func (c *Call) Outside(wait func()) {
	if c.request.Turn == nil {
		wait()
		return
	}
	c.request.Turn.Outside(wait)
}

// Check ends the run when its deadline has passed. A host function that may
// have waited calls it before it answers.
func (c *Call) Check() {
	if err := c.expired(); err != nil {
		panic(err)
	}
}

// Bytes returns a copy of the block at offset, nil for offset 0, and for a block
// that was freed: it is empty, as in Extism's SDK. An offset that names no block
// ends the run. Until the host function returns, the copy counts as the run's memory.
func (c *Call) Bytes(function string, offset uint64) []byte {
	b := c.block(function, offset)
	if b == nil {
		return nil
	}
	c.Charge("what it passes to the host", len(b))
	return append([]byte{}, b...)
}

// Begin returns a copy of the first bytes of the block at offset, most at most. It is
// [Call.Bytes] otherwise.
func (c *Call) Begin(function string, offset uint64, most int) []byte {
	b := c.block(function, offset)
	b = b[:min(len(b), most)]
	c.Charge("what it passes to the host", len(b))
	return append([]byte{}, b...)
}

// Length returns how many bytes the block at offset has, 0 for offset 0. An
// offset that names no block ends the run.
func (c *Call) Length(function string, offset uint64) int { return len(c.block(function, offset)) }

func (c *Call) block(function string, offset uint64) []byte {
	b, ok := c.buffer.Block(offset)
	if !ok {
		c.Stop(&Fault{Kind: host.FaultGuest, Message: fmt.Sprintf("%s: no block of memory begins at offset %d", function, offset)})
	}
	return b
}

// Free gives the block at offset back, as the official host functions do with
// their arguments.
func (c *Call) Free(offset uint64) { c.buffer.Free(c, offset) }

// Put hands data to the guest as a new block and returns its offset, 0 for no
// data. Data over the memory limit ends the run.
func (c *Call) Put(data []byte) uint64 {
	offset, ok := c.buffer.Put(c, data)
	if !ok {
		c.stopOn(extism.Full(uint64(len(data)), c.limits))
	}
	return offset
}
