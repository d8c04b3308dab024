//go:build !linux

package oracle

// lowerPriority does nothing where a thread has no priority of its own.
func lowerPriority() {}
