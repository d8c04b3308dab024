// Package callstack bounds the call stacks of guests, and measures them.
//
// The engine gives each exported function of an instance a call stack of its own
// on the Go heap. It begins with 10 KiB, is doubled when calls fill it, up to a
// hundred megabytes, and never shrinks. The engine has no setting for this.
// Therefore a [Space] puts memory of a bounded size in the stack's place, by
// writing to private fields of the engine's structure, which [Calls] points to.
//
// When the structure has not the expected fields, [Handle.Calls] is nil: guests
// then run with the engine's own stacks, only the engine's own limit bounds their
// recursion, and depths are reported as 0. host/docs/upstream-internals.md names
// the tests of both.
package callstack

import (
	"reflect"
	"runtime"
	"sync"
	"unsafe"

	"github.com/tetratelabs/wazero/api"
)

// Handle is an exported function of one instance, which has a call stack of its
// own.
type Handle struct {
	api.Function
	Calls *Calls // nil when the engine's structure is not the expected one
}

// HandleOf returns a module's export, and false when it has none of that name.
func HandleOf(m api.Module, name string) (Handle, bool) {
	f := m.ExportedFunction(name)
	if f == nil {
		return Handle{}, false
	}
	return Handle{f, callsOf(f)}, true
}

// Bytes returns how large the handle's own call stack is, 0 when that is not
// known.
func (h Handle) Bytes() int {
	if h.Calls != nil {
		return cap(*h.Calls.stack)
	}
	return 0
}

// Calls are the pointers to the engine's fields for the calls of one handle. The
// engine exports none of them.
type Calls struct {
	stack   *[]byte
	top     *uintptr // the address of the first frame, at the end of stack
	bottom  **byte   // the address that the last frame must not pass
	pointer *uintptr // the stack pointer when the guest last called the host
	frame   *uintptr // the frame pointer at that time, on amd64
}

// layout holds the offsets of these fields in the engine's structure.
type layout struct{ stack, top, bottom, pointer, frame uintptr }

// layouts caches the layout by type, nil for a type without these fields.
var layouts sync.Map

func callsOf(f api.Function) *Calls {
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
	return &Calls{
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

// Depth returns how many bytes of its stack the guest used when it last called
// the host, 0 where that is not known. c may be nil.
func (c *Calls) Depth() uint64 {
	if c == nil || *c.pointer == 0 {
		return 0
	}
	return uint64(*c.top - *c.pointer)
}

// Frames returns how many calls are in progress, 0 where that is not known: only
// on amd64 the frames form a chain. c may be nil.
func (c *Calls) Frames() (n int) {
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
