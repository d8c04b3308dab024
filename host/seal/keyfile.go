package seal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// createKeyFile writes a new key to path, readable by its owner alone. The
// file appears whole or not at all, and never in the place of another:
// [fs.ErrExist] says that there is one.
func createKeyFile(path string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	draft, err := os.CreateTemp(dir, ".key-*") // O_EXCL, mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(draft.Name()) }()
	if err := writeKey(draft); err != nil {
		return err
	}
	if err := publish(draft.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

func writeKey(f *os.File) error {
	_, err := f.WriteString(NewKey() + "\n")
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// publish gives the draft its name. A link fails if the name is taken. Where
// the file system has no links, the key is written in place.
func publish(draft, path string) error {
	err := os.Link(draft, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	return writeKey(f)
}

// syncDir makes a new name durable. Some file systems can't, and do not need
// it.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	_ = d.Sync()
	return d.Close()
}
