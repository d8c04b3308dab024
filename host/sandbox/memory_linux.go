package sandbox

import (
	"github.com/tetratelabs/wazero/experimental"
	"golang.org/x/sys/unix"
)

// memory is a guest's linear memory: address space for its limit is reserved
// once, so that growing neither copies nor makes garbage, and only pages that
// the guest touches cost anything.
type memory struct {
	limit    uint64
	reserved []byte
	bytes    []byte
	size     uint64   // the largest that it had
	denied   uint64   // the largest that was refused
	account  *account // of the run, nil: none counts
	forHost  bool     // it is for exchange with the host
}

// Allocate implements experimental.MemoryAllocator.
func (m *memory) Allocate(_, _ uint64) experimental.LinearMemory { return m }

// Reallocate implements experimental.LinearMemory.
func (m *memory) Reallocate(size uint64) []byte {
	if size > m.limit {
		m.denied = max(m.denied, size)
		return nil
	}
	if !m.count(size) {
		return nil
	}
	if size == 0 {
		return []byte{}
	}
	if m.reserved == nil {
		reserved, err := unix.Mmap(-1, 0, int(m.limit), unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
		if err != nil {
			m.denied = max(m.denied, size)
			return nil
		}
		m.reserved = reserved
	}
	if size > uint64(len(m.reserved)) { // the limit was raised since
		m.denied = max(m.denied, size)
		return nil
	}
	if err := unix.Mprotect(m.reserved[:size], unix.PROT_READ|unix.PROT_WRITE); err != nil {
		m.denied = max(m.denied, size)
		return nil
	}
	m.bytes, m.size = m.reserved[:size:size], size
	return m.bytes
}

// Free implements experimental.LinearMemory.
func (m *memory) Free() {
	if m.reserved != nil {
		_ = unix.Munmap(m.reserved)
		m.reserved, m.bytes = nil, nil
	}
}
