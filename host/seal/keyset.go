package seal

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/keyset"

	"github.com/usherhost/usher/host"
)

const (
	metaName = "seal.keyset"
	format   = 1
	restore  = "restore the database from a backup, or set the secrets again in a new data directory"
)

// purpose binds the encrypted data keys to what they are for.
var purpose = []byte("usher data keys v1")

// wrapped is the stored form of the data keys.
type wrapped struct {
	Format int    `json:"format"`
	KeyID  string `json:"key_id"` // of the key-encryption key
	Keyset []byte `json:"keyset"` // encrypted under it
}

// Begun reports whether the store has sealed data keys: that a [Box] was opened
// on it before.
func Begun(ctx context.Context, store host.MetaStore) (bool, error) {
	stored, err := load(ctx, store)
	return stored != nil, err
}

// load returns the stored data keys, nil when there are none.
func load(ctx context.Context, store host.MetaStore) (*wrapped, error) {
	blob, err := store.Meta(ctx, metaName)
	if err != nil && host.CodeOf(err) == host.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read data keys: %w", err)
	}
	var w wrapped
	if err := json.Unmarshal(blob, &w); err != nil {
		return nil, corrupt(err)
	}
	if w.Format != format {
		return nil, &host.Error{
			Code: host.Refused,
			Text: fmt.Sprintf("the data keys are stored in format %d, this usher knows format %d", w.Format, format),
			Hint: "use the version of usher that last opened this data directory, or a newer one",
		}
	}
	return &w, nil
}

func save(ctx context.Context, store host.MetaStore, k *kek, handle *keyset.Handle) error {
	var sealed bytes.Buffer
	if err := handle.WriteWithAssociatedData(keyset.NewBinaryWriter(&sealed), k.aead, purpose); err != nil {
		return fmt.Errorf("encrypt data keys: %w", err)
	}
	blob, err := json.Marshal(wrapped{Format: format, KeyID: k.id, Keyset: sealed.Bytes()})
	if err != nil {
		return fmt.Errorf("write data keys: %w", err)
	}
	if err := store.SetMeta(ctx, metaName, blob); err != nil {
		return fmt.Errorf("store data keys: %w", err)
	}
	return nil
}

// unwrap decrypts the data keys.
func (k *kek) unwrap(w *wrapped) (*keyset.Handle, error) {
	if w.KeyID != k.id {
		return nil, &host.Error{
			Code: host.Refused,
			Text: fmt.Sprintf("the key of %s does not fit the database: its secrets are sealed under key %s, this is key %s", k.origin, w.KeyID, k.id),
			Hint: "start with the key that this database was used with, or with the database that belongs to this key",
		}
	}
	handle, err := keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(w.Keyset)), k.aead, purpose)
	if err != nil {
		return nil, corrupt(err)
	}
	return handle, nil
}

func corrupt(err error) error {
	return &host.Error{Code: host.Corrupt, Text: "the stored data keys are damaged", Hint: restore, Err: err}
}
