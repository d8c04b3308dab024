//go:build unix

package seal

import (
	"io/fs"
	"os"
	"slices"
	"syscall"
)

// ofOurGroup reports whether the file's group is one of this process's.
func ofOurGroup(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return false
	}
	if int(stat.Gid) == os.Getegid() {
		return true
	}
	groups, err := os.Getgroups()
	return err == nil && slices.Contains(groups, int(stat.Gid))
}
