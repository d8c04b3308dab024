package extism

import (
	"encoding/binary"
	"fmt"

	"github.com/tetratelabs/wazero/api"

	"github.com/usherhost/usher/host"
)

// Module is the name of the module that guests import the ABI from.
const Module = "extism:host/env"

// Function is one of the ABI's memory functions.
type Function struct {
	Name            string
	Params, Results []api.ValueType
	// MovesBytes says that the function only moves bytes on their way to another
	// function of the host, and returns nothing that depends on the run.
	MovesBytes bool
	// Call reads the parameters from stack and writes the result there. An error,
	// which is an [Error], ends the run.
	Call func(r Run, k *HostKernel, stack []uint64) error
}

// Run is the run of the guest that calls a function.
type Run interface {
	Check() // ends the run when its deadline has passed
}

// Error says why a function ends the run.
type Error struct {
	Limit   string // the limit that was exceeded, by its name in [host.Limits]; "": the guest passed something invalid
	Message string
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// Functions returns the ABI's memory functions. Bytes outside of the memory read
// as 0 and are not written, words outside trap, as in Extism's own kernel and SDK.
func Functions() []Function {
	type call = func(Run, *HostKernel, []uint64) error
	f := func(name string, params, results []api.ValueType, run call) Function {
		return Function{Name: name, Params: params, Results: results, Call: run}
	}
	moves := func(f Function) Function { f.MovesBytes = true; return f }
	get := func(value func(k *HostKernel, argument uint64) uint64) call {
		return func(_ Run, k *HostKernel, s []uint64) error { s[0] = value(k, s[0]); return nil }
	}
	none, i32, i64 := []api.ValueType{}, []api.ValueType{api.ValueTypeI32}, []api.ValueType{api.ValueTypeI64}
	two := []api.ValueType{api.ValueTypeI64, api.ValueTypeI64}
	return []Function{
		moves(f("alloc", i64, i64, allocate)),
		moves(f("free", i64, none, func(_ Run, k *HostKernel, s []uint64) error { k.release(s[0]); return nil })),
		moves(f("length", i64, i64, get((*HostKernel).length))),
		moves(f("length_unsafe", i64, i64, get((*HostKernel).length))),
		moves(f("load_u8", i64, i32, get((*HostKernel).loadByte))),
		moves(f("load_u64", i64, i64, func(_ Run, k *HostKernel, s []uint64) error { return k.loadWord("load_u64", s[0], s) })),
		moves(f("store_u8", []api.ValueType{api.ValueTypeI64, api.ValueTypeI32}, none, storeByte)),
		moves(f("store_u64", two, none, storeWord)),
		f("input_length", none, i64, func(_ Run, k *HostKernel, s []uint64) error { s[0] = k.input.length; return nil }),
		f("input_offset", none, i64, func(_ Run, k *HostKernel, s []uint64) error { s[0] = k.input.offset; return nil }),
		f("input_load_u8", i64, i32, get((*HostKernel).loadInputByte)),
		f("input_load_u64", i64, i64, loadInputWord),
		f("output_set", two, none, setOutput),
		f("output_length", none, i64, func(_ Run, k *HostKernel, s []uint64) error { s[0] = k.output.length; return nil }),
		f("output_offset", none, i64, func(_ Run, k *HostKernel, s []uint64) error { s[0] = k.output.offset; return nil }),
		f("error_get", none, i64, func(_ Run, k *HostKernel, s []uint64) error { s[0] = k.failed.offset; return nil }),
		f("memory_bytes", none, i64, func(_ Run, k *HostKernel, s []uint64) error { s[0] = uint64(len(k.memory)); return nil }),
		f("error_set", i64, none, func(_ Run, k *HostKernel, s []uint64) error {
			k.failed = block{offset: s[0], length: k.length(s[0])}
			return nil
		}),
	}
}

// checkedBytes is the length of a block that takes so long to clear that the
// deadline is checked before.
const checkedBytes = 1 << 16

func allocate(r Run, k *HostKernel, s []uint64) error {
	length := s[0]
	if length >= checkedBytes {
		r.Check()
	}
	offset, ok := k.alloc(length)
	if !ok {
		return Full(length, k.limits)
	}
	s[0] = offset
	return nil
}

// Full returns the error of a run that needs a block of so many bytes, more than
// fit into the buffer.
func Full(length uint64, limits *host.Limits) error {
	return &Error{Limit: "memory_bytes", Message: fmt.Sprintf(
		"asked for %d bytes of memory for exchange with the host (limit %d)", length, limits.MemoryBytes)}
}

func outputTooLarge(length uint64, limits *host.Limits) error {
	return &Error{Limit: "output_bytes", Message: fmt.Sprintf(
		"set an output of %d bytes (limit %d)", length, limits.OutputBytes)}
}

func outOfBounds(function string, offset, length uint64) error {
	return &Error{Message: fmt.Sprintf(
		"%s: %d bytes at offset %d are outside of the memory for exchange with the host", function, length, offset)}
}

func (k *HostKernel) loadByte(offset uint64) uint64 {
	if offset < uint64(len(k.memory)) {
		return uint64(k.memory[offset])
	}
	return 0
}

func storeByte(_ Run, k *HostKernel, s []uint64) error {
	if offset := s[0]; offset < uint64(len(k.memory)) {
		k.memory[offset] = byte(s[1])
	}
	return nil
}

// loadWord writes the word at an offset to stack.
func (k *HostKernel) loadWord(function string, offset uint64, stack []uint64) error {
	b, ok := k.slice(offset, 8)
	if !ok {
		return outOfBounds(function, offset, 8)
	}
	stack[0] = binary.LittleEndian.Uint64(b)
	return nil
}

func storeWord(_ Run, k *HostKernel, s []uint64) error {
	b, ok := k.slice(s[0], 8)
	if !ok {
		return outOfBounds("store_u64", s[0], 8)
	}
	binary.LittleEndian.PutUint64(b, s[1])
	return nil
}

func (k *HostKernel) loadInputByte(at uint64) uint64 {
	if at >= k.input.length {
		return 0
	}
	return k.loadByte(k.input.offset + at)
}

func loadInputWord(_ Run, k *HostKernel, s []uint64) error {
	at := s[0]
	if at > k.input.length || k.input.length == 0 {
		return outOfBounds("input_load_u64", at, 8)
	}
	return k.loadWord("input_load_u64", k.input.offset+at, s)
}

func setOutput(_ Run, k *HostKernel, s []uint64) error {
	offset, length := s[0], s[1]
	if length > uint64(k.limits.OutputBytes) {
		return outputTooLarge(length, k.limits)
	}
	if _, ok := k.slice(offset, length); !ok {
		return outOfBounds("output_set", offset, length)
	}
	k.output = block{offset: offset, length: length}
	return nil
}
