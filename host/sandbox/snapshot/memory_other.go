//go:build !linux

package snapshot

import "github.com/tetratelabs/wazero/experimental"

// Memory is the memory of an instance that begins without a snapshot, on the Go
// heap. It implements [experimental.LinearMemory].
type Memory struct {
	Growth

	bytes []byte
}

// Allocate implements experimental.MemoryAllocator.
func (m *Memory) Allocate(_, _ uint64) experimental.LinearMemory { return m }

// Reallocate implements experimental.LinearMemory.
func (m *Memory) Reallocate(size uint64) []byte {
	if !m.allows(size) {
		return nil
	}
	if size > uint64(cap(m.bytes)) {
		grown := make([]byte, size, min(m.Limit, max(size, 2*uint64(cap(m.bytes)))))
		copy(grown, m.bytes)
		m.bytes = grown
	}
	m.bytes, m.size = m.bytes[:size], size
	return m.bytes
}

// Free implements experimental.LinearMemory.
func (m *Memory) Free() { m.bytes = nil }
