package conformance

import (
	"encoding/binary"

	"github.com/usherhost/usher/proto"
)

// assembler puts together the binary of a guest. Of its memory, data comes
// first and what it keeps of answers behind.
type assembler struct {
	imports []imported
	indices map[string]int // of imports, by namespace and name
	data    []byte
}

type imported struct {
	namespace string
	function  proto.Function
}

// helperImports are what the guest's own helpers call.
var helperImports = []string{"alloc", "length", "load_u8", "store_u8", "output_set"}

// The opcodes and types that a guest is made of.
const (
	opBlock, opLoop, opIf, opElse, opEnd      = 0x02, 0x03, 0x04, 0x05, 0x0b
	opBr, opBrIf, opCall                      = 0x0c, 0x0d, 0x10
	opGet, opSet, opTee, opGlobalGet          = 0x20, 0x21, 0x22, 0x23
	opGlobalSet, opI32Load8, opI64Store       = 0x24, 0x2d, 0x37
	opI32Store8, opI32Const, opI64Const       = 0x3a, 0x41, 0x42
	opI64Eqz, opI32GeU, opI64GeU              = 0x50, 0x4f, 0x5a
	opI32Add, opI32Sub, opI64Add              = 0x6a, 0x6b, 0x7c
	opI64ExtendU                              = 0xad
	typeI32, typeI64, typeFunction, emptyType = 0x7f, 0x7e, 0x60, 0x40
)

func (a *assembler) importFunction(namespace, name string) {
	key := namespace + " " + name
	if _, ok := a.indices[key]; ok {
		return
	}
	for _, f := range functions {
		if f.Name == name {
			a.indices[key] = len(a.imports)
			a.imports = append(a.imports, imported{namespace, f})
		}
	}
}

// The helpers come after the imports, and the entry after them.
const (
	helperPut  = iota // (at i32, length i32) i64: makes a block of data
	helperTake        // (offset i64): keeps a block
	helperKeep        // (number i64): keeps a number
	helperDone        // (): sets what was kept as the output
	entryIndex
)

func (a *assembler) helper(code []byte, helper int) []byte {
	return appendUnsigned(append(code, opCall), uint64(len(a.imports)+helper))
}

func (a *assembler) call(code []byte, namespace, name string) []byte {
	return appendUnsigned(append(code, opCall), uint64(a.indices[namespace+" "+name]))
}

func (a *assembler) env(code []byte, name string) []byte {
	return a.call(code, "extism:host/env", name)
}

// pass puts an argument on the stack.
func (a *assembler) pass(code []byte, v Value, p proto.FunctionValue) []byte {
	constant := byte(opI64Const)
	if p.Type == "i32" {
		constant = opI32Const
	}
	switch {
	case v.None:
		return appendSigned(append(code, constant), 0)
	case v.Number != nil:
		return appendSigned(append(code, constant), *v.Number)
	}
	code = appendSigned(append(code, opI32Const), int64(len(a.data)))
	code = appendSigned(append(code, opI32Const), int64(len(v.Bytes)))
	a.data = append(a.data, v.Bytes...)
	return a.helper(code, helperPut)
}

// keep keeps the result that a call has left on the stack.
func (a *assembler) keep(code []byte, f proto.Function) []byte {
	if len(f.Results) == 0 {
		return code
	}
	if f.Results[0].Type == "i32" {
		code = append(code, opI64ExtendU)
	}
	if f.Results[0].Holds == "offset" {
		return a.helper(code, helperTake)
	}
	return a.helper(code, helperKeep)
}

func (a *assembler) finish(code []byte) []byte { return a.helper(code, helperDone) }

// put is helperPut: it allocates a block and copies data into it.
func (a *assembler) put() []byte {
	const at, length, offset, i = 0, 1, 2, 3
	code := a.env([]byte{opGet, length, opI64ExtendU}, "alloc")
	code = append(code, opSet, offset, opBlock, emptyType, opLoop, emptyType)
	code = append(code, opGet, i, opGet, length, opI32GeU, opBrIf, 1)
	code = append(code, opGet, offset, opGet, i, opI64ExtendU, opI64Add)
	code = append(code, opGet, at, opGet, i, opI32Add, opI32Load8, 0, 0)
	code = a.env(code, "store_u8")
	code = append(code, opGet, i, opI32Const, 1, opI32Add, opSet, i, opBr, 0, opEnd, opEnd)
	return append(code, opGet, offset)
}

// take is helperTake: it keeps the length of a block, -1 for none, and its bytes.
func (a *assembler) take() []byte {
	const offset, length, i = 0, 1, 2
	code := []byte{opGet, offset, opI64Eqz, opIf, emptyType, opI64Const, 0x7f}
	code = a.helper(code, helperKeep)
	code = append(code, opElse)
	code = a.env(append(code, opGet, offset), "length")
	code = a.helper(append(code, opTee, length), helperKeep)
	code = append(code, opBlock, emptyType, opLoop, emptyType)
	code = append(code, opGet, i, opGet, length, opI64GeU, opBrIf, 1)
	code = append(code, opGlobalGet, 0)
	code = a.env(append(code, opGet, offset, opGet, i, opI64Add), "load_u8")
	code = append(code, opI32Store8, 0, 0, opGlobalGet, 0, opI32Const, 1, opI32Add, opGlobalSet, 0)
	return append(code, opGet, i, opI64Const, 1, opI64Add, opSet, i, opBr, 0, opEnd, opEnd, opEnd)
}

// keepNumber is helperKeep.
func (a *assembler) keepNumber() []byte {
	return []byte{opGlobalGet, 0, opGet, 0, opI64Store, 0, 0, opGlobalGet, 0, opI32Const, 8, opI32Add, opGlobalSet, 0}
}

// done is helperDone. It leaves the output alone when nothing was kept.
func (a *assembler) done() []byte {
	const length = 0
	base := int64(len(a.data))
	code := append([]byte{opGlobalGet, 0}, appendSigned([]byte{opI32Const}, base)...)
	code = append(code, opI32Sub, opTee, length, opIf, emptyType)
	code = appendSigned(append(code, opI32Const), base)
	code = a.helper(append(code, opGet, length), helperPut)
	code = a.env(append(code, opGet, length, opI64ExtendU), "output_set")
	return append(code, opEnd)
}

// module returns the whole binary.
func (a *assembler) module(entry string, body []byte) []byte {
	types, imports := a.signatures()
	first := byte(len(a.imports)) // of the types of the guest's own functions
	functions := []byte{entryIndex + 1, first, first + 1, first + 1, first + 2, first + 3}
	memory := append([]byte{1, 0}, appendUnsigned(nil, uint64(len(a.data)>>16)+16)...)
	kept := appendSigned([]byte{1, typeI32, 1, opI32Const}, int64(len(a.data)))
	export := append(appendBytes([]byte{1}, []byte(entry)), 0)
	export = appendUnsigned(export, uint64(len(a.imports)+entryIndex))
	code := []byte{entryIndex + 1}
	code = appendFunction(code, []byte{2, 1, typeI64, 1, typeI32}, a.put())
	code = appendFunction(code, []byte{1, 2, typeI64}, a.take())
	code = appendFunction(code, []byte{0}, a.keepNumber())
	code = appendFunction(code, []byte{1, 1, typeI32}, a.done())
	code = appendFunction(code, []byte{0}, body)
	data := appendBytes([]byte{1, 0, opI32Const, 0, opEnd}, a.data)

	out := []byte("\x00asm\x01\x00\x00\x00")
	for _, s := range []struct {
		id      byte
		content []byte
	}{{1, types}, {2, imports}, {3, functions}, {5, memory}, {6, append(kept, opEnd)}, {7, export}, {10, code}, {11, data}} {
		out = appendBytes(append(out, s.id), s.content)
	}
	return out
}

// signatures returns the sections of types and imports: a type for every
// import, and those of the guest's own functions behind.
func (a *assembler) signatures() (types, imports []byte) {
	types = appendUnsigned(nil, uint64(len(a.imports)+4))
	imports = appendUnsigned(nil, uint64(len(a.imports)))
	for i, f := range a.imports {
		types = appendTypes(append(types, typeFunction), f.function.Params)
		types = appendTypes(types, f.function.Results)
		imports = appendBytes(imports, []byte(f.namespace))
		imports = appendUnsigned(append(appendBytes(imports, []byte(f.function.Name)), 0), uint64(i))
	}
	types = append(types, typeFunction, 2, typeI32, typeI32, 1, typeI64) // put
	types = append(types, typeFunction, 1, typeI64, 0)                   // take, keep
	types = append(types, typeFunction, 0, 0)                            // done
	return append(types, typeFunction, 0, 1, typeI32), imports           // the entry
}

func appendTypes(out []byte, values []proto.FunctionValue) []byte {
	out = appendUnsigned(out, uint64(len(values)))
	for _, v := range values {
		if v.Type == "i32" {
			out = append(out, typeI32)
			continue
		}
		out = append(out, typeI64)
	}
	return out
}

func appendFunction(out, locals, code []byte) []byte {
	body := append(append(locals, code...), opEnd)
	return appendBytes(out, body)
}

func appendBytes(out, content []byte) []byte {
	return append(appendUnsigned(out, uint64(len(content))), content...)
}

func appendUnsigned(out []byte, n uint64) []byte { return binary.AppendUvarint(out, n) }

// appendSigned appends n in LEB128 with a sign.
func appendSigned(out []byte, n int64) []byte {
	for {
		low := byte(n & 0x7f)
		n >>= 7
		if n == 0 && low&0x40 == 0 || n == -1 && low&0x40 != 0 {
			return append(out, low)
		}
		out = append(out, low|0x80)
	}
}
