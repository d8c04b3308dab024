//go:build !linux

package snapshot

import "github.com/tetratelabs/wazero/experimental"

// Pages are memory that images share.
type Pages struct {
	bytes []byte
	held  int64
}

// NewPages makes pages of size bytes, which fill writes.
func NewPages(size int, fill func(memory []byte)) (*Pages, error) {
	p := &Pages{bytes: make([]byte, size), held: int64(size)}
	fill(p.bytes)
	return p, nil
}

// HeldBytes returns how much memory the pages take.
func (p *Pages) HeldBytes() int64 { return p.held }

// Close does nothing.
func (p *Pages) Close() error { return nil }

// Image is the memory of a module after its initialisation.
type Image struct {
	size   int
	memory []byte
	own    bool // it does not lie in a base
}

// NewImage makes the image that differs from a base by a delta.
func NewImage(base *Pages, d Delta) (*Image, error) {
	if len(d.ranges) == 0 && d.Size() <= len(base.bytes) {
		return &Image{size: d.Size(), memory: base.bytes[:d.Size()]}, nil
	}
	i := &Image{size: d.Size(), memory: make([]byte, d.Size()), own: true}
	copy(i.memory, base.bytes)
	d.Apply(i.memory, 0)
	return i, nil
}

// HeldBytes returns how much memory the image takes besides a base that it
// shares.
func (i *Image) HeldBytes() int64 {
	if i.own {
		return int64(i.size)
	}
	return 0
}

// Size returns how large the image is.
func (i *Image) Size() int { return i.size }

// Bytes returns the image, which must not be changed.
func (i *Image) Bytes() []byte { return i.memory }

// Close does nothing.
func (i *Image) Close() error { return nil }

// Mapping is the memory of one instance that begins as an image: a copy of it. It
// implements [experimental.LinearMemory].
type Mapping struct {
	Growth

	image  *Image
	memory []byte
}

// NewMapping copies an image, nil for a module without memory. Growing beyond
// limit fails.
func NewMapping(i *Image, limit uint64) (*Mapping, error) {
	if i == nil {
		i = &Image{}
	}
	return &Mapping{image: i, memory: append([]byte{}, i.memory...), Growth: Growth{Limit: max(limit, uint64(i.size))}}, nil
}

// Allocate implements experimental.MemoryAllocator.
func (v *Mapping) Allocate(_, _ uint64) experimental.LinearMemory { return v }

// Reallocate implements experimental.LinearMemory.
func (v *Mapping) Reallocate(size uint64) []byte {
	if !v.allows(size) {
		return nil
	}
	if size > uint64(cap(v.memory)) {
		v.memory = append(make([]byte, 0, min(v.Limit, max(size, 2*uint64(cap(v.memory))))), v.memory...)
	}
	v.memory, v.size = v.memory[:max(size, uint64(len(v.memory)))], max(v.size, size)
	return v.memory[:size]
}

// Free implements experimental.LinearMemory.
func (v *Mapping) Free() { v.memory = nil }

// ImageSize returns how large the image is that the memory begins as.
func (v *Mapping) ImageSize() int { return v.image.size }

// OwnBytes returns how much memory the mapping takes.
func (v *Mapping) OwnBytes() int64 { return int64(len(v.memory)) }

// Track does nothing: the whole image is copied back.
func (v *Mapping) Track() {}

// SetLimit sets how large the memory may grow from now on.
func (v *Mapping) SetLimit(limit uint64) bool {
	v.Limit, v.denied = max(limit, uint64(v.image.size)), 0
	return true
}

// Grew reports whether the guest made its memory larger than the image.
func (v *Mapping) Grew() bool { return v.size > uint64(v.image.size) }

// Restore copies the whole image back.
func (v *Mapping) Restore(int) (pages int, err error) {
	copy(v.memory, v.image.memory)
	return 0, nil
}
