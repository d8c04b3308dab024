package sandbox

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"unsafe"

	"github.com/tetratelabs/wazero/experimental"
	"golang.org/x/sys/unix"
)

// sheet is a sealed file in memory: every view maps it copy-on-write. Its pages
// that nothing was written to take no memory.
type sheet struct {
	bytes []byte // the file, read only
	file  *os.File
	held  int64 // bytes of the file that are not holes
}

// newSheet makes a sheet of what fill writes. Its size is a multiple of a page.
func newSheet(size int, fill func(memory []byte)) (*sheet, error) {
	fd, err := unix.MemfdCreate("usher-image", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, fmt.Errorf("make a memory image: %w", err)
	}
	s := &sheet{file: os.NewFile(uintptr(fd), "usher-image")}
	if err := s.fill(size, fill); err != nil {
		return nil, errors.Join(err, s.file.Close())
	}
	return s, nil
}

func (s *sheet) fill(size int, fill func(memory []byte)) error {
	fd := int(s.file.Fd())
	if err := s.file.Truncate(int64(size)); err != nil {
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
	s.held = stat.Blocks * 512
	const seals = unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE | unix.F_SEAL_SEAL
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals); err != nil {
		return fmt.Errorf("seal a memory image: %w", err)
	}
	if s.bytes, err = unix.Mmap(fd, 0, size, unix.PROT_READ, unix.MAP_SHARED); err != nil {
		return fmt.Errorf("map a memory image: %w", err)
	}
	return nil
}

func (s *sheet) close() error { return errors.Join(unix.Munmap(s.bytes), s.file.Close()) }

// image is a memory as it stood when a module had initialised itself: a base
// that it may share with others, what differs from it, and a sheet of its own
// for what lies behind the base.
type image struct {
	size    int
	base    *sheet
	patch   patch  // of what lies over the base
	patched int    // blocks that it changes
	tail    *sheet // nil: nothing lies behind the base
	own     bool   // the base is the image's own
}

// newImage makes an image of a base and what differs from it. The caller must
// close it before the base.
//
// A view has its patched pages for itself. Where the kernel can't tell which
// pages were written since, all of them would be copied back after every run,
// so the image becomes a sheet of its own there.
func newImage(b *sheet, p patch) (*image, error) {
	if len(p.ranges) > 0 && !canTrack() {
		return wholeImage(b, p)
	}
	return patchImage(b, p)
}

func wholeImage(b *sheet, p patch) (*image, error) {
	own, err := newSheet(p.size(), func(memory []byte) {
		for at := 0; at < min(len(memory), len(b.bytes)); at += blockBytes {
			if block := b.bytes[at : at+blockBytes]; string(block) != string(zeroBlock[:]) {
				copy(memory[at:], block)
			}
		}
		p.apply(memory, 0)
	})
	if err != nil {
		return nil, err
	}
	return &image{size: p.size(), base: own, own: true}, nil
}

func patchImage(b *sheet, p patch) (i *image, err error) {
	i = &image{size: p.size(), base: b}
	if len(p.ranges) == 0 && i.size <= len(b.bytes) {
		return i, nil
	}
	within := min(i.size, len(b.bytes))
	i.patch = p.head(within)
	for n := range len(i.patch.starts) - 1 {
		if len(i.patch.block(n)) > 0 {
			i.patched++
		}
	}
	if i.size > within {
		i.tail, err = newSheet(i.size-within, func(memory []byte) { p.apply(memory, within) })
	}
	return i, err
}

// held returns how many bytes the image takes that no other has.
func (i *image) held() int64 {
	held := int64(len(i.patch.ranges) + 4*len(i.patch.starts))
	if i.own {
		held += i.base.held
	}
	if i.tail != nil {
		held += i.tail.held
	}
	return held
}

func (i *image) close() error {
	var err error
	if i.own {
		err = i.base.close()
	}
	if i.tail != nil {
		err = errors.Join(err, i.tail.close())
	}
	return err
}

// restore writes what the image has at an offset into memory, and returns how
// many of its blocks are patched ones.
func (i *image) restore(memory []byte, at int) (patched int) {
	within := min(max(len(i.base.bytes)-at, 0), len(memory))
	switch {
	case within == 0:
	case i.patched == 0:
		copy(memory[:within], i.base.bytes[at:])
	default:
		patched = i.patch.restore(memory[:within], i.base.bytes[at:], at)
	}
	if len(memory) > within {
		copy(memory[within:], i.tail.bytes[at+within-len(i.base.bytes):])
	}
	return patched
}

// bytes returns the image itself, in memory of its own.
func (i *image) bytes() []byte {
	memory := make([]byte, i.size)
	i.restore(memory, 0)
	return memory
}

// view is one instance's copy-on-write view of an image, with room to grow to
// its limit. It implements experimental.LinearMemory.
type view struct {
	image    *image
	reserved []byte
	size     uint64
	limit    uint64
	denied   uint64   // the largest size that was refused
	account  *account // of the run; nil: none counts
	tracked  bool
	private  int // blocks that are its own, as far as is known
}

// newView maps the image; growing beyond limit fails.
func newView(i *image, limit uint64) (*view, error) {
	if i == nil { // the module has no memory
		return &view{image: &image{}}, nil
	}
	limit = max(limit, uint64(i.size))
	reserved, err := unix.Mmap(-1, 0, int(limit), unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil {
		return nil, fmt.Errorf("reserve %d bytes of address space: %w", limit, err)
	}
	v := &view{image: i, reserved: reserved, limit: limit}
	if err := v.mapImage(); err != nil {
		return nil, errors.Join(fmt.Errorf("map the memory image: %w", err), unix.Munmap(reserved))
	}
	return v, nil
}

// mapImage maps the sheets of the image, and patches what is different.
func (v *view) mapImage() error {
	within := min(v.image.size, len(v.image.base.bytes))
	if err := mapOver(v.reserved[:within], v.image.base); err != nil {
		return err
	}
	if v.image.tail != nil {
		if err := mapOver(v.reserved[within:v.image.size], v.image.tail); err != nil {
			return err
		}
	}
	if v.image.patched > 0 {
		v.image.patch.apply(v.reserved[:within], 0)
		v.private = v.image.patched
	}
	return nil
}

func mapOver(memory []byte, s *sheet) error {
	_, err := unix.MmapPtr(int(s.file.Fd()), 0, unsafe.Pointer(&memory[0]), uintptr(len(memory)),
		unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_FIXED)
	return err
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
	if base := uint64(v.image.size); size > base {
		if err := unix.Mprotect(v.reserved[base:size], unix.PROT_READ|unix.PROT_WRITE); err != nil {
			v.denied = max(v.denied, size)
			return nil
		}
	}
	v.size = max(v.size, size)
	return v.reserved[:size:size]
}

// Free implements experimental.LinearMemory.
func (v *view) Free() {
	if v.reserved != nil {
		_ = unix.Munmap(v.reserved)
		v.reserved = nil
	}
}

// bytes returns about how much memory is the view's own.
func (v *view) bytes() int64 { return int64(max(v.private, 1) * blockBytes) }

// allow sets how large the memory may grow from now on, and reports false when
// less than that is reserved.
func (v *view) allow(limit uint64) bool {
	if v.image.size == 0 { // the module has no memory
		return true
	}
	v.limit, v.denied = max(limit, uint64(v.image.size)), 0
	return v.limit <= uint64(len(v.reserved))
}

// grew reports whether the guest made its memory larger than the image.
func (v *view) grew() bool { return v.size > uint64(v.image.size) }

// reset makes the view what the image is, byte for byte, and returns how many
// pages the guest had written. A view that grew can't be reset.
//
// Expect is what it returned last, or -1. Where nothing was written, giving the
// pages back to the kernel is cheapest; otherwise the guest's next faults on
// them would cost more than finding and copying them.
func (v *view) reset(expect int) (pages int, err error) {
	memory := v.reserved[:v.image.size]
	if len(memory) == 0 {
		return 0, nil
	}
	if v.image.patched == 0 && (expect == 0 && !v.tracked || !canScan()) {
		return expect, unix.Madvise(memory, unix.MADV_DONTNEED)
	}
	return v.copyBack(memory)
}

// copyBack finds the pages that are the view's own, and not the file's, and
// copies the image over them.
func (v *view) copyBack(memory []byte) (pages int, err error) {
	regions := pageRegions.Get().(*[maxRegions]pageRegion)
	defer pageRegions.Put(regions)
	v.private = v.image.patched
	start := uintptr(unsafe.Pointer(&memory[0]))
	from, end := start, start+uintptr(len(memory))
	for from < end {
		n, walked, err := scanPages(from, end, v.written(), regions[:])
		if err != nil {
			return pages, err
		}
		for _, r := range regions[:n] {
			at, to := r.start-start, r.end-start
			v.private += int(to-at)/blockBytes - v.image.restore(memory[at:to], int(at))
			pages += int(to-at) / os.Getpagesize()
		}
		if walked <= from {
			return pages, errors.New("scan pages: the kernel made no progress")
		}
		from = walked
	}
	return pages, nil
}

// pageRegion and scanArguments are struct page_region and struct pm_scan_arg
// of Linux's fs.h, for ioctl(PAGEMAP_SCAN).
type pageRegion struct {
	start, end uintptr
	categories uint64
}

type scanArguments struct {
	size, flags          uint64
	start, end, walkEnd  uint64
	regions, regionCount uint64
	maxPages             uint64
	inverted, mask       uint64
	anyOf, returned      uint64
}

const (
	pagemapScan   = 0xc0606610 // _IOWR('f', 16, struct pm_scan_arg)
	pageIsWritten = 1 << 1
	pageIsFile    = 1 << 2
	pageIsPresent = 1 << 3
	pageIsSwapped = 1 << 4
)

var pagemap = sync.OnceValue(func() int {
	fd, err := unix.Open("/proc/self/pagemap", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1
	}
	return fd
})

// written are the categories of pages that are the view's own: without
// tracking those that are present or swapped out and do not belong to the file.
func (v *view) written() scanArguments {
	if v.tracked {
		return scanArguments{mask: pageIsWritten, returned: pageIsWritten}
	}
	return scanArguments{inverted: pageIsFile, mask: pageIsFile, anyOf: pageIsPresent | pageIsSwapped, returned: pageIsPresent}
}

// pageRegions are where the kernel lists pages. They lie on the heap: it gets
// their address within a structure, which does not follow when a stack moves.
var pageRegions = sync.Pool{New: func() any { return new([maxRegions]pageRegion) }}

const maxRegions = 64

// scanPages lists the pages in [start, end) of the categories in args, and
// returns how far it looked. The regions must be of pageRegions.
func scanPages(start, end uintptr, args scanArguments, regions []pageRegion) (n int, walked uintptr, err error) {
	args.size = uint64(unsafe.Sizeof(args))
	args.start, args.end = uint64(start), uint64(end)
	args.regions, args.regionCount = uint64(uintptr(unsafe.Pointer(&regions[0]))), uint64(len(regions))
	count, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(pagemap()), pagemapScan, uintptr(unsafe.Pointer(&args)))
	if errno != 0 {
		return 0, 0, fmt.Errorf("scan pages: %w", errno)
	}
	return int(count), uintptr(args.walkEnd), nil
}

// canScan reports, by trying once, whether the kernel finds the private pages
// of a mapping: Linux 6.7 and later, unless a container forbids it.
var canScan = sync.OnceValue(func() bool {
	if pagemap() < 0 {
		return false
	}
	size := 4 * os.Getpagesize()
	empty, err := newSheet(size, func([]byte) {})
	if err != nil {
		return false
	}
	defer func() { _ = empty.close() }()
	v, err := newView(&image{size: size, base: empty}, uint64(size))
	if err != nil {
		return false
	}
	defer v.Free()
	memory := v.Reallocate(uint64(size))
	_ = memory[0]                  // a page that is read stays the file's
	memory[2*os.Getpagesize()] = 1 // one that is written does not
	pages, err := v.copyBack(memory)
	return err == nil && pages == 1 && memory[2*os.Getpagesize()] == 0
})
