package daemon

import (
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/usherhost/usher/host/settings"
	"github.com/usherhost/usher/host/sqlite"
)

// dataFolders are the folders that a host makes in its data directory.
var dataFolders = []string{"cache", "npm", settings.TLSDir}

// ofOthers are the bits of a mode that let others than the owner in.
const ofOthers os.FileMode = 0o077

// GuardData takes from others what they may of the host's own files in its data
// directory: events, sealed secrets and keys are nobody else's to read, also in a
// directory that others may look into, and in files of an older host. What is
// not the host's is left alone, the directory itself too.
func GuardData(dir string, log *slog.Logger) {
	entries, err := os.ReadDir(dir)
	if err != nil || runtime.GOOS == "windows" { // where modes mean little; that there is none yet is no fault
		return
	}
	var guarded []string
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || info.Mode().Perm()&ofOthers == 0 || !isOurs(e) {
			continue
		}
		err = os.Chmod(filepath.Join(dir, e.Name()), info.Mode().Perm()&^ofOthers)
		switch {
		case err == nil:
			guarded = append(guarded, e.Name())
		case !slices.Contains(settings.MadeByHost, e.Name()): // keys may be mounted, and are checked where they are read
			log.Warn("others may read a file of the host, and that can't be changed", "file", filepath.Join(dir, e.Name()),
				"mode", info.Mode().Perm().String(), "error", err)
		}
	}
	if len(guarded) > 0 {
		log.Warn("others could read files of the host; now they can't", "data", dir, "files", strings.Join(guarded, ", "))
	}
}

// isOurs reports whether a host made what is in its data directory. A link is
// somebody's.
func isOurs(e os.DirEntry) bool {
	if e.IsDir() {
		return slices.Contains(dataFolders, e.Name())
	}
	return e.Type().IsRegular() &&
		(slices.Contains(settings.MadeByHost, e.Name()) || e.Name() == sqlite.LockName || e.Name() == sqlite.RunningName || strings.HasPrefix(e.Name(), sqlite.FileName))
}

// WarnUnconfined says once what a host without the kernel's help does not do.
func WarnUnconfined(confines bool, log *slog.Logger) {
	if confines {
		return
	}
	log.Warn("this kernel has no Landlock: what compiles and builds uploads is bounded in time and memory, but not kept from this user's files",
		"hint", "run the host on Linux 5.13 or newer with landlock among its security modules, or let only those create actions whom you trust")
}
