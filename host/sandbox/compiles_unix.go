//go:build unix

package sandbox

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// Compiles reports whether this process may run code that it has compiled. Where a
// service manager or a security module denies memory that was written and becomes
// executable, and on processors without a compiler, guests are interpreted, which takes
// some fifty times as long.
func Compiles() bool {
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		return false
	}
	page, err := unix.Mmap(-1, 0, unix.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return false
	}
	defer func() { _ = unix.Munmap(page) }() // it was mapped above
	return unix.Mprotect(page, unix.PROT_READ|unix.PROT_EXEC) == nil
}
