package daemon

import (
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/usherhost/usher/host/calljournal"
	"github.com/usherhost/usher/host/settings"
	"github.com/usherhost/usher/host/sqlite"
)

// dataFolders are the folders that a host makes in its data directory.
var dataFolders = []string{"cache", "npm", settings.TLSDir, calljournal.DirName}

// ofOthers are the permission bits of users other than the owner.
const ofOthers os.FileMode = 0o077

// GuardData removes the permissions of other users from the host's own files in its
// data directory, so that only its owner can read events, sealed secrets and keys,
// even in a directory that others may list and in files of an older host. Files that
// are not the host's stay as they are, and so does the directory itself.
func GuardData(dir string, log *slog.Logger) {
	entries, err := os.ReadDir(dir)
	if err != nil || runtime.GOOS == "windows" { // modes mean little there; a missing directory is fine
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
			log.Warn("other users may read a file of the host, and its mode can't be changed", "file", filepath.Join(dir, e.Name()),
				"mode", info.Mode().Perm().String(), "error", err)
		}
	}
	if len(guarded) > 0 {
		log.Warn("other users could read files of the host; now they can't", "data", dir, "files", strings.Join(guarded, ", "))
	}
}

// isOurs reports whether a host made what is in its data directory. A link is
// not.
func isOurs(e os.DirEntry) bool {
	if e.IsDir() {
		return slices.Contains(dataFolders, e.Name())
	}
	return e.Type().IsRegular() &&
		(slices.Contains(settings.MadeByHost, e.Name()) || e.Name() == sqlite.LockName || e.Name() == sqlite.RunningName || strings.HasPrefix(e.Name(), sqlite.FileName))
}

// WarnUnconfined logs once what a host can't do without the kernel's help.
func WarnUnconfined(confines bool, log *slog.Logger) {
	if confines {
		return
	}
	log.Warn("this kernel has no Landlock: compilers and builds of uploads are bounded in time and memory, but can read this user's files",
		"hint", "run the host on Linux 5.13 or newer with landlock among its security modules, or let only people you trust create actions")
}

// WarnInterpreted logs once that guests run slowly.
func WarnInterpreted(compiles bool, log *slog.Logger) {
	if compiles {
		return
	}
	log.Warn("this process may not run compiled code: actions are interpreted, some fifty times slower, and may exceed their time limits", "hint", InterpretedHint)
}

// InterpretedHint says what an operator can do about slow guests.
const InterpretedHint = "let the process make memory executable: under systemd without MemoryDenyWriteExecute, under SELinux with execmem"
