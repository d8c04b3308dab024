//go:build !linux

package sandbox

// limitProcess does nothing here: the wall clock and the size rules remain.
func limitProcess(_, _ uint64) error { return nil }
