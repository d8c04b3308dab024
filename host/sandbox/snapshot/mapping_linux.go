package snapshot

// How instances begin with a snapshot and are restored to it
//
// A module initialises itself once, when it is admitted. The memory that this
// leaves is its image. Instances do not initialise themselves: they map the image
// and are given the values of its mutable globals.
//
// Storing. Images of the same code differ in little: actions in JavaScript have
// the same engine in them. So the first image of a code becomes a base image,
// and the others are stored as a [Delta] from the nearest base, block by block,
// on disk and in memory. The base lies in [Pages], a sealed memfd. What an image
// has behind the end of its base lies in Pages of its own.
//
// Beginning. [NewMapping] reserves address space for the memory's limit and maps
// the base copy-on-write at its start. Then it applies the delta, which gives the
// mapping its own copy of those blocks. Pages that the guest only reads stay
// shared by all instances.
//
// Restoring. After a run [Mapping.Restore] must make the memory equal to the
// image, at a cost that depends on what the run wrote and not on the size:
//
//  1. A tracked mapping (see track_linux.go) is protected against writing by
//     userfaultfd, in the mode in which the kernel itself lifts the protection of
//     a page at the first write. PAGEMAP_SCAN lists the pages without protection:
//     these were written. The image is copied over them. They stay unprotected, so
//     that they are copied after each later run too, and never fault again.
//  2. An untracked mapping is scanned for pages that are in memory and do not
//     belong to the file: these were written, or hold the delta.
//  3. Where the kernel can't scan (before Linux 6.7, or in some containers), all
//     pages are given back to the kernel, which is exact and slow. Images have no
//     delta there: see [NewImage].
//
// Which of these work is tested once, when a mapping first needs it, by writing
// to a small one and looking at the result: [canScan], [canTrack].
//
// A memory that has grown is not restored: its instance is closed. On other
// systems than Linux the whole image is copied (image_other.go).

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"github.com/tetratelabs/wazero/experimental"
	"golang.org/x/sys/unix"
)

// Mapping is the memory of one instance that begins as an image: a copy-on-write
// mapping, with address space reserved for growing to its limit. It implements
// [experimental.LinearMemory]. It is for one goroutine at a time.
type Mapping struct {
	Growth

	image    *Image
	reserved []byte
	tracked  bool
	private  int // blocks that only this mapping has, as far as is known
}

// NewMapping maps an image, nil for a module without memory. Growing beyond
// limit fails. The caller must free it.
func NewMapping(i *Image, limit uint64) (*Mapping, error) {
	if i == nil {
		return &Mapping{image: &Image{}}, nil
	}
	limit = max(limit, uint64(i.size))
	reserved, err := unix.Mmap(-1, 0, int(limit), unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil {
		return nil, fmt.Errorf("reserve %d bytes of address space: %w", limit, err)
	}
	v := &Mapping{image: i, reserved: reserved, Growth: Growth{Limit: limit}}
	if err := v.mapImage(); err != nil {
		return nil, errors.Join(fmt.Errorf("map the memory image: %w", err), unix.Munmap(reserved))
	}
	return v, nil
}

// mapImage maps the pages of the image, and applies its delta.
func (v *Mapping) mapImage() error {
	within := min(v.image.size, len(v.image.base.bytes))
	if err := mapOver(v.reserved[:within], v.image.base); err != nil {
		return err
	}
	if v.image.tail != nil {
		if err := mapOver(v.reserved[within:v.image.size], v.image.tail); err != nil {
			return err
		}
	}
	if v.image.changed > 0 {
		v.image.delta.Apply(v.reserved[:within], 0)
		v.private = v.image.changed
	}
	return nil
}

func mapOver(memory []byte, p *Pages) error {
	_, err := unix.MmapPtr(int(p.file.Fd()), 0, unsafe.Pointer(&memory[0]), uintptr(len(memory)),
		unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_FIXED)
	return err
}

// Allocate implements experimental.MemoryAllocator.
func (v *Mapping) Allocate(_, _ uint64) experimental.LinearMemory { return v }

// Reallocate implements experimental.LinearMemory.
func (v *Mapping) Reallocate(size uint64) []byte {
	if !v.allows(size) {
		return nil
	}
	if image := uint64(v.image.size); size > image {
		if err := unix.Mprotect(v.reserved[image:size], unix.PROT_READ|unix.PROT_WRITE); err != nil {
			v.deny(size)
			return nil
		}
	}
	v.size = max(v.size, size)
	return v.reserved[:size:size]
}

// Free implements experimental.LinearMemory.
func (v *Mapping) Free() {
	if v.reserved != nil {
		_ = unix.Munmap(v.reserved)
		v.reserved = nil
	}
}

// ImageSize returns how large the image is that the memory begins as.
func (v *Mapping) ImageSize() int { return v.image.size }

// OwnBytes returns about how much memory only this mapping has.
func (v *Mapping) OwnBytes() int64 { return int64(max(v.private, 1) * blockBytes) }

// SetLimit sets how large the memory may grow from now on, and reports false when
// less address space is reserved.
func (v *Mapping) SetLimit(limit uint64) bool {
	if v.image.size == 0 { // the module has no memory
		return true
	}
	v.Limit, v.denied = max(limit, uint64(v.image.size)), 0
	return v.Limit <= uint64(len(v.reserved))
}

// Grew reports whether the guest made its memory larger than the image.
func (v *Mapping) Grew() bool { return v.size > uint64(v.image.size) }

// Restore makes the memory equal to the image again, byte for byte, and returns
// how many pages the guest had written. A memory that grew can't be restored.
//
// Expect is what the last Restore returned, or -1. Where it is 0, giving all pages
// back to the kernel is cheapest; otherwise the guest's next faults on them would
// cost more than finding and copying the written ones.
func (v *Mapping) Restore(expect int) (pages int, err error) {
	memory := v.reserved[:v.image.size]
	if len(memory) == 0 {
		return 0, nil
	}
	if v.image.changed == 0 && (expect == 0 && !v.tracked || !canScan()) {
		return expect, unix.Madvise(memory, unix.MADV_DONTNEED)
	}
	return v.copyBack(memory)
}

// copyBack finds the pages that the guest has written and copies the image over
// them.
func (v *Mapping) copyBack(memory []byte) (pages int, err error) {
	regions := pageRegions.Get().(*[maxRegions]pageRegion)
	defer pageRegions.Put(regions)
	v.private = v.image.changed
	start := uintptr(unsafe.Pointer(&memory[0]))
	from, end := start, start+uintptr(len(memory))
	for from < end {
		n, scanned, err := scanPages(from, end, v.written(), regions[:])
		if err != nil {
			return pages, err
		}
		for _, r := range regions[:n] {
			at, to := r.start-start, r.end-start
			v.private += int(to-at)/blockBytes - v.image.copyTo(memory[at:to], int(at))
			pages += int(to-at) / os.Getpagesize()
		}
		if scanned <= from {
			return pages, errors.New("scan pages: the kernel made no progress")
		}
		from = scanned
	}
	return pages, nil
}
