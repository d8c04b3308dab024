//go:build !unix

package sandbox

// Compiles reports whether this process may run code that it has compiled; otherwise
// guests are interpreted.
func Compiles() bool { return true }
