// Package snapshot holds the memories of instances: images of initialised
// modules, the mappings of them that instances begin with, and the exact restoring
// of a mapping after a run. It knows bytes and pages, not what runs over them.
package snapshot

// Account counts the bytes of a memory, which grows from one size to another. It
// reports false to refuse them.
type Account interface {
	Grow(from, to uint64) bool
}
