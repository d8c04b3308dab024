//go:build !linux

package snapshot

import "github.com/tetratelabs/wazero/experimental"

// Memory is the memory of an instance that begins without a snapshot, on the Go
// heap. It implements [experimental.LinearMemory].
type Memory struct {
	// Limit is how large it may grow.
	Limit uint64
	// Account counts the memory's growth; nil counts nothing.
	Account Account

	bytes  []byte
	size   uint64 // the largest that it had
	denied uint64 // the largest that was refused
}

// Size returns the largest size that the memory had.
func (m *Memory) Size() uint64 { return m.size }

// Denied returns the largest size that the memory could not grow to, 0 when it
// always could.
func (m *Memory) Denied() uint64 { return m.denied }

// Allocate implements experimental.MemoryAllocator.
func (m *Memory) Allocate(_, _ uint64) experimental.LinearMemory { return m }

// Reallocate implements experimental.LinearMemory.
func (m *Memory) Reallocate(size uint64) []byte {
	if size > m.Limit {
		m.denied = max(m.denied, size)
		return nil
	}
	if m.Account != nil && !m.Account.Grow(m.size, size) {
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
