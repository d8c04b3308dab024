// Package extism holds what Usher serves of Extism: the memory through which a
// guest and its host pass bytes, as the Extism ABI defines it, once in Go and once
// in WebAssembly; and Extism's manifests. Host functions that do more than move
// bytes are package guest's business.
package extism

import (
	"cmp"
	"context"
	"math/bits"
	"slices"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox/snapshot"
)

// Buffer is the memory through which a guest and its host pass bytes: blocks named
// by their offset, where 0 names none. Extism calls it the kernel.
type Buffer interface {
	// Begin puts the input of a run into an empty buffer. It reports false when
	// the input does not fit.
	Begin(input []byte, limits *host.Limits) bool
	// Block returns the block at offset, not a copy. It is nil and true for offset
	// 0, and for a block that was freed.
	Block(offset uint64) ([]byte, bool)
	// Put makes a block of data. It reports false over the limit.
	Put(ctx context.Context, data []byte) (offset uint64, ok bool)
	Free(ctx context.Context, offset uint64)
	Output() []byte     // not a copy
	GuestError() []byte // the error that the guest set, not a copy
	Size() int64
}

// HostKernel is the [Buffer] of instances that are not pooled. Its book-keeping
// lies outside of its memory, where the guest can't reach it. The ABI's functions
// for it are in functions.go; those of a [WasmKernel] are in kernel/kernel.wat, and
// both must behave alike.
type HostKernel struct {
	account snapshot.Account // counts the memory's growth
	limits  *host.Limits     // of the run

	memory []byte
	blocks []block // by offset
	free   [48][]int
	limit  int64

	reuse  uint64 // freed blocks are not reused before the memory is so large
	input  block
	output block
	failed block // the error, with its length when it was set: it may be freed since
}

// NewHostKernel returns an empty kernel for a run with limits.
func NewHostKernel(account snapshot.Account, limits *host.Limits) *HostKernel {
	return &HostKernel{account: account, limits: limits}
}

// block is one allocation. Its room is length rounded up to a power of two.
type block struct {
	offset, length uint64
	freed          bool
}

// firstOffset is the offset of the first block: 0 names none, and words lie on
// multiples of 8.
const (
	firstOffset = 16
	minRoom     = 16
	// reuseBytes are allocated besides the input before freed blocks are reused.
	// Extism's kernel reuses them when its first page of 64 KiB is full, and guests
	// that free their output before they return depend on that. Blocks take up to
	// twice as much here.
	reuseBytes = 128 << 10
)

// maxBytes is how large the buffer may grow: as large as the guest's own memory,
// and twice the input, for which the guest does not pay.
func maxBytes(input []byte, limits *host.Limits) int64 {
	return limits.MemoryBytes + 2*int64(len(input))
}

// Begin implements [Buffer].
func (k *HostKernel) Begin(input []byte, limits *host.Limits) bool {
	k.limit, k.limits = maxBytes(input, limits), limits
	offset, ok := k.put(input)
	k.input = block{offset: offset, length: uint64(len(input))}
	k.reuse = uint64(len(k.memory)) + reuseBytes
	return ok
}

// Put implements [Buffer].
func (k *HostKernel) Put(_ context.Context, data []byte) (uint64, bool) { return k.put(data) }

func (k *HostKernel) put(data []byte) (uint64, bool) {
	offset, ok := k.alloc(uint64(len(data)))
	if ok && offset > 0 {
		copy(k.memory[offset:], data)
	}
	return offset, ok
}

// Block implements [Buffer].
func (k *HostKernel) Block(offset uint64) ([]byte, bool) {
	if offset == 0 {
		return nil, true
	}
	i, found := k.search(offset)
	if !found {
		return nil, false
	}
	if k.blocks[i].freed {
		return nil, true
	}
	return k.slice(offset, k.blocks[i].length)
}

// Output implements [Buffer].
func (k *HostKernel) Output() []byte {
	b, _ := k.slice(k.output.offset, k.output.length)
	return b
}

// GuestError implements [Buffer].
func (k *HostKernel) GuestError() []byte {
	b, _ := k.slice(k.failed.offset, k.failed.length)
	return b
}

// Size implements [Buffer].
func (k *HostKernel) Size() int64 { return int64(len(k.memory)) }

func roomClass(length uint64) int { return bits.Len64(max(length, minRoom) - 1) }

// alloc returns the offset of a new block, 0 for a length of 0, and false when
// the kernel would become larger than its limit.
func (k *HostKernel) alloc(length uint64) (uint64, bool) {
	if length == 0 {
		return 0, true
	}
	if length > uint64(k.limit) {
		return 0, false
	}
	class := roomClass(length)
	offset := uint64(max(len(k.memory), firstOffset))
	end := offset + 1<<class
	tooLarge := end > uint64(k.limit)+firstOffset
	if free := k.free[class]; len(free) > 0 && (tooLarge || end > k.reuse) {
		b := &k.blocks[free[len(free)-1]]
		k.free[class] = free[:len(free)-1]
		b.length, b.freed = length, false
		clear(k.memory[b.offset : b.offset+length])
		return b.offset, true
	}
	if tooLarge {
		return 0, false
	}
	if !k.grow(int(end)) {
		return 0, false
	}
	k.blocks = append(k.blocks, block{offset: offset, length: length})
	return offset, true
}

// grow makes the memory larger: twice as large at least, if the account allows it.
func (k *HostKernel) grow(size int) bool {
	if had := cap(k.memory); size > had {
		room := max(size, 2*had, 4096)
		if !k.counts(had, room) {
			if room = size; !k.counts(had, room) {
				return false
			}
		}
		bigger := make([]byte, size, room)
		copy(bigger, k.memory)
		k.memory = bigger
		return true
	}
	k.memory = k.memory[:size]
	return true
}

func (k *HostKernel) counts(from, to int) bool {
	return k.account.Grow(uint64(from), uint64(to))
}

// search returns the index of the block that begins at offset, and whether there
// is one.
func (k *HostKernel) search(offset uint64) (int, bool) {
	return slices.BinarySearchFunc(k.blocks, offset, func(b block, offset uint64) int {
		return cmp.Compare(b.offset, offset)
	})
}

// find returns the index of the block at offset, -1 when there is none or it was
// freed.
func (k *HostKernel) find(offset uint64) int {
	i, found := k.search(offset)
	if !found || k.blocks[i].freed {
		return -1
	}
	return i
}

// Free implements [Buffer].
func (k *HostKernel) Free(_ context.Context, offset uint64) { k.release(offset) }

func (k *HostKernel) release(offset uint64) {
	if i := k.find(offset); i >= 0 {
		k.blocks[i].freed = true
		class := roomClass(k.blocks[i].length)
		k.free[class] = append(k.free[class], i)
		if offset == k.input.offset {
			k.input.length = 0
		}
	}
}

func (k *HostKernel) length(offset uint64) uint64 {
	if i := k.find(offset); i >= 0 {
		return k.blocks[i].length
	}
	return 0
}

// slice returns the bytes of [offset, offset+length), and false when they are
// not all inside of the kernel's memory.
func (k *HostKernel) slice(offset, length uint64) ([]byte, bool) {
	size := uint64(len(k.memory))
	if offset > size || length > size-offset {
		return nil, false
	}
	return k.memory[offset : offset+length], true
}
