package sandbox

import (
	"cmp"
	"context"
	"fmt"
	"sync"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox/budget"
	"github.com/usherhost/usher/host/sandbox/extism"
	"github.com/usherhost/usher/host/wasmbin"
)

// account counts the memory that one run holds: its linear memories, its tables,
// its call stack, its buffer, and what host functions hold for it. The sum is
// bounded by the run's memory_bytes, and covered by its share of the host's memory.
// It belongs to the run's goroutine.
type account struct {
	memories uint64 // the limit of all linear memories together
	limit    uint64 // the limit of everything
	linear   uint64 // bytes of linear memories
	used     uint64 // bytes of everything
	kept     uint64 // bytes that the host keeps for the run; they have a limit of their own
	denied   uint64 // the largest sum that was refused; 0: none was
	what     string // the purpose of the refused bytes
	hostFull bool   // they were refused because the host had no more

	share *budget.Share // of the host's memory; nil: that is not bounded
	call  *Call         // its clock stands still while it waits for more of the host's memory
}

// allowance is what a run may hold besides its memory_bytes, which every guest
// needs: tables as compilers make them, the first calls, and a small buffer.
const allowance = 1 << 20

// newAccount returns the account of a run with limits.
func newAccount(c *Call) *account {
	a := &account{}
	a.begin(c, 0, 0)
	return a
}

// begin makes it the account of a run whose instance holds some bytes already.
func (a *account) begin(c *Call, linear, other uint64) {
	bytes := uint64(c.limits.MemoryBytes)
	*a = account{
		memories: bytes, limit: bytes + allowance + 2*uint64(len(c.request.Input)),
		linear: linear, used: linear + other, share: c.share, call: c,
	}
}

// take counts n more bytes, and reports false when the run may not have them.
func (a *account) take(what string, n uint64) bool {
	if a == nil || n == 0 {
		return true
	}
	short := n > a.limit-min(a.used, a.limit)
	a.hostFull = !short && a.share != nil && !a.cover(int64(a.used+a.kept+n))
	if short || a.hostFull {
		a.denied, a.what = max(a.denied, a.used+n), what
		return false
	}
	a.used += n
	return true
}

// keep counts n more bytes that the host keeps for the run, and reports false when
// the host does not have them.
func (a *account) keep(what string, n uint64) bool {
	if a == nil || n == 0 {
		return true
	}
	a.hostFull = a.share != nil && !a.cover(int64(a.used+a.kept+n))
	if a.hostFull {
		a.denied, a.what = max(a.denied, a.used+a.kept+n), what
		return false
	}
	a.kept += n
	return true
}

// give takes n bytes back.
func (a *account) give(n uint64) {
	if a != nil {
		a.used -= min(n, a.used)
	}
}

// Grow implements [snapshot.Account] for linear memories.
func (a *account) Grow(from, to uint64) bool {
	if a == nil || to <= from {
		return true
	}
	if n := to - from; n > a.memories-min(a.linear, a.memories) {
		a.denied, a.what = max(a.denied, a.used+n), "its memories"
		return false
	}
	if !a.take("its memories", to-from) {
		return false
	}
	a.linear += to - from
	return true
}

// bufferFree is how much memory of the buffer is not counted: the kernel of a pooled
// instance may have it from the start.
const bufferFree = extism.PooledBytes

// growBuffer counts the growth of the buffer.
func (a *account) growBuffer(from, to uint64) bool {
	if a == nil {
		return true
	}
	from, to = max(from, bufferFree), max(to, bufferFree)
	return to <= from || a.take("exchange with the host", to-from)
}

// bufferAccount counts the growth of the buffer.
type bufferAccount struct{ *account }

// Grow implements [snapshot.Account].
func (a bufferAccount) Grow(from, to uint64) bool { return a.growBuffer(from, to) }

// grain is how many bytes of the host's memory a run takes at a time.
const grain = 256 << 10

// cover makes the run's share of the host's memory at least so large, and reports
// false when the host does not have it.
func (a *account) cover(bytes int64) bool {
	more := bytes - a.share.Held()
	if more <= 0 {
		return true
	}
	a.call.pause()
	waited, ok := a.call.sandbox.budget.Grow(a.call.parent, a.share, (more+grain-1)/grain*grain)
	if !a.share.Until.IsZero() {
		waited = 0
	}
	a.call.resume(waited)
	return ok
}

// stackFree is how much of the call stack is not counted.
const stackFree = minCallStack

// holdStack counts the call stack as it is now.
func (c *Call) holdStack() {
	if depth := c.calls.Depth(); depth > c.stack {
		c.countStack(depth)
	}
}

func (c *Call) countStack(depth uint64) {
	more := (depth - c.stack + stackFree - 1) / stackFree * stackFree
	if !c.instance.account.take("the call stack", more) {
		c.Stop(c.need())
	}
	c.stack += more
}

// growTable counts the elements that a table is to grow by. To refuse them it asks
// for -1, which no table can grow by.
func (c *Call) growTable(stack []uint64) {
	if !c.instance.account.take("its tables", wasmbin.ReferenceBytes*uint64(uint32(stack[0]))) {
		stack[0] = 1<<32 - 1
	}
}

// Charge counts bytes that a host function holds for the guest until it returns,
// besides those that it got from [Call.Bytes]. It ends the run when the run may not
// have them.
func (c *Call) Charge(what string, bytes int) {
	c.hold(what, bytes)
	c.charged += uint64(bytes)
}

func (c *Call) uncharge() {
	c.instance.account.give(c.charged)
	c.charged = 0
}

// Hold is like Charge, but the bytes are held until they are released, or until the
// run ends.
func (c *Call) Hold(what string, bytes int) { c.hold(what, bytes) }

// Keep counts bytes that the host keeps for the run until its end, such as its
// logs. They do not count against the run's memory_bytes, since they have a limit
// of their own, but against the host's memory: where that is short, the run waits.
// It ends the run when the host can never have so many.
func (c *Call) Keep(what string, bytes int64) {
	if bytes > 0 && !c.instance.account.keep(what, uint64(bytes)) {
		c.Stop(c.need())
	}
}

// Release gives back bytes that were held.
func (c *Call) Release(bytes int) { c.instance.account.give(uint64(bytes)) }

func (c *Call) hold(what string, bytes int) {
	if !c.instance.account.take(what, uint64(bytes)) {
		c.Stop(c.need())
	}
}

// need returns the fault of a run that needs more memory than it may have.
func (c *Call) need() *Fault {
	f := &Fault{Kind: host.FaultLimit, Limit: "memory_bytes"}
	if denied := c.instance.denied(); denied > 0 {
		f.Message = fmt.Sprintf("needed %d bytes of memory (limit %d)", denied, c.limits.MemoryBytes)
		return f
	}
	a := c.instance.account
	if a.hostFull {
		f.Message = fmt.Sprintf("needed %d bytes of memory for %s, more than the %d of the host that all runs share (limit %d)",
			a.denied, a.what, c.sandbox.config.MemoryBytes, c.limits.MemoryBytes)
		return f
	}
	f.Message = fmt.Sprintf("needed %d bytes of memory in all, the last of them for %s (limit %d)", a.denied, a.what, c.limits.MemoryBytes)
	return f
}

// shares are reused.
var shares = sync.Pool{New: func() any { return &budget.Share{} }}

// admitRun waits until there is memory for a run to begin with. It returns nil
// where memory is not bounded. The caller must end the run with [Sandbox.endRun].
func (s *Sandbox) admitRun(ctx context.Context, m *Module, r *Request) (*budget.Share, error) {
	if s.budget == nil {
		return nil, nil
	}
	sh := shares.Get().(*budget.Share)
	most := r.Limits.MemoryBytes + r.Limits.RecordBytes + 2*int64(len(r.Input)) + allowance + grain
	*sh = budget.Share{Owner: cmp.Or(r.Owner, m.digest), Most: most}
	if r.Turn != nil {
		sh.Until, sh.Outside = r.Turn.Deadline(), r.Turn.Outside
	}
	if err := s.budget.Enter(ctx, sh, m.leastBytes(m.best(r.Isolation))+grain); err != nil {
		return nil, err
	}
	return sh, nil
}

func (s *Sandbox) endRun(sh *budget.Share) {
	if sh != nil {
		s.budget.Leave(sh)
		shares.Put(sh)
	}
}

// Memory describes how a sandbox's memory is shared at one moment.
type Memory struct {
	budget.Stats       // zero when the memory is not bounded
	PooledBytes  int64 // of modules, images and idle instances
}

// Memory returns how the memory is shared now.
func (s *Sandbox) Memory() Memory {
	m := Memory{PooledBytes: s.IdleBytes()}
	if s.budget != nil {
		m.Stats = s.budget.Stats()
	}
	return m
}

// Reserve takes bytes of the sandbox's memory for work outside of it, such as a
// subprocess, and waits for them if it must. More than all of them are not taken. The caller
// must call release. The error is ctx's, or that the sandbox is closed.
func (s *Sandbox) Reserve(ctx context.Context, owner string, bytes int64) (release func(), err error) {
	if s.budget == nil {
		return func() {}, nil
	}
	sh := &budget.Share{Owner: owner, Most: bytes}
	if err := s.budget.Enter(ctx, sh, bytes); err != nil {
		return nil, err
	}
	return func() { s.budget.Leave(sh) }, nil
}
