package sandbox

import (
	"fmt"
	"reflect"
	"runtime"
	"sync"
	"unsafe"

	"github.com/tetratelabs/wazero/api"

	"github.com/usherhost/usher/host"
)

// handle is an exported function of one instance. The engine gives each a call
// stack of its own on the Go heap, which begins with 10 KiB, is doubled when
// calls fill it, up to a hundred megabytes, and never shrinks. What a guest may
// fill is bounded by giving the engine a stack of ours in its place: see
// [stackSpace].
type handle struct {
	api.Function
	calls *calling // nil when the engine has it elsewhere
}

// handleOf returns a module's export, and false when it has none of that name.
func handleOf(m api.Module, name string) (handle, bool) {
	f := m.ExportedFunction(name)
	if f == nil {
		return handle{}, false
	}
	return handle{f, callingOf(f)}, true
}

// calling is what the engine keeps of the calls that one handle made. The
// engine tells of none of it, so it is read and written where the engine has it.
type calling struct {
	stack   *[]byte
	top     *uintptr // where the first frame begins, at the end of stack
	bottom  **byte   // where the last one must end
	pointer *uintptr // where the last one did, when the guest last called the host
	frame   *uintptr // and where the chain of frames begins, on amd64
}

// layout is where a calling lies in the engine's own structure.
type layout struct{ stack, top, bottom, pointer, frame uintptr }

// layouts has the layout by type, nil for one that is not as it should be. A
// test notices when the engine's is not.
var layouts sync.Map

func callingOf(f api.Function) *calling {
	v := reflect.ValueOf(f)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return nil
	}
	found, known := layouts.Load(v.Type())
	if !known {
		found, _ = layouts.LoadOrStore(v.Type(), layoutOf(v.Type().Elem()))
	}
	l := found.(*layout)
	if l == nil {
		return nil
	}
	at := v.UnsafePointer()
	return &calling{
		stack:   (*[]byte)(unsafe.Add(at, l.stack)),
		top:     (*uintptr)(unsafe.Add(at, l.top)),
		bottom:  (**byte)(unsafe.Add(at, l.bottom)),
		pointer: (*uintptr)(unsafe.Add(at, l.pointer)),
		frame:   (*uintptr)(unsafe.Add(at, l.frame)),
	}
}

func layoutOf(t reflect.Type) *layout {
	offset := func(in reflect.Type, name string, like reflect.Type) (uintptr, bool) {
		f, found := in.FieldByName(name)
		return f.Offset, found && (like == nil || f.Type == like)
	}
	number := reflect.TypeFor[uintptr]()
	context, found := t.FieldByName("execCtx")
	if !found || context.Type.Kind() != reflect.Struct {
		return nil
	}
	l := &layout{}
	var ok [5]bool
	l.stack, ok[0] = offset(t, "stack", reflect.TypeFor[[]byte]())
	l.top, ok[1] = offset(t, "stackTop", number)
	l.bottom, ok[2] = offset(context.Type, "stackBottomPtr", reflect.TypeFor[*byte]())
	l.pointer, ok[3] = offset(context.Type, "stackPointerBeforeGoCall", reflect.TypeFor[*uint64]())
	l.frame, ok[4] = offset(context.Type, "framePointerBeforeGoCall", number)
	if ok != [5]bool{true, true, true, true, true} {
		return nil
	}
	l.bottom, l.pointer, l.frame = context.Offset+l.bottom, context.Offset+l.pointer, context.Offset+l.frame
	return l
}

// depth returns how much of its stack the guest used when it last called the
// host.
func (c *calling) depth() uint64 {
	if c == nil || *c.pointer == 0 {
		return 0
	}
	return uint64(*c.top - *c.pointer)
}

// frames returns how many calls are underway, 0 where that is not known: the
// frames form a chain on amd64.
func (c *calling) frames() (n int) {
	if c == nil || runtime.GOARCH != "amd64" || *c.pointer == 0 {
		return 0
	}
	low, high := *c.pointer, *c.top
	base := uintptr(unsafe.Pointer(&(*c.stack)[0]))
	for at := *c.frame; at >= low && at+8 <= high; n++ {
		next := *(*uintptr)(unsafe.Pointer(&(*c.stack)[at-base])) // of the caller
		if next <= at {
			break
		}
		at = next
	}
	return n
}

// The call stack's share of memory_bytes, and its bounds: the least is more than
// most guests ever use, and the most is deeper than any that means to return.
// JavaScript's own limit for recursion, which an action can catch, takes up to
// 13 MiB here, and must come first.
const (
	stackShare   = 4
	minCallStack = 256 << 10
	maxCallStack = 32 << 20
)

// stackLimit returns how large a run's call stack may be.
func stackLimit(l *host.Limits) int {
	return int(min(max(l.MemoryBytes/stackShare, minCallStack), maxCallStack))
}

// tooDeep is the fault of a run whose calls fill its stack.
func (c *Call) tooDeep() *Fault {
	calls := "the calls in one another"
	if n := c.calling.frames(); n > 0 {
		calls = fmt.Sprintf("%d calls in one another", n)
	}
	return &Fault{Kind: host.FaultLimit, Limit: "memory_bytes", Message: fmt.Sprintf(
		"recursion is too deep: %s need more than the %d bytes of call stack that come with memory_bytes (limit %d)",
		calls, stackLimit(c.limits), c.limits.MemoryBytes)}
}

// keptStackBytes is the largest call stack that a kept instance stays kept with.
const keptStackBytes = 256 << 10

// handle returns the handle of an export of one of the instance's modules, with
// the instance's stack: only one of its functions runs at a time.
func (i *instance) handle(m api.Module, name string, limit int) (handle, bool, error) {
	h, found := handleOf(m, name)
	if !found || h.calls == nil {
		return h, found, nil
	}
	if i.space == nil {
		var err error
		if i.space, err = newStackSpace(); err != nil {
			return h, found, err
		}
	}
	return h, found, i.space.lend(h.calls, limit)
}

// weighedFuel is from how much fuel on a run can fill more of the stack than is
// kept, unless its frames are very large.
const weighedFuel = 1 << 14

// weighStacks notes how large the stacks are after a run that used fuel. To look
// at every page takes longer than a small run, so that is done at first and now
// and then; in between it suffices that deep calls leave something where those
// of a stack that is kept end.
func (i *instance) weighStacks(fuel int64) {
	if i.stacks == 0 || i.resets%lookAgain == 0 || fuel >= weighedFuel && i.space.filled(keptStackBytes) {
		i.stacks = i.stackBytes()
	}
}

// stackBytes returns how large the instance's call stacks are.
func (i *instance) stackBytes() int {
	sum := i.space.bytes()
	if i.kernel != nil {
		sum += i.kernel.alloc.stackBytes() + i.kernel.free.stackBytes()
	}
	return sum
}

func (h handle) stackBytes() int {
	if h.calls != nil {
		return cap(*h.calls.stack)
	}
	return 0
}

// dropStacks forgets the handles; they are made anew when they are needed.
func (i *instance) dropStacks() {
	clear(i.entries)
	i.space.close()
	i.space = nil
	if i.kernel != nil {
		i.kernel.alloc, i.kernel.free = handle{}, handle{}
	}
	i.stacks = 0
}
