package jsbuild

import "encoding/binary"

// The engine's heap is dlmalloc's, as wasi-libc has it: chunks that lie behind
// one another, each with a head of 8 bytes (the size of the one before if that
// is free, its own size with two flags) and, while it is free, up to six links.
const (
	chunkHead     = 8
	freeLinks     = 6 * 4
	smallestChunk = 16
	flagBeforeUse = 1
	flagInUse     = 2
	flags         = 7
)

// wipe zeroes what is free in the heap, from the chunk of the block at first
// to the end of memory: rests of what a build did would only make its image
// larger. It returns how many bytes it zeroed, and stops where the heap does
// not look as it should.
func wipe(memory []byte, first uint32) int {
	wiped := 0
	for at := int(first) - chunkHead; at >= 0 && at+chunkHead <= len(memory); {
		head := binary.LittleEndian.Uint32(memory[at+4:])
		size := int(head &^ flags)
		if size < smallestChunk || at+size > len(memory) {
			break
		}
		if head&flagInUse == 0 {
			from, to := at+chunkHead+freeLinks, at+size
			if from < to {
				clear(memory[from:to])
				wiped += to - from
			}
		}
		at += size
	}
	return wiped
}
