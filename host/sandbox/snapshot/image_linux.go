package snapshot

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Pages are a sealed file in memory (a memfd), which instances map copy-on-write.
// Those of its pages that were never written take no memory.
type Pages struct {
	bytes []byte // the file, read only
	file  *os.File
	held  int64 // bytes of the file that are not holes
}

// NewPages makes a file of size bytes, a multiple of a page, which fill writes.
// The caller must close it.
func NewPages(size int, fill func(memory []byte)) (*Pages, error) {
	fd, err := unix.MemfdCreate("usher-image", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, fmt.Errorf("make a memory image: %w", err)
	}
	p := &Pages{file: os.NewFile(uintptr(fd), "usher-image")}
	if err := p.fill(size, fill); err != nil {
		return nil, errors.Join(err, p.file.Close())
	}
	return p, nil
}

func (p *Pages) fill(size int, fill func(memory []byte)) error {
	fd := int(p.file.Fd())
	if err := p.file.Truncate(int64(size)); err != nil {
		return fmt.Errorf("write a memory image: %w", err)
	}
	memory, err := unix.Mmap(fd, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("write a memory image: %w", err)
	}
	fill(memory)
	var stat unix.Stat_t
	if err := errors.Join(unix.Munmap(memory), unix.Fstat(fd, &stat)); err != nil {
		return fmt.Errorf("write a memory image: %w", err)
	}
	p.held = stat.Blocks * 512
	const seals = unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE | unix.F_SEAL_SEAL
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals); err != nil {
		return fmt.Errorf("seal a memory image: %w", err)
	}
	if p.bytes, err = unix.Mmap(fd, 0, size, unix.PROT_READ, unix.MAP_SHARED); err != nil {
		return fmt.Errorf("map a memory image: %w", err)
	}
	return nil
}

// HeldBytes returns how much memory the pages take.
func (p *Pages) HeldBytes() int64 { return p.held }

// Close frees the memory. No image may use it any more.
func (p *Pages) Close() error { return errors.Join(unix.Munmap(p.bytes), p.file.Close()) }

// Image is the memory of a module after its initialisation: a base image, which
// several images may share, the delta from it, and pages of its own behind the
// end of the base.
type Image struct {
	size    int
	base    *Pages
	delta   Delta  // from the base, as far as that reaches
	changed int    // blocks in which it differs
	tail    *Pages // behind the end of the base; nil: the image ends before that
	own     bool   // no other image has the base
}

// NewImage makes the image that differs from a base by a delta. The caller must
// close the image before the base.
//
// Each mapping of the image has the blocks that differ in memory of its own.
// Where the kernel can't report which pages were written since, all of these
// would be copied back after every run: there the image becomes a whole base of
// its own.
func NewImage(base *Pages, d Delta) (*Image, error) {
	if len(d.ranges) > 0 && !canTrack() {
		return wholeImage(base, d)
	}
	return deltaImage(base, d)
}

func wholeImage(base *Pages, d Delta) (*Image, error) {
	own, err := NewPages(d.Size(), func(memory []byte) {
		for at := 0; at < min(len(memory), len(base.bytes)); at += blockBytes {
			if block := base.bytes[at : at+blockBytes]; string(block) != string(zeroBlock[:]) {
				copy(memory[at:], block)
			}
		}
		d.Apply(memory, 0)
	})
	if err != nil {
		return nil, err
	}
	return &Image{size: d.Size(), base: own, own: true}, nil
}

func deltaImage(base *Pages, d Delta) (i *Image, err error) {
	i = &Image{size: d.Size(), base: base}
	if len(d.ranges) == 0 && i.size <= len(base.bytes) {
		return i, nil
	}
	within := min(i.size, len(base.bytes))
	i.delta = d.head(within)
	for n := range len(i.delta.starts) - 1 {
		if len(i.delta.block(n)) > 0 {
			i.changed++
		}
	}
	if i.size > within {
		i.tail, err = NewPages(i.size-within, func(memory []byte) { d.Apply(memory, within) })
	}
	return i, err
}

// HeldBytes returns how much memory the image takes besides a base that it
// shares.
func (i *Image) HeldBytes() int64 {
	held := int64(len(i.delta.ranges) + 4*len(i.delta.starts))
	if i.own {
		held += i.base.held
	}
	if i.tail != nil {
		held += i.tail.held
	}
	return held
}

// Close frees the memory. No instance may use the image any more.
func (i *Image) Close() error {
	var err error
	if i.own {
		err = i.base.Close()
	}
	if i.tail != nil {
		err = errors.Join(err, i.tail.Close())
	}
	return err
}

// copyTo writes the image's bytes from offset at on into memory, and returns in
// how many blocks these differ from the base.
func (i *Image) copyTo(memory []byte, at int) (changed int) {
	within := min(max(len(i.base.bytes)-at, 0), len(memory))
	switch {
	case within == 0:
	case i.changed == 0:
		copy(memory[:within], i.base.bytes[at:])
	default:
		changed = i.delta.restore(memory[:within], i.base.bytes[at:], at)
	}
	if len(memory) > within {
		copy(memory[within:], i.tail.bytes[at+within-len(i.base.bytes):])
	}
	return changed
}

// Size returns how large the image is.
func (i *Image) Size() int { return i.size }

// Bytes returns a copy of the image.
func (i *Image) Bytes() []byte {
	memory := make([]byte, i.size)
	i.copyTo(memory, 0)
	return memory
}
