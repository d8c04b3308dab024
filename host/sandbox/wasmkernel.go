package sandbox

import (
	_ "embed"
	"encoding/binary"

	"github.com/tetratelabs/wazero/api"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox/snapshot"
)

// kernelWasm is the exchange of kept instances. It is made of kernel.wat with
//
//	wat2wasm kernel/kernel.wat -o kernel/kernel.wasm
//
//go:embed kernel/kernel.wasm
var kernelWasm []byte

// The modules that a kept instance and its kernel import from.
const (
	keptModule   = "usher:kernel/v1" // the kernel, in place of the memory part of extism:host/env
	kernelFaults = "usher:kernel/host"
)

// wasmKernel is the exchange of one kept instance: a small module of its own,
// so that a guest reaches its bytes without leaving WebAssembly. Whatever is
// read of it is checked: the guest can overwrite all of it.
type wasmKernel struct {
	module api.Module
	memory api.Memory
	pages  *snapshot.Memory
	alloc  handle
	free   handle
	stack  [1]uint64

	end, reuse, input, inputLength, output, outputLength, outputLimit, failure, failureLength api.MutableGlobal
}

const (
	kernelStart  = 128 // where blocks begin: below are the free lists
	kernelHeader = 8
	kernelMark   = 0x55534800 // in a header's second word, with the block's class
	kernelFreed  = 0x55534600 // the same of a block that was freed
	// keptKernelBytes is the largest memory that a kept kernel stays kept with.
	keptKernelBytes = 1 << 20
)

func newWasmKernel(module api.Module, pages *snapshot.Memory) *wasmKernel {
	global := func(name string) api.MutableGlobal { return module.ExportedGlobal(name).(api.MutableGlobal) }
	return &wasmKernel{
		module: module, memory: module.Memory(), pages: pages,
		end: global("end"), input: global("input"), inputLength: global("input_bytes"),
		output: global("output"), outputLength: global("output_bytes"), outputLimit: global("output_limit"),
		failure: global("error"), failureLength: global("error_bytes"), reuse: global("reuse"),
	}
}

// begin writes the input as the first block of an empty kernel.
func (k *wasmKernel) begin(input []byte, limits *host.Limits) bool {
	k.pages.Limit = uint64(kernelBytes(input, limits)) + 1<<16
	k.outputLimit.Set(uint64(limits.OutputBytes))
	if len(input) == 0 {
		k.reuse.Set(kernelStart + reuseBytes)
		return true
	}
	class := roomClass(uint64(len(input)))
	end := uint32(kernelStart + kernelHeader + 1<<class)
	if size := k.memory.Size(); end > size {
		if _, ok := k.memory.Grow((end - size + 1<<16 - 1) >> 16); !ok {
			return false
		}
	}
	k.memory.WriteUint32Le(kernelStart, uint32(len(input)))
	k.memory.WriteUint32Le(kernelStart+4, kernelMark|uint32(class))
	k.memory.Write(kernelStart+kernelHeader, input)
	k.end.Set(uint64(end))
	k.reuse.Set(uint64(end) + reuseBytes)
	k.input.Set(kernelStart + kernelHeader)
	k.inputLength.Set(uint64(len(input)))
	return true
}

func (k *wasmKernel) block(offset uint64) ([]byte, bool) {
	if offset == 0 {
		return nil, true
	}
	end := k.end.Get()
	if offset < kernelStart+kernelHeader || offset > end || offset%8 != 0 {
		return nil, false
	}
	header, ok := k.memory.Read(uint32(offset)-kernelHeader, kernelHeader)
	if !ok {
		return nil, false
	}
	switch mark := binary.LittleEndian.Uint32(header[4:]); {
	case mark == kernelFreed:
		return nil, true
	case mark&^0xff != kernelMark:
		return nil, false
	}
	return k.slice(offset, uint64(binary.LittleEndian.Uint32(header)))
}

func (k *wasmKernel) slice(offset, length uint64) ([]byte, bool) {
	if end := k.end.Get(); offset > end || length > end-offset {
		return nil, false
	}
	return k.memory.Read(uint32(offset), uint32(length))
}

// put calls the kernel's own alloc: only it knows its free lists.
func (k *wasmKernel) put(c *Call, data []byte) (uint64, bool) {
	if len(data) == 0 {
		return 0, true
	}
	if k.alloc.Function == nil { // most instances never need it
		k.alloc, _ = handleOf(k.module, "alloc")
	}
	k.stack[0] = uint64(len(data))
	if err := k.alloc.CallWithStack(c, k.stack[:]); err != nil {
		return 0, false
	}
	return k.stack[0], k.memory.Write(uint32(k.stack[0]), data)
}

func (k *wasmKernel) release(c *Call, offset uint64) {
	if k.free.Function == nil {
		k.free, _ = handleOf(k.module, "free")
	}
	k.stack[0] = offset
	_ = k.free.CallWithStack(c, k.stack[:]) // it can only fail on headers that the guest spoilt
}

func (k *wasmKernel) result() []byte {
	b, _ := k.slice(k.output.Get(), k.outputLength.Get())
	return b
}

func (k *wasmKernel) said() []byte {
	offset := k.failure.Get()
	if offset == 0 { // the length may be of an earlier run
		return nil
	}
	b, _ := k.slice(offset, k.failureLength.Get())
	return b
}

func (k *wasmKernel) size() int64 { return int64(k.end.Get()) }

// reset empties the kernel: nothing that a run left in it is there for the
// next. It reports false when the kernel should not be kept.
func (k *wasmKernel) reset() bool {
	if k.memory.Size() > keptKernelBytes {
		return false
	}
	// The guest can write where nothing was allocated only below end, and end
	// is moved by the kernel alone.
	used, ok := k.memory.Read(0, uint32(min(k.end.Get(), uint64(k.memory.Size()))))
	if !ok {
		return false
	}
	clear(used)
	k.end.Set(kernelStart)
	for _, g := range []api.MutableGlobal{k.input, k.inputLength, k.output, k.outputLength, k.outputLimit, k.failure} {
		g.Set(0)
	}
	return true
}

// kernelFault is what the kernel calls to end a run, and before it clears a
// large block.
func kernelFault() Function {
	names := []string{"alloc", "load_u64", "store_u64", "input_load_u64", "output_set", "output_set"}
	return Function{
		Module: kernelFaults, Name: "fault", Params: []ValueType{I32, I64, I64},
		Run: func(c *Call, s []uint64) {
			switch function := uint32(s[0]); function {
			case 0:
				c.exchangeFull(s[2])
			case 5:
				c.outputTooLarge(s[2])
			case 6:
				c.Check()
			default:
				c.outOfBounds(names[min(int(function), len(names)-1)], s[1], s[2])
			}
		},
	}
}
