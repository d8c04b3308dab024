package sandbox

import (
	"bytes"
	"encoding/binary"
)

// patch tells how an image differs from its base, block by block, so that any
// page can be made again alone. What the base does not reach is zero.
type patch struct {
	starts []uint32 // where the ranges of each block begin; one more at the end
	ranges []byte   // each with its offset in the block, its length and its bytes
}

const (
	blockBytes = 4096 // a page of WebAssembly, and of any machine, is a multiple
	rangeHead  = 4    // offset and length, two bytes each
	joinBytes  = 64   // what is equal between two ranges that become one: many small ones take time
)

var zeroBlock [blockBytes]byte

// newPatch compares an image of whole blocks with its base.
func newPatch(image, base []byte) patch {
	p := patch{starts: make([]uint32, 1, len(image)/blockBytes+1)}
	for at := 0; at < len(image); at += blockBytes {
		if at < len(base) {
			p.add(image[at:at+blockBytes], base[at:at+blockBytes])
		} else {
			p.add(image[at:at+blockBytes], zeroBlock[:])
		}
		p.starts = append(p.starts, uint32(len(p.ranges)))
	}
	return p
}

// add appends the ranges of a block: it alone, whole, when much of it differs.
func (p *patch) add(block, base []byte) {
	if bytes.Equal(block, base) {
		return
	}
	before := len(p.ranges)
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
		p.addRange(at, block[at:end])
		at = end
	}
	if len(p.ranges)-before > blockBytes/2 {
		p.ranges = p.ranges[:before]
		p.addRange(0, block)
	}
}

func (p *patch) addRange(at int, content []byte) {
	p.ranges = binary.LittleEndian.AppendUint16(p.ranges, uint16(at))
	p.ranges = binary.LittleEndian.AppendUint16(p.ranges, uint16(len(content)))
	p.ranges = append(p.ranges, content...)
}

// size returns how large the image is.
func (p patch) size() int { return max(len(p.starts)-1, 0) * blockBytes }

// bytes returns the image of a patch of nothing.
func (p patch) bytes() []byte {
	memory := make([]byte, p.size())
	p.apply(memory, 0)
	return memory
}

// block returns the ranges of a block.
func (p patch) block(n int) []byte { return p.ranges[p.starts[n]:p.starts[n+1]] }

// apply writes what differs into memory, which holds the base's bytes from a
// block on.
func (p patch) apply(memory []byte, from int) {
	for n := from / blockBytes; len(memory) > 0; n++ {
		applyRanges(memory[:blockBytes], p.block(n))
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

// restore makes memory what the image has at a block, given the base's bytes
// there, and returns how many blocks differ from these.
func (p patch) restore(memory, base []byte, from int) (blocks int) {
	for n := from / blockBytes; len(memory) > 0; n++ {
		ranges := p.block(n)
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

// head returns the patch of the first bytes alone, in memory of its own.
func (p patch) head(size int) patch {
	h := patch{starts: append([]uint32{}, p.starts[:size/blockBytes+1]...)}
	h.ranges = append([]byte{}, p.ranges[:h.starts[size/blockBytes]]...)
	return h
}

// encode returns the patch as bytes for a file.
func (p patch) encode() []byte {
	out := make([]byte, 0, 4+4*len(p.starts)+len(p.ranges))
	out = binary.LittleEndian.AppendUint32(out, uint32(len(p.starts)))
	for _, start := range p.starts {
		out = binary.LittleEndian.AppendUint32(out, start)
	}
	return append(out, p.ranges...)
}

// decodePatch reads what encode wrote, and reports false when it is anything
// else. The patch keeps b.
func decodePatch(b []byte) (p patch, ok bool) {
	if len(b) < 8 {
		return patch{}, false
	}
	starts := int64(binary.LittleEndian.Uint32(b))
	if starts == 0 || int64(len(b)) < 4+4*starts {
		return patch{}, false
	}
	p.starts, p.ranges = make([]uint32, starts), b[4+4*starts:]
	for n := range p.starts {
		p.starts[n] = binary.LittleEndian.Uint32(b[4+4*n:])
	}
	return p, p.sound()
}

// sound reports whether every range lies in its block.
func (p patch) sound() bool {
	if p.starts[0] != 0 || int(p.starts[len(p.starts)-1]) != len(p.ranges) {
		return false
	}
	for n := range len(p.starts) - 1 {
		if p.starts[n] > p.starts[n+1] || int(p.starts[n+1]) > len(p.ranges) {
			return false
		}
		for ranges := p.block(n); len(ranges) > 0; {
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
