// Package durable makes files and directories that are there, whole, after the
// power failed: a disk stores a file's content and its name in the directory separately.
package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// Create makes a new file with data, and returns when the disk has it. The file
// appears whole or not at all, and never in the place of another:
// [fs.ErrExist] says that there is one.
func Create(path string, data []byte, mode fs.FileMode) error {
	return write(path, data, mode, link)
}

// Replace is Create for a file that may be there: its place is taken by the new
// one, at once.
func Replace(path string, data []byte, mode fs.FileMode) error {
	return write(path, data, mode, func(draft *os.File, _ []byte, _ fs.FileMode, path string) error {
		return os.Rename(draft.Name(), path)
	})
}

type publish func(draft *os.File, data []byte, mode fs.FileMode, path string) error

func write(path string, data []byte, mode fs.FileMode, publish publish) error {
	dir := filepath.Dir(path)
	draft, err := os.CreateTemp(dir, "."+filepath.Base(path)+"-*") // O_EXCL, mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(draft.Name()) }() // fails when it was renamed
	if err := fill(draft, data, mode); err != nil {
		return err
	}
	if err := publish(draft, data, mode, path); err != nil {
		return err
	}
	return SyncDir(dir)
}

func fill(f *os.File, data []byte, mode fs.FileMode) error {
	_, err := f.Write(data)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// link gives the draft its name, which fails if the name is taken. Where the
// file system has no links, the file is written in place.
func link(draft *os.File, data []byte, mode fs.FileMode, path string) error {
	err := os.Link(draft.Name(), path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	return fill(f, data, mode)
}

// MkdirAll is [os.MkdirAll], and returns when the disk has what it made. The
// name of dir itself is synced also when it was there: a process may have made
// it that ended before it could do so.
func MkdirAll(dir string, mode fs.FileMode) error {
	made := []string{dir}
	for at := dir; ; {
		parent := filepath.Dir(at)
		if _, err := os.Lstat(parent); err == nil || parent == at {
			break
		}
		made, at = append(made, parent), parent
	}
	if err := os.MkdirAll(dir, mode); err != nil {
		return err
	}
	for _, d := range made {
		if err := SyncDir(filepath.Dir(d)); err != nil {
			return err
		}
	}
	return nil
}

// SyncDir returns when the disk has the names of a directory's files. A file
// system that can't do that, or a directory that this user may not read, is no
// error.
func SyncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // it cannot sync a directory
	}
	d, err := os.Open(dir)
	if errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return errors.Join(err, d.Close())
}
