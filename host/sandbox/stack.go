package sandbox

import (
	"fmt"

	"github.com/tetratelabs/wazero/api"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox/callstack"
)

// The call stack's share of memory_bytes, and its bounds. The least is more than
// most guests ever use. The most is more than a recursion that ends needs:
// JavaScript's own limit for recursion, whose error an action can catch, takes up
// to 13 MiB here and must be reached first.
const (
	stackShare   = 4
	minCallStack = 256 << 10
	maxCallStack = callstack.MaxBytes
)

// stackLimit returns how large a run's call stack may be, in whole pages of any size.
func stackLimit(l *host.Limits) int {
	const page = 64 << 10
	return int(min(max(l.MemoryBytes/stackShare, minCallStack), maxCallStack)) / page * page
}

// tooDeep returns the fault of a run whose calls filled its stack.
func (c *Call) tooDeep() *Fault {
	calls := "the nested calls"
	if n := c.calls.Frames(); n > 0 {
		calls = fmt.Sprintf("%d nested calls", n)
	}
	return &Fault{Kind: host.FaultLimit, Limit: "memory_bytes", Message: fmt.Sprintf(
		"recursion is too deep: %s need more than the %d bytes of call stack that come with memory_bytes (limit %d)",
		calls, stackLimit(c.limits), c.limits.MemoryBytes)}
}

// pooledStackBytes is the largest call stack that a pooled instance keeps.
const pooledStackBytes = 256 << 10

// handle returns an export of one of the instance's modules, whose calls use the
// instance's stack: only one of its functions runs at a time.
func (i *instance) handle(m api.Module, name string, limit int) (callstack.Handle, bool, error) {
	h, found := callstack.HandleOf(m, name)
	if !found || h.Calls == nil {
		return h, found, nil
	}
	if i.stack == nil {
		var err error
		if i.stack, err = callstack.NewSpace(); err != nil {
			return h, found, err
		}
	}
	return h, found, i.stack.Attach(h.Calls, limit)
}

// measuredFuel is the fuel from which on a run can have filled more of the stack
// than a pooled instance keeps, unless its frames are very large.
const measuredFuel = 1 << 14

// measureStacks records how large the stacks are after a run that used fuel. To
// count every page takes longer than a small run. So that is done after the first
// run and now and then; in between it is enough to look at the pages just behind
// those that a pooled instance keeps, where deep calls leave something.
func (i *instance) measureStacks(fuel int64) {
	if i.stackBytes == 0 || i.restores%recountAfter == 0 || fuel >= measuredFuel && i.stack.Filled(pooledStackBytes) {
		i.stackBytes = i.countStackBytes()
	}
}

// countStackBytes returns how large the instance's call stacks are.
func (i *instance) countStackBytes() int {
	sum := i.stack.Bytes()
	if i.kernel != nil {
		sum += i.kernel.StackBytes()
	}
	return sum
}

// dropStacks frees the call stacks. The next call makes new ones.
func (i *instance) dropStacks() {
	clear(i.entries)
	i.stack.Close()
	i.stack = nil
	if i.kernel != nil {
		i.kernel.DropStacks()
	}
	i.stackBytes = 0
}
