//go:build !linux

package sandbox

import "github.com/tetratelabs/wazero/experimental"

// image is a memory as it stood when a module had initialised itself.
type image struct {
	bytes []byte
	held  int64
}

func newImage(data []byte) (*image, error) { return &image{bytes: data, held: int64(len(data))}, nil }

func (i *image) close() error { return nil }

// view is one instance's copy of an image. It implements
// experimental.LinearMemory.
type view struct {
	image  *image
	memory []byte
	size   uint64
	limit  uint64
	denied uint64 // the largest size that was refused
}

// newView copies the image; growing beyond limit fails.
func newView(i *image, limit uint64) (*view, error) {
	if i == nil { // the module has no memory
		i = &image{}
	}
	return &view{image: i, memory: append([]byte{}, i.bytes...), limit: max(limit, uint64(len(i.bytes)))}, nil
}

// Allocate implements experimental.MemoryAllocator.
func (v *view) Allocate(_, _ uint64) experimental.LinearMemory { return v }

// Reallocate implements experimental.LinearMemory.
func (v *view) Reallocate(size uint64) []byte {
	if size > v.limit {
		v.denied = max(v.denied, size)
		return nil
	}
	if size > uint64(cap(v.memory)) {
		v.memory = append(make([]byte, 0, min(v.limit, max(size, 2*uint64(cap(v.memory))))), v.memory...)
	}
	v.memory, v.size = v.memory[:max(size, uint64(len(v.memory)))], max(v.size, size)
	return v.memory[:size]
}

// Free implements experimental.LinearMemory.
func (v *view) Free() { v.memory = nil }

// track does nothing: the whole image is copied back.
func (v *view) track() {}

// allow sets how large the memory may grow from now on.
func (v *view) allow(limit uint64) bool {
	v.limit, v.denied = max(limit, uint64(len(v.image.bytes))), 0
	return true
}

// grew reports whether the guest made its memory larger than the image.
func (v *view) grew() bool { return v.size > uint64(len(v.image.bytes)) }

// reset copies the whole image back.
func (v *view) reset(int) (pages int, err error) {
	copy(v.memory, v.image.bytes)
	return 0, nil
}
