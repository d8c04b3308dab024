package sandbox

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"

	"github.com/usherhost/usher/host"
)

// exchange is the memory through which a guest and its host pass bytes, as the
// Extism ABI defines it: blocks named by their offset, where 0 names none.
type exchange interface {
	begin(input []byte, limits *host.Limits) bool // false: the input does not fit
	block(offset uint64) ([]byte, bool)           // the block at offset, not a copy; nil and true for offset 0 and for one that was freed
	put(c *Call, data []byte) (uint64, bool)      // false: over the limit
	release(c *Call, offset uint64)
	result() []byte // the output, not a copy
	said() []byte   // the error that the guest set, not a copy
	size() int64
}

// kernel is the exchange of instances that are not kept. Its book-keeping lies
// outside of its memory, where the guest can't reach it. The functions of the
// ABI for it are below; those of kept instances are in kernel/kernel.wat, and
// both must do the same.
type kernel struct {
	memory  []byte
	blocks  []block // by offset
	free    [48][]int
	limit   int64
	account *account

	reuse  uint64 // while the memory is smaller, freed blocks rest
	input  block
	output block
	failed block // the error, with its length when it was set: it may be freed since
}

// block is one allocation. Its room is length rounded up to a power of two.
type block struct {
	offset, length uint64
	freed          bool
}

// firstOffset is where blocks begin: offset 0 must stay free, and words lie on
// multiples of 8.
const (
	firstOffset = 16
	minRoom     = 16
	// reuseBytes are allocated besides the input before anything that was freed is
	// given out again. Extism's kernel does so when its first page of 64 KiB is
	// full, and guests depend on it that free their output before they return. Blocks
	// take up to twice as much here.
	reuseBytes = 128 << 10
)

// kernelBytes is what the exchange may hold: what the guest's own memory may,
// and the event, for which the guest does not pay.
func kernelBytes(input []byte, limits *host.Limits) int64 {
	return limits.MemoryBytes + 2*int64(len(input))
}

func (k *kernel) begin(input []byte, limits *host.Limits) bool {
	k.limit = kernelBytes(input, limits)
	offset, ok := k.put(nil, input)
	k.input = block{offset: offset, length: uint64(len(input))}
	k.reuse = uint64(len(k.memory)) + reuseBytes
	return ok
}

func (k *kernel) put(_ *Call, data []byte) (uint64, bool) {
	offset, ok := k.alloc(uint64(len(data)))
	if ok && offset > 0 {
		copy(k.memory[offset:], data)
	}
	return offset, ok
}

func (k *kernel) block(offset uint64) ([]byte, bool) {
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

func (k *kernel) result() []byte {
	b, _ := k.slice(k.output.offset, k.output.length)
	return b
}

func (k *kernel) said() []byte {
	b, _ := k.slice(k.failed.offset, k.failed.length)
	return b
}

func (k *kernel) size() int64 { return int64(len(k.memory)) }

func roomClass(length uint64) int { return bits.Len64(max(length, minRoom) - 1) }

// alloc returns the offset of a new block, 0 for a length of 0, and false when
// the kernel would become larger than its limit.
func (k *kernel) alloc(length uint64) (uint64, bool) {
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

// grow makes the memory larger, by twice at least while that may be.
func (k *kernel) grow(size int) bool {
	if had := cap(k.memory); size > had {
		room := max(size, 2*had, 4096)
		if !k.account.exchange(uint64(had), uint64(room)) {
			if room = size; !k.account.exchange(uint64(had), uint64(room)) {
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

// search returns the index of the block that begins at offset, and whether there
// is one.
func (k *kernel) search(offset uint64) (int, bool) {
	return slices.BinarySearchFunc(k.blocks, offset, func(b block, offset uint64) int {
		return cmp.Compare(b.offset, offset)
	})
}

// find returns the index of the living block that begins at offset, or -1.
func (k *kernel) find(offset uint64) int {
	i, found := k.search(offset)
	if !found || k.blocks[i].freed {
		return -1
	}
	return i
}

func (k *kernel) release(_ *Call, offset uint64) {
	if i := k.find(offset); i >= 0 {
		k.blocks[i].freed = true
		class := roomClass(k.blocks[i].length)
		k.free[class] = append(k.free[class], i)
		if offset == k.input.offset {
			k.input.length = 0
		}
	}
}

func (k *kernel) length(offset uint64) uint64 {
	if i := k.find(offset); i >= 0 {
		return k.blocks[i].length
	}
	return 0
}

// slice returns the bytes of [offset, offset+length), and false when they are
// not all inside of the kernel's memory.
func (k *kernel) slice(offset, length uint64) ([]byte, bool) {
	size := uint64(len(k.memory))
	if offset > size || length > size-offset {
		return nil, false
	}
	return k.memory[offset : offset+length], true
}

// KernelFunctions are the ABI's memory functions in extism:host/env, which every
// sandbox serves. Bytes outside of the kernel read as 0 and are not written, words outside trap, as
// in Extism's own kernel and SDK.
func KernelFunctions() []Function {
	f := func(name string, params, results []ValueType, run func(*Call, []uint64)) Function {
		return Function{Module: extismModule, Name: name, Params: params, Results: results, Run: run}
	}
	none, i32, i64 := []ValueType{}, []ValueType{I32}, []ValueType{I64}
	return []Function{
		f("alloc", i64, i64, func(c *Call, s []uint64) { s[0] = c.alloc(s[0]) }),
		f("free", i64, none, func(c *Call, s []uint64) { c.kernel().release(c, s[0]) }),
		f("length", i64, i64, func(c *Call, s []uint64) { s[0] = c.kernel().length(s[0]) }),
		f("length_unsafe", i64, i64, func(c *Call, s []uint64) { s[0] = c.kernel().length(s[0]) }),
		f("load_u8", i64, i32, func(c *Call, s []uint64) { s[0] = c.loadByte(s[0]) }),
		f("load_u64", i64, i64, func(c *Call, s []uint64) { s[0] = c.loadWord("load_u64", s[0]) }),
		f("store_u8", []ValueType{I64, I32}, none, func(c *Call, s []uint64) { c.storeByte(s[0], byte(s[1])) }),
		f("store_u64", []ValueType{I64, I64}, none, func(c *Call, s []uint64) { c.storeWord(s[0], s[1]) }),
		f("input_length", none, i64, func(c *Call, s []uint64) { s[0] = c.kernel().input.length }),
		f("input_offset", none, i64, func(c *Call, s []uint64) { s[0] = c.kernel().input.offset }),
		f("input_load_u8", i64, i32, func(c *Call, s []uint64) { s[0] = c.loadInputByte(s[0]) }),
		f("input_load_u64", i64, i64, func(c *Call, s []uint64) { s[0] = c.loadInputWord(s[0]) }),
		f("output_set", []ValueType{I64, I64}, none, func(c *Call, s []uint64) { c.setOutput(s[0], s[1]) }),
		f("output_length", none, i64, func(c *Call, s []uint64) { s[0] = c.kernel().output.length }),
		f("output_offset", none, i64, func(c *Call, s []uint64) { s[0] = c.kernel().output.offset }),
		f("error_get", none, i64, func(c *Call, s []uint64) { s[0] = c.kernel().failed.offset }),
		f("memory_bytes", none, i64, func(c *Call, s []uint64) { s[0] = uint64(len(c.kernel().memory)) }),
		f("error_set", i64, none, func(c *Call, s []uint64) { c.kernel().failed = block{offset: s[0], length: c.kernel().length(s[0])} }),
	}
}

const extismModule = "extism:host/env"

// kernel returns the exchange of a run whose instance is not kept: these
// functions are served to no other.
func (c *Call) kernel() *kernel { return c.exchange.(*kernel) }

// checkedBytes is from which length on a block takes so long to clear that the
// deadline is looked at.
const checkedBytes = 1 << 16

func (c *Call) alloc(length uint64) uint64 {
	if length >= checkedBytes {
		c.Check()
	}
	offset, ok := c.kernel().alloc(length)
	if !ok {
		c.exchangeFull(length)
	}
	return offset
}

// exchangeFull ends a run that needs more memory for exchange than it may have.
func (c *Call) exchangeFull(length uint64) {
	c.Stop(&Fault{Kind: host.FaultLimit, Limit: "memory_bytes", Message: fmt.Sprintf(
		"asked for %d bytes of memory for exchange with the host (limit %d)", length, c.limits.MemoryBytes)})
}

func (c *Call) loadByte(offset uint64) uint64 {
	if offset < uint64(len(c.kernel().memory)) {
		return uint64(c.kernel().memory[offset])
	}
	return 0
}

func (c *Call) storeByte(offset uint64, value byte) {
	if offset < uint64(len(c.kernel().memory)) {
		c.kernel().memory[offset] = value
	}
}

func (c *Call) loadWord(function string, offset uint64) uint64 {
	b, ok := c.kernel().slice(offset, 8)
	if !ok {
		c.outOfBounds(function, offset, 8)
	}
	return binary.LittleEndian.Uint64(b)
}

func (c *Call) storeWord(offset, value uint64) {
	b, ok := c.kernel().slice(offset, 8)
	if !ok {
		c.outOfBounds("store_u64", offset, 8)
	}
	binary.LittleEndian.PutUint64(b, value)
}

func (c *Call) loadInputByte(at uint64) uint64 {
	in := c.kernel().input
	if at >= in.length {
		return 0
	}
	return c.loadByte(in.offset + at)
}

func (c *Call) loadInputWord(at uint64) uint64 {
	in := c.kernel().input
	if at > in.length || in.length == 0 {
		c.outOfBounds("input_load_u64", at, 8)
	}
	return c.loadWord("input_load_u64", in.offset+at)
}

func (c *Call) setOutput(offset, length uint64) {
	if length > uint64(c.limits.OutputBytes) {
		c.outputTooLarge(length)
	}
	if _, ok := c.kernel().slice(offset, length); !ok {
		c.outOfBounds("output_set", offset, length)
	}
	c.kernel().output = block{offset: offset, length: length}
}

func (c *Call) outputTooLarge(length uint64) {
	c.Stop(&Fault{Kind: host.FaultLimit, Limit: "output_bytes", Message: fmt.Sprintf(
		"set an output of %d bytes (limit %d)", length, c.limits.OutputBytes)})
}

func (c *Call) outOfBounds(function string, offset, length uint64) {
	c.Stop(&Fault{Kind: host.FaultGuest, Message: fmt.Sprintf(
		"%s: %d bytes at offset %d are outside of the memory for exchange with the host", function, length, offset)})
}
