// Package snapshot holds the memories of instances: images of initialised
// modules, the mappings of them that instances begin with, and the exact restoring
// of a mapping after a run. It knows bytes and pages, not what runs over them.
package snapshot

// Account counts the bytes of a memory, which grows from one size to another. It
// reports false to refuse them.
type Account interface {
	Grow(from, to uint64) bool
}

// Growth bounds how large a memory may grow, and records how large it was. It is
// not for concurrent use.
type Growth struct {
	// Limit is how large it may grow, in bytes.
	Limit uint64
	// Account counts the growth; nil counts nothing.
	Account Account

	size   uint64 // the largest that it had
	denied uint64 // the largest that was refused
}

// Size returns the largest size that the memory had.
func (g *Growth) Size() uint64 { return g.size }

// Denied returns the largest size that the memory could not grow to, 0 when it
// always could.
func (g *Growth) Denied() uint64 { return g.denied }

// allows reports whether the memory may have size bytes.
func (g *Growth) allows(size uint64) bool {
	if size > g.Limit {
		g.deny(size)
		return false
	}
	return g.Account == nil || g.Account.Grow(g.size, size)
}

func (g *Growth) deny(size uint64) { g.denied = max(g.denied, size) }
