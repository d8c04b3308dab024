// Package made keeps in the user's cache what a binary makes of its own sources when it
// first needs it: whole, once, and for all processes.
package made

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gofrs/flock"
)

// Recipe says how something is made.
type Recipe struct {
	Name string // of its folder in the cache: "engine"
	// Key identifies what it is made of: another key, another folder. [Key] makes one.
	Key string
	// Files are names that the folder has when it is whole: one of which something was
	// deleted is made again.
	Files []string
	// Make makes it in an empty folder.
	Make func(ctx context.Context, dir string) error
}

// Key returns the digest of the files below the roots of file systems, with their paths,
// and of further strings.
func Key(strings []string, sources ...fs.FS) (string, error) {
	h := sha256.New()
	for _, s := range strings {
		fmt.Fprintf(h, "%d %s\n", len(s), s)
	}
	for _, source := range sources {
		err := fs.WalkDir(source, ".", func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			content, err := fs.ReadFile(source, path)
			fmt.Fprintf(h, "%s %d\n%s", path, len(content), content)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("read what is embedded: %w", err)
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:20], nil
}

// Cache is a folder with what was made.
type Cache struct {
	Dir string // "" is usher in the user's cache directory
}

// Find returns the folder of what was made by a recipe; "" when it was not made yet.
func (c Cache) Find(r Recipe) (string, error) {
	root, err := c.root()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(root, r.Name, r.Key)
	for _, name := range append([]string{"."}, r.Files...) {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return "", nil //nolint:nilerr // it is not there, whatever the reason
		}
	}
	now := time.Now()
	_ = os.Chtimes(dir, now, now) // it is in use: see sweep
	return dir, nil
}

// Ensure returns the folder of what a recipe makes, and makes it when it is not there.
// Other processes that need the same wait for the first: waits is called before that, and
// may be nil. What fails leaves nothing behind.
func (c Cache) Ensure(ctx context.Context, r Recipe, waits func()) (string, error) {
	if dir, err := c.Find(r); dir != "" || err != nil {
		return dir, err
	}
	root, err := c.root()
	if err != nil {
		return "", err
	}
	home := filepath.Join(root, r.Name)
	if err := os.MkdirAll(home, 0o700); err != nil {
		return "", fmt.Errorf("make a folder in the cache: %w", err)
	}
	unlock, err := lock(ctx, filepath.Join(home, r.Key+".lock"), waits)
	if err != nil {
		return "", err
	}
	defer unlock()
	if dir, err := c.Find(r); dir != "" || err != nil { // another process was faster
		return dir, err
	}
	return fill(ctx, r, home)
}

// lock waits until no other process has the lock.
func lock(ctx context.Context, file string, waits func()) (unlock func(), err error) {
	l := flock.New(file)
	got, err := l.TryLock()
	if err == nil && !got {
		if waits != nil {
			waits()
		}
		_, err = l.TryLockContext(ctx, 100*time.Millisecond)
	}
	if err != nil {
		return nil, fmt.Errorf("wait for another process that makes the same: %w", err)
	}
	return func() { _ = l.Unlock() }, nil // the process's end unlocks too
}

// fill makes it in a new folder, which then gets its name at once.
func fill(ctx context.Context, r Recipe, home string) (string, error) {
	temp, err := os.MkdirTemp(home, "new-")
	if err != nil {
		return "", fmt.Errorf("make a folder in the cache: %w", err)
	}
	defer func() { _ = os.RemoveAll(temp) }() // after a success it has another name
	if err := r.Make(ctx, temp); err != nil {
		return "", err
	}
	dir := filepath.Join(home, r.Key)
	if err := os.RemoveAll(dir); err != nil { // the rest of one that is not whole
		return "", fmt.Errorf("store in the cache: %w", err)
	}
	if err := os.Rename(temp, dir); err != nil {
		return "", fmt.Errorf("store in the cache: %w", err)
	}
	sweep(home, r.Key)
	return dir, nil
}

// What an older binary made stays for a month after its last use, and what a process left
// that was killed for a day.
const (
	unusedAge   = 30 * 24 * time.Hour
	leftoverAge = 24 * time.Hour
)

// sweep removes what is not used any more. What it can't remove stays until the next time.
func sweep(home, key string) {
	entries, _ := os.ReadDir(home)
	for _, e := range entries {
		age := unusedAge
		if leftover, _ := filepath.Match("new-*", e.Name()); leftover {
			age = leftoverAge
		}
		info, err := e.Info()
		if err != nil || slices.Contains([]string{key, key + ".lock"}, e.Name()) || time.Since(info.ModTime()) < age {
			continue
		}
		_ = os.RemoveAll(filepath.Join(home, e.Name()))
	}
}

// root returns the cache's folder.
func (c Cache) root() (string, error) {
	if c.Dir != "" {
		return filepath.Abs(c.Dir)
	}
	user, err := os.UserCacheDir()
	if err != nil {
		return "", errors.Join(ErrNoCache, err)
	}
	return filepath.Join(user, "usher"), nil
}

// ErrNoCache is the error of a process whose user has no cache directory.
var ErrNoCache = errors.New("there is no folder for what is made: set XDG_CACHE_HOME or HOME")
