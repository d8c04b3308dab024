package sandbox

import (
	"fmt"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox/budget"
	"github.com/usherhost/usher/host/sandbox/extism"
	"github.com/usherhost/usher/host/wasmbin"
)

// account counts what one run holds against its memory_bytes: linear memories,
// tables, the call stack, the memory for exchange, and what host functions hold
// for it. It belongs to the run's goroutine.
type account struct {
	memories uint64 // what linear memories may come to together
	limit    uint64 // what everything may
	linear   uint64 // what linear memories have come to
	used     uint64 // what everything has
	kept     uint64 // of what the host keeps of the run; it has a limit of its own
	denied   uint64 // what it would have come to at most, had it been granted; 0: nothing was refused
	what     string // what that was for
	hostFull bool   // it was the host that had no more

	share *budget.Share // of the host's memory; nil: that is not bounded
	call  *Call         // whose time stands still while it waits for more of that
}

// room is what a run may hold besides its memory_bytes, the least that every
// guest needs: tables as compilers make them, the first calls, and a little
// exchange.
const room = 1 << 20

// newAccount returns the account of a run with limits.
func newAccount(c *Call) *account {
	a := &account{}
	a.begin(c, 0, 0)
	return a
}

// begin makes the account that of a run, whose instance has memory and other
// things already.
func (a *account) begin(c *Call, linear, other uint64) {
	bytes := uint64(c.limits.MemoryBytes)
	*a = account{
		memories: bytes, limit: bytes + room + 2*uint64(len(c.request.Input)),
		linear: linear, used: linear + other, share: c.share, call: c,
	}
}

// take counts n more bytes of something, and reports false when there are not
// so many.
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

// keep counts n more bytes that the host keeps of the run, and reports false
// when the host has not so many.
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

// bufferFree is how much memory for exchange is not counted: the kernel of a pooled
// instance may have it from the start.
const bufferFree = extism.PooledBytes

// growBuffer is take for the memory for exchange with the host.
func (a *account) growBuffer(from, to uint64) bool {
	if a == nil {
		return true
	}
	from, to = max(from, bufferFree), max(to, bufferFree)
	return to <= from || a.take("exchange with the host", to-from)
}

// bufferAccount is the account of the memory for exchange with the host.
type bufferAccount struct{ *account }

// Grow implements [snapshot.Account].
func (a bufferAccount) Grow(from, to uint64) bool { return a.growBuffer(from, to) }

// grain is what a run takes of the host's memory at a time.
const grain = 256 << 10

// cover makes the run's share of the host's memory at least so large.
func (a *account) cover(bytes int64) bool {
	more := bytes - a.share.Held()
	if more <= 0 {
		return true
	}
	a.call.pause()
	waited, ok := a.call.sandbox.budget.Grow(a.call.parent, a.share, (more+grain-1)/grain*grain)
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

// growTable counts the elements that a table is to grow by, or refuses them: no
// table can grow by -1.
func (c *Call) growTable(stack []uint64) {
	if !c.instance.account.take("its tables", wasmbin.ReferenceBytes*uint64(uint32(stack[0]))) {
		stack[0] = 1<<32 - 1
	}
}

// Charge counts bytes that a host function holds for the guest, besides what it
// has from [Call.Bytes], until it returns. It ends the run when that is more
// than the run may have.
func (c *Call) Charge(what string, bytes int) {
	c.hold(what, bytes)
	c.charged += uint64(bytes)
}

func (c *Call) uncharge() {
	c.instance.account.give(c.charged)
	c.charged = 0
}

// Hold is Charge for what stays when the host function has returned, until it
// is released, or the run ends.
func (c *Call) Hold(what string, bytes int) { c.hold(what, bytes) }

// Keep counts bytes that the host keeps of the run until its end. They do not
// count as the run's memory, since they have a limit of their own, but they do
// as the host's: where that is short, the run waits. It ends the run when they
// are more than the host can ever have.
func (c *Call) Keep(what string, bytes int64) {
	if bytes > 0 && !c.instance.account.keep(what, uint64(bytes)) {
		c.Stop(c.need())
	}
}

// Release gives back what was held.
func (c *Call) Release(bytes int) { c.instance.account.give(uint64(bytes)) }

func (c *Call) hold(what string, bytes int) {
	if !c.instance.account.take(what, uint64(bytes)) {
		c.Stop(c.need())
	}
}

// need is the fault of a run that needs more memory than it may have.
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
