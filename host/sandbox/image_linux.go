package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"sync"
	"unsafe"

	"github.com/tetratelabs/wazero/experimental"
	"golang.org/x/sys/unix"
)

// image is a memory as it stood when a module had initialised itself: a sealed
// file in memory, of which every instance maps its own copy-on-write view.
type image struct {
	bytes []byte // the file, read only
	file  *os.File
	held  int64 // bytes of the file that are not holes
}

// newImage makes an image of data, whose size is a multiple of a page.
func newImage(data []byte) (*image, error) {
	fd, err := unix.MemfdCreate("usher-image", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, fmt.Errorf("make a memory image: %w", err)
	}
	file := os.NewFile(uintptr(fd), "usher-image")
	held, err := writeSparse(file, data)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("write a memory image: %w", err), file.Close())
	}
	const seals = unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE | unix.F_SEAL_SEAL
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals); err != nil {
		return nil, errors.Join(fmt.Errorf("seal a memory image: %w", err), file.Close())
	}
	mapped, err := unix.Mmap(fd, 0, len(data), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("map a memory image: %w", err), file.Close())
	}
	return &image{bytes: mapped, file: file, held: held}, nil
}

// writeSparse writes data with holes for its pages of zeros, which take no
// memory, and returns how many bytes are none.
func writeSparse(file *os.File, data []byte) (held int64, err error) {
	if err := file.Truncate(int64(len(data))); err != nil {
		return 0, err
	}
	page, zero := os.Getpagesize(), make([]byte, os.Getpagesize())
	isHole := func(at int) bool {
		return bytes.Equal(data[at:min(at+page, len(data))], zero[:min(page, len(data)-at)])
	}
	for at := 0; at < len(data); {
		end := at
		for end < len(data) && !isHole(end) {
			end = min(end+page, len(data))
		}
		if end > at {
			if _, err := file.WriteAt(data[at:end], int64(at)); err != nil {
				return 0, err
			}
			held += int64(end - at)
		}
		at = end + page
	}
	return held, nil
}

func (i *image) close() error {
	return errors.Join(unix.Munmap(i.bytes), i.file.Close())
}

// view is one instance's copy-on-write view of an image, with room to grow to
// its limit. It implements experimental.LinearMemory.
type view struct {
	image    *image
	reserved []byte
	size     uint64
	limit    uint64
	denied   uint64 // the largest size that was refused
	tracked  bool
}

// newView maps the image; growing beyond limit fails.
func newView(i *image, limit uint64) (*view, error) {
	if i == nil { // the module has no memory
		return &view{image: &image{}}, nil
	}
	limit = max(limit, uint64(len(i.bytes)))
	reserved, err := unix.Mmap(-1, 0, int(limit), unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil {
		return nil, fmt.Errorf("reserve %d bytes of address space: %w", limit, err)
	}
	v := &view{image: i, reserved: reserved, limit: limit}
	if _, err := unix.MmapPtr(int(i.file.Fd()), 0, unsafe.Pointer(&reserved[0]), uintptr(len(i.bytes)),
		unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_FIXED); err != nil {
		return nil, errors.Join(fmt.Errorf("map the memory image: %w", err), unix.Munmap(reserved))
	}
	return v, nil
}

// Allocate implements experimental.MemoryAllocator.
func (v *view) Allocate(_, _ uint64) experimental.LinearMemory { return v }

// Reallocate implements experimental.LinearMemory.
func (v *view) Reallocate(size uint64) []byte {
	if size > v.limit {
		v.denied = max(v.denied, size)
		return nil
	}
	if base := uint64(len(v.image.bytes)); size > base {
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

// allow sets how large the memory may grow from now on, and reports false when
// less than that is reserved.
func (v *view) allow(limit uint64) bool {
	if len(v.image.bytes) == 0 { // the module has no memory
		return true
	}
	v.limit, v.denied = max(limit, uint64(len(v.image.bytes))), 0
	return v.limit <= uint64(len(v.reserved))
}

// grew reports whether the guest made its memory larger than the image.
func (v *view) grew() bool { return v.size > uint64(len(v.image.bytes)) }

// reset makes the view what the image is, byte for byte, and returns how many
// pages the guest had written. A view that grew can't be reset.
//
// Expect is what it returned last, or -1. Where nothing was written, giving the
// pages back to the kernel is cheapest; otherwise the guest's next faults on
// them would cost more than finding and copying them.
func (v *view) reset(expect int) (pages int, err error) {
	memory := v.reserved[:len(v.image.bytes)]
	if len(memory) == 0 {
		return 0, nil
	}
	if expect == 0 && !v.tracked || !canScan() {
		return expect, unix.Madvise(memory, unix.MADV_DONTNEED)
	}
	return v.copyBack(memory)
}

// copyBack finds the pages that are the view's own, and not the file's, and
// copies the image over them.
func (v *view) copyBack(memory []byte) (pages int, err error) {
	regions := pageRegions.Get().(*[maxRegions]pageRegion)
	defer pageRegions.Put(regions)
	start := uintptr(unsafe.Pointer(&memory[0]))
	from, end := start, start+uintptr(len(memory))
	for from < end {
		n, walked, err := scanPages(from, end, v.written(), regions[:])
		if err != nil {
			return pages, err
		}
		for _, r := range regions[:n] {
			at, to := r.start-start, r.end-start
			copy(memory[at:to], v.image.bytes[at:to])
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
	i, err := newImage(make([]byte, size))
	if err != nil {
		return false
	}
	defer func() { _ = i.close() }()
	v, err := newView(i, uint64(size))
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
