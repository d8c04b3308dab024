//go:build !linux

package sandbox

import "github.com/tetratelabs/wazero/experimental"

// sheet is memory that images have in common.
type sheet struct {
	bytes []byte
	held  int64
}

// newSheet makes a sheet of what fill writes.
func newSheet(size int, fill func(memory []byte)) (*sheet, error) {
	s := &sheet{bytes: make([]byte, size), held: int64(size)}
	fill(s.bytes)
	return s, nil
}

func (s *sheet) close() error { return nil }

// image is a memory as it stood when a module had initialised itself.
type image struct {
	size   int
	memory []byte
	own    bool // no base has it
}

// newImage makes an image of a base and what differs from it.
func newImage(b *sheet, p patch) (*image, error) {
	if len(p.ranges) == 0 && p.size() <= len(b.bytes) {
		return &image{size: p.size(), memory: b.bytes[:p.size()]}, nil
	}
	i := &image{size: p.size(), memory: make([]byte, p.size()), own: true}
	copy(i.memory, b.bytes)
	p.apply(i.memory, 0)
	return i, nil
}

// held returns how many bytes the image takes that no other has.
func (i *image) held() int64 {
	if i.own {
		return int64(i.size)
	}
	return 0
}

// bytes returns the image itself. It must not be changed.
func (i *image) bytes() []byte { return i.memory }

func (i *image) close() error { return nil }

// view is one instance's copy of an image. It implements
// experimental.LinearMemory.
type view struct {
	image   *image
	memory  []byte
	size    uint64
	limit   uint64
	denied  uint64   // the largest size that was refused
	account *account // of the run; nil: none counts
}

// newView copies the image; growing beyond limit fails.
func newView(i *image, limit uint64) (*view, error) {
	if i == nil { // the module has no memory
		i = &image{}
	}
	return &view{image: i, memory: append([]byte{}, i.memory...), limit: max(limit, uint64(i.size))}, nil
}

// Allocate implements experimental.MemoryAllocator.
func (v *view) Allocate(_, _ uint64) experimental.LinearMemory { return v }

// Reallocate implements experimental.LinearMemory.
func (v *view) Reallocate(size uint64) []byte {
	if size > v.limit {
		v.denied = max(v.denied, size)
		return nil
	}
	if !v.account.grow(v.size, size) {
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

// bytes returns about how much memory is the view's own.
func (v *view) bytes() int64 { return int64(len(v.memory)) }

// track does nothing: the whole image is copied back.
func (v *view) track() {}

// allow sets how large the memory may grow from now on.
func (v *view) allow(limit uint64) bool {
	v.limit, v.denied = max(limit, uint64(v.image.size)), 0
	return true
}

// grew reports whether the guest made its memory larger than the image.
func (v *view) grew() bool { return v.size > uint64(v.image.size) }

// reset copies the whole image back.
func (v *view) reset(int) (pages int, err error) {
	copy(v.memory, v.image.memory)
	return 0, nil
}
