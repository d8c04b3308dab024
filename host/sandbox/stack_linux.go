package sandbox

import (
	"fmt"
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// stackSpace is address space for the call stack of one instance. The engine
// doubles the stack that calls have filled, unless it is longer than
// engineCeiling: then it ends the run. So it gets one that is longer, of which
// only the end can be used: it neither grows nor moves, and costs the pages that
// calls have touched.
type stackSpace struct {
	reserved []byte
	open     int // bytes at its end that can be used
}

const (
	engineCeiling = 50_000_000 // wazero's callStackCeiling
	stackReserve  = 48 << 20   // the next multiple of a page, and more
	stackSlack    = 16 << 10   // below the bottom: what the engine writes before it looks
)

// spaces are stacks that nobody uses, without pages of their own.
var spaces = make(chan *stackSpace, 64)

// newStackSpace returns a stack of which nothing is in use. The caller must
// close it.
func newStackSpace() (*stackSpace, error) {
	select {
	case s := <-spaces:
		return s, nil
	default:
	}
	reserved, err := unix.Mmap(-1, 0, stackReserve, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil {
		return nil, fmt.Errorf("reserve address space for a call stack: %w", err)
	}
	_ = unix.Madvise(reserved, unix.MADV_NOHUGEPAGE) // 2 MiB for the first call; without it stacks only cost more
	return &stackSpace{reserved: reserved}, nil
}

// lend lets a handle's calls have up to limit bytes of the stack.
func (s *stackSpace) lend(c *calling, limit int) error {
	if need := limit + stackSlack; need > s.open {
		if err := unix.Mprotect(s.reserved[len(s.reserved)-need:], unix.PROT_READ|unix.PROT_WRITE); err != nil {
			return fmt.Errorf("make a call stack of %d bytes: %w", limit, err)
		}
		s.open = need
	}
	end := uintptr(unsafe.Pointer(&s.reserved[len(s.reserved)-1]))
	*c.stack, *c.top = s.reserved, end&^15
	*c.bottom = &s.reserved[len(s.reserved)-limit]
	return nil
}

// bytes returns how much memory the stack takes.
func (s *stackSpace) bytes() int {
	if s == nil || s.open == 0 {
		return 0
	}
	return s.resident(s.reserved[len(s.reserved)-s.open:])
}

// filled reports whether calls have used about so much of the stack: something
// in the pages below.
func (s *stackSpace) filled(bytes int) bool {
	const window = 128 << 10
	return s != nil && s.open >= bytes+window && s.resident(s.reserved[len(s.reserved)-bytes-window:len(s.reserved)-bytes]) > 0
}

// resident returns how much of a part of the stack is in memory.
func (s *stackSpace) resident(used []byte) int {
	resident := residents.Get().(*[(maxCallStack + stackSlack) / 4096]byte)
	defer residents.Put(resident)
	_, _, errno := unix.Syscall(unix.SYS_MINCORE, uintptr(unsafe.Pointer(&used[0])), uintptr(len(used)), uintptr(unsafe.Pointer(resident)))
	if errno != 0 {
		return len(used)
	}
	pages := 0
	for _, there := range resident[:(len(used)+os.Getpagesize()-1)/os.Getpagesize()] {
		pages += int(there & 1)
	}
	return pages * os.Getpagesize()
}

// residents is where the kernel tells of pages, on the heap as with
// [pageRegions].
var residents = sync.Pool{New: func() any { return new([(maxCallStack + stackSlack) / 4096]byte) }}

// close gives the stack back. Its pages go, so that none of it is there for the
// next instance.
func (s *stackSpace) close() {
	if s == nil {
		return
	}
	if s.open > 0 && unix.Madvise(s.reserved[len(s.reserved)-s.open:], unix.MADV_DONTNEED) == nil {
		select {
		case spaces <- s:
			return
		default:
		}
	}
	_ = unix.Munmap(s.reserved)
}
