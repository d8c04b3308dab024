package extism

import (
	"context"
	_ "embed"
	"encoding/binary"
	"slices"

	"github.com/tetratelabs/wazero/api"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox/callstack"
	"github.com/usherhost/usher/host/sandbox/snapshot"
)

// KernelWasm is the module of a [WasmKernel]. It is made from kernel.wat with
//
//	wat2wasm kernel/kernel.wat -o kernel/kernel.wasm
//
//go:embed kernel/kernel.wasm
var KernelWasm []byte

// The modules that a pooled instance and its kernel import from.
const (
	KernelModule = "usher:kernel/v1"   // the kernel, in place of the memory functions of [Module]
	FaultModule  = "usher:kernel/host" // [Fault], under the name FaultName
	FaultName    = "fault"
)

// RenameImport moves an import of the memory functions from [Module] to
// [KernelModule], and leaves all others as they are.
func RenameImport(module, name string) string {
	if module == Module && slices.ContainsFunc(Functions(), func(f Function) bool { return f.Name == name }) {
		return KernelModule
	}
	return module
}

// WasmKernel is the [Buffer] of a pooled instance: a small module of its own, so
// that a guest reaches its bytes without leaving WebAssembly. Everything that is
// read from it is checked: the guest can overwrite all of it.
type WasmKernel struct {
	module api.Module
	memory api.Memory
	pages  *snapshot.Memory
	alloc  callstack.Handle // made when it is first needed
	free   callstack.Handle
	stack  [1]uint64

	end, reuse, input, inputLength, output, outputLength, outputLimit, failure, failureLength api.MutableGlobal
}

const (
	kernelStart  = 128 // where blocks begin: below are the free lists
	kernelHeader = 8
	kernelMark   = 0x55534800 // in a header's second word, with the block's class
	kernelFreed  = 0x55534600 // the same of a block that was freed

	// PooledBytes is the largest memory that the kernel of a pooled instance keeps.
	PooledBytes = 1 << 20
)

// NewWasmKernel returns the kernel of an instance of [KernelWasm], whose memory is
// pages. The kernel owns both.
func NewWasmKernel(module api.Module, pages *snapshot.Memory) *WasmKernel {
	global := func(name string) api.MutableGlobal { return module.ExportedGlobal(name).(api.MutableGlobal) }
	return &WasmKernel{
		module: module, memory: module.Memory(), pages: pages,
		end: global("end"), input: global("input"), inputLength: global("input_bytes"),
		output: global("output"), outputLength: global("output_bytes"), outputLimit: global("output_limit"),
		failure: global("error"), failureLength: global("error_bytes"), reuse: global("reuse"),
	}
}

// Begin implements [Buffer]: the input is the first block.
func (k *WasmKernel) Begin(input []byte, limits *host.Limits) bool {
	k.pages.Limit = uint64(maxBytes(input, limits)) + 1<<16
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

// Block implements [Buffer].
func (k *WasmKernel) Block(offset uint64) ([]byte, bool) {
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

func (k *WasmKernel) slice(offset, length uint64) ([]byte, bool) {
	if end := k.end.Get(); offset > end || length > end-offset {
		return nil, false
	}
	return k.memory.Read(uint32(offset), uint32(length))
}

// Put implements [Buffer]. It calls the kernel's own alloc: only that knows the free
// lists.
func (k *WasmKernel) Put(ctx context.Context, data []byte) (uint64, bool) {
	if len(data) == 0 {
		return 0, true
	}
	if k.alloc.Function == nil {
		k.alloc, _ = callstack.HandleOf(k.module, "alloc")
	}
	k.stack[0] = uint64(len(data))
	if err := k.alloc.CallWithStack(ctx, k.stack[:]); err != nil {
		return 0, false
	}
	return k.stack[0], k.memory.Write(uint32(k.stack[0]), data)
}

// Free implements [Buffer].
func (k *WasmKernel) Free(ctx context.Context, offset uint64) {
	if k.free.Function == nil {
		k.free, _ = callstack.HandleOf(k.module, "free")
	}
	k.stack[0] = offset
	_ = k.free.CallWithStack(ctx, k.stack[:]) // it only fails on headers that the guest has overwritten
}

// Output implements [Buffer].
func (k *WasmKernel) Output() []byte {
	b, _ := k.slice(k.output.Get(), k.outputLength.Get())
	return b
}

// GuestError implements [Buffer].
func (k *WasmKernel) GuestError() []byte {
	offset := k.failure.Get()
	if offset == 0 { // the length may be of an earlier run
		return nil
	}
	b, _ := k.slice(offset, k.failureLength.Get())
	return b
}

// Size implements [Buffer].
func (k *WasmKernel) Size() int64 { return int64(k.end.Get()) }

// Reset empties the kernel, so that the next run finds nothing of this one. It
// reports false when the kernel has grown too large to be reused.
func (k *WasmKernel) Reset() bool {
	if k.memory.Size() > PooledBytes {
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

// StackBytes returns how large the kernel's own call stacks are.
func (k *WasmKernel) StackBytes() int { return k.alloc.Bytes() + k.free.Bytes() }

// DropStacks frees the kernel's own call stacks.
func (k *WasmKernel) DropStacks() { k.alloc, k.free = callstack.Handle{}, callstack.Handle{} }

// Close frees the kernel.
func (k *WasmKernel) Close() {
	_ = k.module.Close(context.Background()) // it has nothing that could fail to close
	k.pages.Free()
}

// FaultParams are the parameters of [Fault].
var FaultParams = []api.ValueType{api.ValueTypeI32, api.ValueTypeI64, api.ValueTypeI64}

// Fault is what the kernel calls to end a run, and before it clears a large block.
// An error, which is an [Error], ends the run.
func Fault(r Run, limits *host.Limits, stack []uint64) error {
	functions := []string{"alloc", "load_u64", "store_u64", "input_load_u64", "output_set", "output_set"}
	switch function := uint32(stack[0]); function {
	case 0:
		return Full(stack[2], limits)
	case 5:
		return outputTooLarge(stack[2], limits)
	case 6:
		r.Check()
		return nil
	default:
		return outOfBounds(functions[min(int(function), len(functions)-1)], stack[1], stack[2])
	}
}
