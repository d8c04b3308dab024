package snapshot

import (
	"bytes"
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Tracking. All pages of a mapping are protected against writing by userfaultfd,
// in the mode in which the kernel itself lifts the protection of a page when it
// is written. Which pages were written is then a bit in the page table. Without
// tracking the kernel must look up the file behind each page that the guest has
// read, and around it: 22 ns a page.

// userfaultAPI, userfaultRange and userfaultProtect are struct uffdio_api,
// uffdio_register and uffdio_writeprotect of Linux's userfaultfd.h.
type (
	userfaultAPI     struct{ api, features, ioctls uint64 }
	userfaultRange   struct{ start, length, mode, ioctls uint64 }
	userfaultProtect struct{ start, length, mode uint64 }
)

const (
	userfaultUserOnly = 1 // needs no privilege
	userfaultVersion  = 0xaa
	userfaultWPAsync  = 1 << 15
	userfaultModeWP   = 1 << 1 // of a range
	userfaultSetWP    = 1 << 0 // of a protection

	ioctlUserfaultAPI      = 0xc018aa3f // _IOWR(0xaa, 0x3f, struct uffdio_api)
	ioctlUserfaultRegister = 0xc020aa00 // _IOWR(0xaa, 0x00, struct uffdio_register)
	ioctlUserfaultProtect  = 0xc018aa06 // _IOWR(0xaa, 0x06, struct uffdio_writeprotect)
)

// userfault is the process's descriptor, -1 where tracking is not possible: before
// Linux 6.7, and where a container forbids it.
var userfault = sync.OnceValue(func() int {
	fd, _, errno := unix.Syscall(unix.SYS_USERFAULTFD, unix.O_CLOEXEC|unix.O_NONBLOCK|userfaultUserOnly, 0, 0)
	if errno != 0 {
		return -1
	}
	args := userfaultAPI{api: userfaultVersion, features: userfaultWPAsync}
	if ioctl(int(fd), ioctlUserfaultAPI, unsafe.Pointer(&args)) != nil {
		_ = unix.Close(int(fd))
		return -1
	}
	return int(fd)
})

func ioctl(fd int, request uintptr, args unsafe.Pointer) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(args)); errno != 0 {
		return errno
	}
	return nil
}

// Track begins to track which pages are written. It is called before the guest
// runs. Where tracking is not possible it does nothing, and [Mapping.Restore]
// finds the pages in a slower way.
func (v *Mapping) Track() {
	if canTrack() {
		v.tracked = v.protect()
	}
}

func (v *Mapping) protect() bool {
	size := uint64(v.image.size)
	if size == 0 || userfault() < 0 {
		return false
	}
	start := uint64(uintptr(unsafe.Pointer(&v.reserved[0])))
	pages := userfaultRange{start: start, length: size, mode: userfaultModeWP}
	if ioctl(userfault(), ioctlUserfaultRegister, unsafe.Pointer(&pages)) != nil {
		return false
	}
	protect := userfaultProtect{start: start, length: size, mode: userfaultSetWP}
	return ioctl(userfault(), ioctlUserfaultProtect, unsafe.Pointer(&protect)) == nil
}

// canTrack reports, by trying once, whether Restore finds exactly the written
// pages of a tracked mapping, run after run.
var canTrack = sync.OnceValue(func() bool {
	if !canScan() {
		return false
	}
	page := os.Getpagesize()
	ones, err := NewPages(4*page, func(memory []byte) {
		for i := range memory {
			memory[i] = 1
		}
	})
	if err != nil {
		return false
	}
	defer func() { _ = ones.Close() }()
	want := bytes.Clone(ones.bytes)
	want[3*page] = 3 // in which the image differs
	i, err := deltaImage(ones, Diff(want, ones.bytes))
	if err != nil {
		return false
	}
	v, err := NewMapping(i, uint64(len(want)))
	if err != nil {
		return false
	}
	defer v.Free()
	if v.tracked = v.protect(); !v.tracked {
		return false
	}
	memory := v.Reallocate(uint64(len(want)))
	for n, write := range []int{2, 2, 1, 3} { // 0 is read only
		if memory[0] != 1 || memory[3*page] != 3 {
			return false
		}
		memory[write*page] = 2
		if pages, err := v.copyBack(memory); err != nil || pages != max(n, 1) || memory[write*page] != want[write*page] {
			return false
		}
	}
	return true
})
