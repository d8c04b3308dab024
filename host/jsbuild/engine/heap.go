package engine

import "encoding/binary"

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
	at := int(first) - chunkHead
	for at >= 0 && at+chunkHead <= len(memory) {
		head := binary.LittleEndian.Uint32(memory[at+4:])
		size := int(head &^ flags)
		if size < smallestChunk || at+size > len(memory) {
			break
		}
		content := memory[at+chunkHead : at+size]
		if head&flagInUse == 0 && len(content) > freeLinks {
			clear(content[freeLinks:])
		} else if head&flagInUse != 0 && wipeSlab(content) {
			slabs++
		}
		at += size
	}
	return at, slabs
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
	if len(chunk) < slabHead {
		return false
	}
	slot := slotBytes(chunk[16])
	used, total := int(binary.LittleEndian.Uint16(chunk[18:])), int(binary.LittleEndian.Uint16(chunk[20:]))
	if slot == 0 || total != slabBytes/slot || used > total || slabHead+slot*total > len(chunk) {
		return false
	}
	free := freeSlots(chunk, slot, total)
	if len(free) != total-used {
		return false
	}
	for _, at := range free {
		clear(chunk[at+slotHead : at+slot])
	}
	return true
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
