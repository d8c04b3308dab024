package snapshot

import (
	"fmt"
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

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

// written returns the categories of pages that were written. Without tracking
// these are the pages that are present, or swapped out, and do not belong to the
// file.
func (v *Mapping) written() scanArguments {
	if v.tracked {
		return scanArguments{mask: pageIsWritten, returned: pageIsWritten}
	}
	return scanArguments{inverted: pageIsFile, mask: pageIsFile, anyOf: pageIsPresent | pageIsSwapped, returned: pageIsPresent}
}

// pageRegions are where the kernel lists pages. They lie on the heap: the kernel
// reads their address from a structure, which is not updated when Go moves a
// goroutine's stack.
var pageRegions = sync.Pool{New: func() any { return new([maxRegions]pageRegion) }}

const maxRegions = 64

// scanPages lists the pages in [start, end) of the categories in args, and
// returns the address up to which it has scanned. The regions must be of pageRegions.
func scanPages(start, end uintptr, args scanArguments, regions []pageRegion) (n int, scanned uintptr, err error) {
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
	empty, err := NewPages(size, func([]byte) {})
	if err != nil {
		return false
	}
	defer func() { _ = empty.Close() }()
	v, err := NewMapping(&Image{size: size, base: empty}, uint64(size))
	if err != nil {
		return false
	}
	defer v.Free()
	memory := v.Reallocate(uint64(size))
	_ = memory[0]                  // a page that is read still belongs to the file
	memory[2*os.Getpagesize()] = 1 // a written one does not
	pages, err := v.copyBack(memory)
	return err == nil && pages == 1 && memory[2*os.Getpagesize()] == 0
})
