package author

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settle is how long files must be left alone before a change counts: editors
// write in several steps.
const settle = 40 * time.Millisecond

// manyFiles stands for changes of which the names were lost.
const manyFiles = "many files"

// maxSettle is how long a change waits at most.
const maxSettle = 500 * time.Millisecond

// watch reports changes of an action's files. It watches folders, not files: an
// editor may replace a file by a new one.
type watch struct {
	notify *fsnotify.Watcher
	root   string   // folder whose sources are watched with those below it, "" for none
	files  []string // watched by name, wherever they are
	ignore []string // never looked at
}

// newWatch watches root, unless it is "", and files. Both are paths from the
// working directory. The caller must close it.
func newWatch(root string, files, ignore []string) (*watch, error) {
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watch files: %w", err)
	}
	w := &watch{notify: notify, files: absolute(files), ignore: absolute(ignore)}
	if root != "" {
		w.root = absolute([]string{root})[0]
		err = w.add(w.root)
	}
	for _, file := range w.files {
		err = errors.Join(err, notify.Add(filepath.Dir(file)))
	}
	if err != nil {
		_ = notify.Close()
		return nil, fmt.Errorf("watch files: %w", err)
	}
	return w, nil
}

func (w *watch) close() { _ = w.notify.Close() }

// add watches a folder and those below it.
func (w *watch) add(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return nil //nolint:nilerr // what is gone already, or can't be read, can't be watched
		}
		if skip := skipNoSource(w.root, path, entry.Name()); skip != nil {
			return skip
		}
		return w.notify.Add(path)
	})
}

// next waits until files have changed and been left alone, and returns their
// names. It fails when ctx ends.
func (w *watch) next(ctx context.Context) ([]string, error) {
	var changed []string
	var quiet, late <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case event, open := <-w.notify.Events:
			if !open {
				return nil, errors.New("watch files: the watcher was closed")
			}
			if !w.counts(event) {
				continue
			}
			if name := shown(event.Name); !slices.Contains(changed, name) {
				changed = append(changed, name)
			}
			quiet = time.After(settle)
			if late == nil {
				late = time.After(maxSettle)
			}
		case err := <-w.notify.Errors:
			if !errors.Is(err, fsnotify.ErrEventOverflow) {
				return nil, fmt.Errorf("watch files: %w", err)
			}
			changed, quiet = append(changed, manyFiles), time.After(settle)
		case <-quiet:
			return changed, nil
		case <-late:
			return changed, nil
		}
	}
}

// counts reports whether an event is a change of a watched file. New folders
// are watched from then on.
func (w *watch) counts(event fsnotify.Event) bool {
	if event.Op == fsnotify.Chmod || slices.Contains(w.ignore, event.Name) {
		return false
	}
	if slices.Contains(w.files, event.Name) {
		return true
	}
	if w.root == "" || !below(event.Name, w.root) {
		return false
	}
	if isFolder(event.Name) {
		if event.Has(fsnotify.Create) && skipNoSource(w.root, event.Name, filepath.Base(event.Name)) == nil {
			_ = w.add(event.Name) // it may be gone again
			return true
		}
		return false
	}
	return isWatched(filepath.Base(event.Name)) && !isOutput(event.Name)
}

// isOutput reports whether a file is where this command prints: each run would change it.
func isOutput(path string) bool {
	info, err := os.Stat(path)
	if err != nil {
		return false
	}
	return slices.ContainsFunc([]*os.File{os.Stdout, os.Stderr}, func(f *os.File) bool {
		own, err := f.Stat()
		return err == nil && os.SameFile(own, info)
	})
}

// isWatched reports whether a file in an action's folder is looked at: not what
// builds write, nor the temporary files of editors.
func isWatched(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".wasm", ".o", ".md", ".map", ".tmp", ".swp", ".swx", ".log":
		return false
	}
	return (!strings.HasPrefix(name, ".") || name == ".env") && !strings.HasSuffix(name, "~") && !strings.HasPrefix(name, "#") &&
		name != "package-lock.json" && name != typingsFile && name != "4913" // vim's test whether it may write
}

func below(path, dir string) bool {
	return strings.HasPrefix(path, strings.TrimSuffix(dir, string(filepath.Separator))+string(filepath.Separator))
}

// absolute returns the whole paths, with links in the folders resolved as the
// watcher reports them.
func absolute(paths []string) []string {
	var list []string
	for _, path := range paths {
		if whole, err := filepath.Abs(path); path != "" && err == nil {
			list = append(list, whole)
		}
	}
	return list
}

// shown is a path for messages: from the working directory, if it is below that.
func shown(path string) string {
	dir, err := os.Getwd()
	if err != nil || !below(path, dir) {
		return path
	}
	return strings.TrimPrefix(path, dir+string(filepath.Separator))
}
