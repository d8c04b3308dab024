package engine

import (
	"encoding/binary"
	"iter"
)

// The engine's heap is dlmalloc's, as in wasi-libc: chunks follow one another.
// Each has a header of 8 bytes (the size of the one before if that is free, and
// its own size with two flags) and, while it is free, up to six links. This is
// knowledge of others' insides: see host/docs/upstream-internals.md.
const (
	chunkHead     = 8
	freeLinks     = 6 * 4
	smallestChunk = 16
	flagInUse     = 2
	flags         = 7
)

// wipe zeroes what is free in the heap, from the chunk of the block at first to
// the end of memory: what a build leaves there would only make the snapshot
// larger. It stops at the first chunk that is not as expected, so a heap of
// another layout makes larger modules, but no wrong ones.
//
// It returns where it stopped, and how many slabs it saw.
func wipe(memory []byte, first uint32) (end, slabs int) {
	for content, used := range chunks(memory, first, &end) {
		if !used && len(content) > freeLinks {
			clear(content[freeLinks:])
		} else if used && wipeSlab(content) {
			slabs++
		}
	}
	return end, slabs
}

// chunks yields what chunks hold and whether they are in use, from that of the block at
// first to the end of memory, or to the first one that is not as expected. End is where
// the next one begins.
func chunks(memory []byte, first uint32, end *int) iter.Seq2[[]byte, bool] {
	*end = int(first) - chunkHead
	return func(yield func([]byte, bool) bool) {
		for *end >= 0 && *end+chunkHead <= len(memory) {
			head := binary.LittleEndian.Uint32(memory[*end+4:])
			at, size := *end, int(head&^flags)
			if size < smallestChunk || at+size > len(memory) {
				return
			}
			*end += size
			if !yield(memory[at+chunkHead:at+size], head&flagInUse != 0) {
				return
			}
		}
	}
}

// QuickJS-NG takes small objects from slabs: a chunk with a header of 24 bytes
// (four links, then class, used, total and the first free slot) and slots of one
// size, each with a header of 8 bytes, which in a free slot names the next one.
const (
	slabHead  = 24
	slabBytes = 4072 // of slots, at most
	slotHead  = 8
	noSlot    = 0xffff
)

// slotBytes returns the size of a class's slots: 16 to 128 in steps of 8, to
// 256 in steps of 16, to 512 in steps of 32.
func slotBytes(class byte) int {
	switch c := int(class); {
	case c < 15:
		return 16 + 8*c
	case c < 23:
		return 128 + 16*(c-14)
	case c < 31:
		return 256 + 32*(c-22)
	}
	return 0
}

// wipeSlab zeroes the free slots of a slab. It reports false for any other chunk,
// which it leaves as it is.
func wipeSlab(chunk []byte) bool {
	total, ok := isSlab(chunk)
	if !ok {
		return false
	}
	slot, used := slotBytes(chunk[16]), int(binary.LittleEndian.Uint16(chunk[18:]))
	free := freeSlots(chunk, slot, total)
	if len(free) != total-used {
		return false
	}
	for _, at := range free {
		clear(chunk[at+slotHead : at+slot])
	}
	return true
}

// isSlab reports whether a chunk is a slab, and how many slots it has.
func isSlab(chunk []byte) (total int, ok bool) {
	if len(chunk) < slabHead {
		return 0, false
	}
	slot := slotBytes(chunk[16])
	used, total := int(binary.LittleEndian.Uint16(chunk[18:])), int(binary.LittleEndian.Uint16(chunk[20:]))
	return total, slot > 0 && total == slabBytes/slot && used <= total && slabHead+slot*total <= len(chunk)
}

// freeSlots returns where the free slots of a slab begin, or nil when their chain
// is broken.
func freeSlots(chunk []byte, slot, total int) []int {
	var free []int
	for next := binary.LittleEndian.Uint16(chunk[22:]); next != noSlot; {
		if int(next) >= total || len(free) == total || chunk[slabHead+int(next)*slot+2] != chunk[16] {
			return nil
		}
		at := slabHead + int(next)*slot
		free = append(free, at)
		next = binary.LittleEndian.Uint16(chunk[at:])
	}
	return free
}

// A run's objects should lie together: each page that it writes is copied back after it.
// So before the snapshot the gaps that the build left in the heap are allocated and never
// freed. What a run allocates then comes from one slab of each class, and from the free
// memory at the end.

// largestGap is the size of the largest free chunk that counts as a gap.
const largestGap = 16 << 10

// gaps returns the sizes of the small free chunks.
func gaps(memory []byte, first uint32) (sizes []int) {
	var end int
	for content, used := range chunks(memory, first, &end) {
		if !used && len(content) <= largestGap && end < len(memory) { // the last one is dlmalloc's own
			sizes = append(sizes, len(content))
		}
	}
	return sizes
}

// fillSlabs marks as used the free slots of all slabs but one of each class, that with the
// most of them. A new slab would cost a run more than its pages.
func fillSlabs(memory []byte, first uint32) {
	best := map[byte][]byte{}
	var end int
	for chunk, used := range chunks(memory, first, &end) {
		if !used || freeIn(chunk) == 0 {
			continue
		}
		class, worse := chunk[16], chunk
		if freeIn(chunk) > freeIn(best[class]) {
			worse, best[class] = best[class], chunk
		}
		fillSlab(memory, worse)
	}
}

// freeIn returns how many free slots a chunk has, 0 when it is no slab.
func freeIn(chunk []byte) int {
	total, ok := isSlab(chunk)
	if !ok || binary.LittleEndian.Uint16(chunk[22:]) == noSlot {
		return 0
	}
	return total - int(binary.LittleEndian.Uint16(chunk[18:]))
}

// fillSlab makes a slab a full one, which is in no list. It leaves one as it is whose
// neighbours in the list do not point at it both.
func fillSlab(memory, slab []byte) {
	total, ok := isSlab(slab)
	if !ok {
		return
	}
	before, after := int(binary.LittleEndian.Uint32(slab)), int(binary.LittleEndian.Uint32(slab[4:]))
	if max(before, after)+8 > len(memory) || binary.LittleEndian.Uint32(memory[before+4:]) != binary.LittleEndian.Uint32(memory[after:]) {
		return
	}
	binary.LittleEndian.PutUint32(memory[before+4:], uint32(after))
	binary.LittleEndian.PutUint32(memory[after:], uint32(before))
	clear(slab[:8])
	binary.LittleEndian.PutUint16(slab[18:], uint16(total))
	binary.LittleEndian.PutUint16(slab[22:], noSlot)
}
