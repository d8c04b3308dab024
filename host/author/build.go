package author

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/desired"
	"github.com/usherhost/usher/host/files"
)

// build runs the action's build command when force is set, the module is
// missing, or a file of the folder is newer than it. It reports whether it ran.
func build(ctx context.Context, t term.Terminal, f *desired.File, force bool, consent buildConsent) (bool, error) {
	if f.Build == "" {
		if force {
			return false, term.UsageError{Err: errors.New("the action has no build command"), Hint: "add a line such as 'build: make' to " + filepath.Join(f.Dir, desired.FileName)}
		}
		return false, nil
	}
	if !force {
		stale, err := isStale(f)
		if err != nil || !stale {
			return false, err
		}
	}
	if err := mayBuild(t, f, consent); err != nil {
		return false, err
	}
	t.Note("building %s: %s", f.Name, f.Build)
	cmd := exec.CommandContext(ctx, "sh", "-c", f.Build)
	cmd.Dir, cmd.Env = f.Dir, withoutOwn(os.Environ())
	cmd.Stdout, cmd.Stderr = t.TTY, t.TTY
	cmd.WaitDelay = 5 * time.Second // a grandchild may hold the pipes after the shell was stopped
	if err := cmd.Run(); err != nil {
		return true, &host.Error{
			Code: host.Refused, Text: "the build command failed: " + f.Build, Err: err,
			Hint: "its output is above; run it by hand in " + f.Dir,
		}
	}
	return true, nil
}

// isStale reports whether the module is missing or older than a file beside it.
func isStale(f *desired.File) (bool, error) {
	built, err := os.Stat(f.Path())
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("look at the module: %w", err)
	}
	newer := false
	err = filepath.WalkDir(f.Dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || newer {
			return err
		}
		if entry.IsDir() {
			return skipNoSource(f.Dir, path, entry.Name())
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		newer = info.Mode().IsRegular() && isSource(entry.Name()) && info.ModTime().After(built.ModTime())
		return nil
	})
	return newer, err
}

// skipNoSource leaves out folders that a build writes or installs.
func skipNoSource(root, path, name string) error {
	if path == root {
		return nil
	}
	if strings.HasPrefix(name, ".") || name == "node_modules" || name == "build" || name == "target" {
		return filepath.SkipDir
	}
	return nil
}

func isSource(name string) bool {
	switch filepath.Ext(name) {
	case ".wasm", ".md", ".o", ".json", ".yaml":
		return name == "package.json" || name == "asconfig.json"
	default:
		return true
	}
}

// builtModule reads the module that an action's folder has.
func builtModule(f *desired.File) ([]byte, error) {
	wasm, err := f.Content()
	if err != nil && host.CodeOf(err) == host.NotFound {
		return nil, &host.Error{Code: host.NotFound, Text: "no module at " + f.Path(), Hint: "the build command must write " + f.Module + " (see module in " + desired.FileName + ")"}
	}
	return wasm, err
}

// readModule reads a module. The hint is for the error when it is missing.
func readModule(path, hint string) ([]byte, error) {
	if isFolder(path) {
		return nil, &host.Error{Code: host.Invalid, Text: path + " is a folder", Hint: "name the .wasm file or the script in it"}
	}
	wasm, err := files.Read(path, files.MaxModule)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &host.Error{Code: host.NotFound, Text: "no module at " + path, Hint: hint}
	}
	if err != nil {
		return nil, fmt.Errorf("read the module: %w", err)
	}
	return wasm, nil
}
