//go:build !linux

package sandbox

import "github.com/tetratelabs/wazero/experimental"

// memory is a guest's linear memory on the Go heap.
type memory struct {
	limit   uint64
	bytes   []byte
	size    uint64   // the largest that it had
	denied  uint64   // the largest that was refused
	account *account // of the run, nil: none counts
	forHost bool     // it is for exchange with the host
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
	if size > uint64(cap(m.bytes)) {
		grown := make([]byte, size, min(m.limit, max(size, 2*uint64(cap(m.bytes)))))
		copy(grown, m.bytes)
		m.bytes = grown
	}
	m.bytes, m.size = m.bytes[:size], size
	return m.bytes
}

// Free implements experimental.LinearMemory.
func (m *memory) Free() { m.bytes = nil }
