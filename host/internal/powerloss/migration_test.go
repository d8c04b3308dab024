package powerloss_test

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/usherhost/usher/host/internal/powerloss"
)

// inAMigration cuts while a host brings the tables of an old database up to
// date.
func (c *cut) inAMigration() { c.starting("migration", c.oldDisk) }

// oldDisk is a disk with the data directory of the first usher that ever
// served: its tables are those of the first migration, and it was killed with
// its last commits in the write-ahead log. accepted.txt lists its executions.
func (c *cut) oldDisk() *powerloss.Disk {
	c.Helper()
	old, err := oldOnce()
	if err != nil {
		c.Fatal(err)
	}
	c.before, c.sent.users = old.accepted, old.users
	return c.diskOf(old.dir)
}

var oldOnce = sync.OnceValues(func() (used, error) {
	dir, err := os.MkdirTemp(shared, "old-")
	if err != nil {
		return used{}, err
	}
	if err := unpack("testdata/version1.tar.gz", dir); err != nil {
		return used{}, err
	}
	list, err := os.ReadFile(filepath.Join(dir, "accepted.txt"))
	accepted := strings.Fields(string(list))
	return used{dir: dir, accepted: accepted, users: len(accepted)}, err
})

func unpack(archive, dir string) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	zipped, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	for r := tar.NewReader(zipped); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		content, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, header.Name), content, 0o600); err != nil {
			return err
		}
	}
}
