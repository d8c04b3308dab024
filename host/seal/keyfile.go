package seal

import (
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
