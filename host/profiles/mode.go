package profiles

import (
	"fmt"
	"io/fs"
	"runtime"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/text"
)

// checkMode refuses a file of keys that other users can read.
func checkMode(info fs.FileInfo, path string) error {
	if runtime.GOOS == "windows" || info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	return &host.Error{
		Code: host.Refused, Text: fmt.Sprintf("others can read the profiles in %s (mode %04o)", path, info.Mode().Perm()),
		Hint: "chmod 600 " + text.ShellQuote(path) + ", and replace the keys in it if other users have accounts here",
	}
}
