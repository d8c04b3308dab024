//go:build !linux

package callstack

// MaxBytes is the largest limit that [Space.Attach] takes.
const MaxBytes = 32 << 20

// Space does nothing here: guests run with the engine's own stacks, which only the
// engine's own limit bounds.
type Space struct{}

// NewSpace returns nil.
func NewSpace() (*Space, error) { return nil, nil }

// Attach does nothing.
func (s *Space) Attach(*Calls, int) error { return nil }

// Bytes returns 0.
func (s *Space) Bytes() int { return 0 }

// Filled reports false.
func (s *Space) Filled(int) bool { return false }

// Close does nothing.
func (s *Space) Close() {}
