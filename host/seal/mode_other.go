//go:build !unix

package seal

import "io/fs"

// ofOurGroup is for systems whose files have no group.
func ofOurGroup(fs.FileInfo) bool { return false }
