package seal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/usherhost/usher/host/durable"
)

// createKeyFile writes a new key to path, readable by its owner alone. The
// file appears whole or not at all, also when the power fails, and never in the
// place of another: [fs.ErrExist] says that there is one.
func createKeyFile(path string) error {
	if err := durable.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return durable.Create(path, []byte(NewKey()+"\n"), 0o600)
}

// newSuffix ends the name of the next key file during a [Rotation].
const newSuffix = ".new"

// completeKeyFile puts the new key file in its place, if it is there and has the key
// that the database needs: a rotation was cut off before its last step.
func completeKeyFile(path, keyID string) (k *kek, done bool, err error) {
	k, err = readKeyFile(path + newSuffix)
	if errors.Is(err, fs.ErrNotExist) || err == nil && k.id != keyID {
		return nil, false, nil // there is none, or it is not needed yet
	}
	if err != nil {
		return nil, false, err
	}
	if _, err := replaceKeyFile(path); err != nil {
		return nil, false, err
	}
	k.path, k.origin = path, path
	return k, true, nil
}

// replaceKeyFile gives the new key file the name of the old one, which is kept under
// another that it returns. It may be called again after it was cut off.
func replaceKeyFile(path string) (old string, err error) {
	k, err := readKeyFile(path)
	if err == nil {
		old = path + ".old-" + k.id
		err = os.Rename(path, old)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("keep the old key file: %w", err)
	}
	if err := os.Rename(path+newSuffix, path); err != nil {
		return old, fmt.Errorf("put the new key file in its place: %w", err)
	}
	return old, durable.SyncDir(filepath.Dir(path))
}
