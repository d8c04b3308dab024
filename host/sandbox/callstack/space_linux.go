package callstack

import (
	"fmt"
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Space is address space for the call stack of one instance. The engine doubles a
// stack that calls have filled, unless it is longer than engineCeiling: then it
// ends the run. A Space is longer, and only its end can be used. So it neither
// grows nor moves, and takes the memory of the pages that calls have touched.
// Methods may be called on nil, a space that was not needed yet.
type Space struct {
	reserved []byte
	usable   int // bytes at its end
}

// MaxBytes is the largest limit that [Space.Attach] takes.
const MaxBytes = 32 << 20

const (
	engineCeiling = 50_000_000 // wazero's callStackCeiling
	stackReserve  = 48 << 20   // the next multiple of a page, and more
	stackSlack    = 16 << 10   // below the bottom: the engine writes there before it compares
)

// spaces are unused stacks, which take no memory.
var spaces = make(chan *Space, 64)

// NewSpace returns a stack of which nothing is in use. The caller must
// close it.
func NewSpace() (*Space, error) {
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
	return &Space{reserved: reserved}, nil
}

// Attach makes a handle's calls use up to limit bytes of the stack.
func (s *Space) Attach(c *Calls, limit int) error {
	if need := limit + stackSlack; need > s.usable {
		if err := unix.Mprotect(s.reserved[len(s.reserved)-need:], unix.PROT_READ|unix.PROT_WRITE); err != nil {
			return fmt.Errorf("make a call stack of %d bytes: %w", limit, err)
		}
		s.usable = need
	}
	end := uintptr(unsafe.Pointer(&s.reserved[len(s.reserved)-1]))
	*c.stack, *c.top = s.reserved, end&^15
	*c.bottom = &s.reserved[len(s.reserved)-limit]
	return nil
}

// Bytes returns how much memory the stack takes.
func (s *Space) Bytes() int {
	if s == nil || s.usable == 0 {
		return 0
	}
	return s.resident(s.reserved[len(s.reserved)-s.usable:])
}

// Filled reports whether calls have used about so many bytes of the stack: whether
// a page just behind these is in memory.
func (s *Space) Filled(bytes int) bool {
	const window = 128 << 10
	return s != nil && s.usable >= bytes+window && s.resident(s.reserved[len(s.reserved)-bytes-window:len(s.reserved)-bytes]) > 0
}

// resident returns how much of a part of the stack is in memory.
func (s *Space) resident(used []byte) int {
	resident := residents.Get().(*[(MaxBytes + stackSlack) / 4096]byte)
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

// residents are where the kernel reports on pages. They lie on the heap: the
// kernel gets their address, which is not updated when Go moves a goroutine's stack.
var residents = sync.Pool{New: func() any { return new([(MaxBytes + stackSlack) / 4096]byte) }}

// Close gives the stack back, and its memory to the system: nothing of it is left
// for the next instance.
func (s *Space) Close() {
	if s == nil {
		return
	}
	if s.usable > 0 && unix.Madvise(s.reserved[len(s.reserved)-s.usable:], unix.MADV_DONTNEED) == nil {
		select {
		case spaces <- s:
			return
		default:
		}
	}
	_ = unix.Munmap(s.reserved)
}
