package snapshot

import (
	"bytes"
	"encoding/binary"
)

// Delta is the difference between an image and its base, block by block, so that
// each block can be restored on its own. Behind the end of the base it is the
// difference from zeros.
type Delta struct {
	starts []uint32 // where the ranges of each block begin; one more at the end
	ranges []byte   // each with its offset in the block, its length and its bytes
}

const (
	blockBytes = 4096 // pages of WebAssembly, and of every machine, are multiples of it
	rangeHead  = 4    // offset and length, two bytes each
	joinBytes  = 64   // ranges with at most so many equal bytes between them become one: many small ranges take time
)

var zeroBlock [blockBytes]byte

// Diff compares an image of whole blocks with a base.
func Diff(image, base []byte) Delta {
	d := Delta{starts: make([]uint32, 1, len(image)/blockBytes+1)}
	for at := 0; at < len(image); at += blockBytes {
		if at < len(base) {
			d.add(image[at:at+blockBytes], base[at:at+blockBytes])
		} else {
			d.add(image[at:at+blockBytes], zeroBlock[:])
		}
		d.starts = append(d.starts, uint32(len(d.ranges)))
	}
	return d
}

// add appends the ranges of a block: one for the whole block when much of it
// differs.
func (d *Delta) add(block, base []byte) {
	if bytes.Equal(block, base) {
		return
	}
	before := len(d.ranges)
	for at := 0; at < len(block); at++ {
		if block[at] == base[at] {
			continue
		}
		end := at + 1 // behind the last byte that differs
		for next := end; next < len(block) && next-end <= joinBytes; next++ {
			if block[next] != base[next] {
				end = next + 1
			}
		}
		d.addRange(at, block[at:end])
		at = end
	}
	if len(d.ranges)-before > blockBytes/2 {
		d.ranges = d.ranges[:before]
		d.addRange(0, block)
	}
}

func (d *Delta) addRange(at int, content []byte) {
	d.ranges = binary.LittleEndian.AppendUint16(d.ranges, uint16(at))
	d.ranges = binary.LittleEndian.AppendUint16(d.ranges, uint16(len(content)))
	d.ranges = append(d.ranges, content...)
}

// Size returns how large the image is.
func (d Delta) Size() int { return max(len(d.starts)-1, 0) * blockBytes }

// IsZero reports whether d is no delta at all: that of an empty image is one.
func (d Delta) IsZero() bool { return d.starts == nil }

// ChangedBytes returns about how many bytes differ from the base.
func (d Delta) ChangedBytes() int { return len(d.ranges) }

// Bytes returns the image, if the base of the delta is empty.
func (d Delta) Bytes() []byte {
	memory := make([]byte, d.Size())
	d.Apply(memory, 0)
	return memory
}

// block returns the ranges of block n.
func (d Delta) block(n int) []byte { return d.ranges[d.starts[n]:d.starts[n+1]] }

// Apply writes the bytes that differ into memory, which holds those of the base,
// beginning at offset from, a multiple of a block.
func (d Delta) Apply(memory []byte, from int) {
	for n := from / blockBytes; len(memory) > 0; n++ {
		applyRanges(memory[:blockBytes], d.block(n))
		memory = memory[blockBytes:]
	}
}

func applyRanges(block, ranges []byte) {
	for len(ranges) > 0 {
		at, size := binary.LittleEndian.Uint16(ranges), binary.LittleEndian.Uint16(ranges[2:])
		ranges = ranges[rangeHead:]
		copy(block[at:], ranges[:size])
		ranges = ranges[size:]
	}
}

// wholeBlock is the length of the ranges of a block that differs as a whole.
const wholeBlock = rangeHead + blockBytes

// restore writes the image's bytes from an offset on into memory, given those of
// the base, and returns how many blocks differ from the base.
func (d Delta) restore(memory, base []byte, from int) (blocks int) {
	for n := from / blockBytes; len(memory) > 0; n++ {
		ranges := d.block(n)
		if len(ranges) != wholeBlock {
			copy(memory[:blockBytes], base)
		}
		if len(ranges) > 0 {
			applyRanges(memory[:blockBytes], ranges)
			blocks++
		}
		memory, base = memory[blockBytes:], base[blockBytes:]
	}
	return blocks
}

// head returns the delta of the first bytes, which shares no memory with d.
func (d Delta) head(size int) Delta {
	h := Delta{starts: append([]uint32{}, d.starts[:size/blockBytes+1]...)}
	h.ranges = append([]byte{}, d.ranges[:h.starts[size/blockBytes]]...)
	return h
}

// Encode returns the delta as bytes for a file.
func (d Delta) Encode() []byte {
	out := make([]byte, 0, 4+4*len(d.starts)+len(d.ranges))
	out = binary.LittleEndian.AppendUint32(out, uint32(len(d.starts)))
	for _, start := range d.starts {
		out = binary.LittleEndian.AppendUint32(out, start)
	}
	return append(out, d.ranges...)
}

// Decode reads what [Delta.Encode] wrote, and reports false for anything else.
// The delta shares b's memory.
func Decode(b []byte) (d Delta, ok bool) {
	if len(b) < 8 {
		return Delta{}, false
	}
	starts := int64(binary.LittleEndian.Uint32(b))
	if starts == 0 || int64(len(b)) < 4+4*starts {
		return Delta{}, false
	}
	d.starts, d.ranges = make([]uint32, starts), b[4+4*starts:]
	for n := range d.starts {
		d.starts[n] = binary.LittleEndian.Uint32(b[4+4*n:])
	}
	return d, d.valid()
}

// valid reports whether every range lies in its block.
func (d Delta) valid() bool {
	if d.starts[0] != 0 || int(d.starts[len(d.starts)-1]) != len(d.ranges) {
		return false
	}
	for n := range len(d.starts) - 1 {
		if d.starts[n] > d.starts[n+1] || int(d.starts[n+1]) > len(d.ranges) {
			return false
		}
		for ranges := d.block(n); len(ranges) > 0; {
			if len(ranges) < rangeHead {
				return false
			}
			at, size := int(binary.LittleEndian.Uint16(ranges)), int(binary.LittleEndian.Uint16(ranges[2:]))
			if ranges = ranges[rangeHead:]; at+size > blockBytes || size > len(ranges) {
				return false
			}
			ranges = ranges[size:]
		}
	}
	return true
}
