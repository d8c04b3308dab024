package npm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// cache is a folder of installations:
//
//	trees/DIGEST    node_modules, package.json and package-lock.json, by the lockfile's digest
//	requests/KEY    the digest of the tree that answers a request
//
// A tree is renamed into its place when it is complete, and never changed, so that
// readers need no lock.
type cache struct {
	root  string
	fresh time.Duration
}

// find returns the tree that answers a request, "" when there is none. The answer
// to a range or a tag expires, unless stale is true.
func (c cache) find(r request, stale bool) string {
	file := filepath.Join(c.root, "requests", r.key())
	info, err := os.Stat(file)
	if err != nil || !stale && !r.exact() && time.Since(info.ModTime()) > c.fresh {
		return ""
	}
	digest, err := os.ReadFile(file)
	if err != nil || len(digest) != 2*sha256.Size {
		return ""
	}
	dir := filepath.Join(c.root, "trees", string(digest))
	if !exists(filepath.Join(dir, "package-lock.json")) {
		return ""
	}
	now := time.Now()
	_ = os.Chtimes(dir, now, now) // it is in use; see sweep
	return dir
}

// lock waits until no other process handles the same request.
func (c cache) lock(ctx context.Context, r request) (unlock func(), err error) {
	l := flock.New(filepath.Join(c.root, "requests", r.key()+".lock"))
	if _, err := l.TryLockContext(ctx, 50*time.Millisecond); err != nil {
		return nil, fmt.Errorf("wait for another installation of the same packages: %w", err)
	}
	return func() { _ = l.Unlock() }, nil // the process's end unlocks too
}

// store moves an installed folder into the cache.
func (c cache) store(r request, dir string) (string, error) {
	lockfile, err := os.ReadFile(filepath.Join(dir, "package-lock.json"))
	if err != nil {
		return "", fmt.Errorf("read what npm installed: %w", err)
	}
	sum := sha256.Sum256(lockfile)
	digest := hex.EncodeToString(sum[:])
	tree := filepath.Join(c.root, "trees", digest)
	if err := os.Rename(dir, tree); err != nil && !exists(tree) { //nolint:gosec // the cache is the operator's own
		return "", fmt.Errorf("store installed packages: %w", err)
	}
	c.sweep()
	file := filepath.Join(c.root, "requests", r.key())
	if err := os.WriteFile(file+".new", []byte(digest), 0o600); err != nil { //nolint:gosec // the cache is the operator's own
		return "", fmt.Errorf("store installed packages: %w", err)
	}
	return tree, os.Rename(file+".new", file)
}

func exists(path string) bool {
	_, err := os.Stat(path) //nolint:gosec // the cache is the operator's own
	return !errors.Is(err, fs.ErrNotExist)
}

// How long an unused tree stays, and an incomplete one that a process left when it
// was stopped.
const (
	treeAge     = 30 * 24 * time.Hour
	leftoverAge = 24 * time.Hour
)

// sweep removes what is no longer in use. What it can't remove stays until the next
// sweep.
func (c cache) sweep() {
	for pattern, age := range map[string]time.Duration{"trees/*": treeAge, "new-*": leftoverAge} {
		found, _ := filepath.Glob(filepath.Join(c.root, pattern)) // a good pattern
		for _, path := range found {
			info, err := os.Stat(path)
			if err != nil || time.Since(info.ModTime()) < age {
				continue
			}
			gone := filepath.Join(c.root, "new-gone-"+filepath.Base(path))
			_ = os.Rename(path, gone) // at once, so that no reader finds half a tree
			_ = os.RemoveAll(gone)
		}
	}
}
