package snapshot

import (
	"github.com/tetratelabs/wazero/experimental"
	"golang.org/x/sys/unix"
)

// Memory is the memory of an instance that begins without a snapshot. Address
// space for its limit is reserved once: growing neither copies nor makes garbage,
// and only pages that the guest touches take memory. It implements
// [experimental.LinearMemory].
type Memory struct {
	Growth

	reserved []byte
	bytes    []byte
}

// Allocate implements experimental.MemoryAllocator.
func (m *Memory) Allocate(_, _ uint64) experimental.LinearMemory { return m }

// Reallocate implements experimental.LinearMemory.
func (m *Memory) Reallocate(size uint64) []byte {
	if !m.allows(size) {
		return nil
	}
	if size == 0 {
		return []byte{}
	}
	if m.reserved == nil {
		reserved, err := unix.Mmap(-1, 0, int(m.Limit), unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
		if err != nil {
			m.deny(size)
			return nil
		}
		m.reserved = reserved
	}
	if size > uint64(len(m.reserved)) { // the limit was raised since
		m.deny(size)
		return nil
	}
	if err := unix.Mprotect(m.reserved[:size], unix.PROT_READ|unix.PROT_WRITE); err != nil {
		m.deny(size)
		return nil
	}
	m.bytes, m.size = m.reserved[:size:size], size
	return m.bytes
}

// Free implements experimental.LinearMemory.
func (m *Memory) Free() {
	if m.reserved != nil {
		_ = unix.Munmap(m.reserved)
		m.reserved, m.bytes = nil, nil
	}
}
