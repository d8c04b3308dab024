// Package seal keeps secrets encrypted at rest. Values are sealed under data
// keys; the data keys are stored encrypted under one key-encryption key, which
// stays outside of the database. Where sealed values are stored is the caller's
// business.
package seal

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/usherhost/usher/host"
)

// Box seals values and opens them. It is safe for concurrent use.
type Box struct {
	store   host.MetaStore
	created string

	mu  sync.Mutex // guards kek and the stored keyset while it is rewritten
	kek *kek

	keys atomic.Pointer[keys]
}

// keys are the data keys at one time.
type keys struct {
	handle *keyset.Handle
	aead   tink.AEAD
}

// Open returns the box of a store, with the key-encryption key that o names.
//
// On first start it makes the data key and, if o leaves that to it, the
// key-encryption key too; see [Box.Created]. Once the store has sealed data
// keys it never makes a key-encryption key: a lost one is a Refused
// [host.Error], as is one that does not fit. Two processes must not open a
// fresh store at once.
func Open(ctx context.Context, o Options, store host.MetaStore) (*Box, error) {
	stored, err := load(ctx, store)
	if err != nil {
		return nil, err
	}
	k, created, err := o.kek(stored)
	if err != nil {
		return nil, err
	}
	b := &Box{store: store, kek: k}
	if created {
		b.created = k.path
	}
	if stored == nil {
		return b, b.begin(ctx)
	}
	handle, err := k.unwrap(stored)
	if err != nil {
		return nil, err
	}
	return b, b.use(handle)
}

// begin makes the first data key.
func (b *Box) begin(ctx context.Context) error {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return fmt.Errorf("make data key: %w", err)
	}
	if err := save(ctx, b.store, b.kek, handle); err != nil {
		return err
	}
	return b.use(handle)
}

func (b *Box) use(handle *keyset.Handle) error {
	primitive, err := aead.New(handle)
	if err != nil {
		return fmt.Errorf("read data keys: %w", err)
	}
	b.keys.Store(&keys{handle: handle, aead: primitive})
	return nil
}

// Created returns the path of the key file of [Options] CreateFile if this is
// the first start with it: the operator must back it up, separately from
// the database.
func (b *Box) Created() (path string, created bool) {
	return b.created, b.created != ""
}

// KeyID names the key-encryption key, without revealing any of it.
func (b *Box) KeyID() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.kek.id
}

// Seal encrypts plaintext for a place, such as the name it is stored under. Only
// Open with the same place decrypts it, so that sealed values can't be moved.
func (b *Box) Seal(plaintext, place []byte) ([]byte, error) {
	sealed, err := b.keys.Load().aead.Encrypt(plaintext, place)
	if err != nil {
		return nil, fmt.Errorf("seal value: %w", err)
	}
	return sealed, nil
}

// Open decrypts what Seal made, also before a Rotate. A Corrupt [host.Error]
// is a value that was changed, or sealed for another place or by another box.
func (b *Box) Open(sealed, place []byte) ([]byte, error) {
	plaintext, err := b.keys.Load().aead.Decrypt(sealed, place)
	if err != nil {
		return nil, &host.Error{
			Code: host.Corrupt,
			Text: "a sealed value can't be opened: it was changed, or sealed for another place or under other data keys",
			Hint: "set the secret again",
			Err:  err,
		}
	}
	return plaintext, nil
}

// Rotate makes a new data key for what is sealed from now on, and keeps the
// old ones for what is sealed already. [Rotation] is the whole way to new keys.
func (b *Box) Rotate(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	handle, err := b.stored(ctx)
	if err != nil {
		return err
	}
	if handle, err = withNewPrimary(handle); err != nil {
		return fmt.Errorf("make data key: %w", err)
	}
	if err := save(ctx, b.store, b.kek, handle); err != nil {
		return err
	}
	return b.use(handle)
}

// Rewrap encrypts the primary data key under the key-encryption key that o names,
// and reports whether it was created for that. It drops the other data keys: no
// value may be sealed under them any more. The next Open needs the new key.
func (b *Box) Rewrap(ctx context.Context, o Options) (created bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	handle, err := b.stored(ctx)
	if err != nil {
		return false, err
	}
	if handle, err = onlyPrimary(handle); err != nil {
		return false, fmt.Errorf("drop old data keys: %w", err)
	}
	k, created, err := o.kek(nil)
	if err != nil {
		return false, err
	}
	if err := save(ctx, b.store, k, handle); err != nil {
		return created, err
	}
	b.kek = k
	return created, b.use(handle)
}

// stored reads the data keys as they are now: another process may have
// rotated them since.
func (b *Box) stored(ctx context.Context) (*keyset.Handle, error) {
	w, err := load(ctx, b.store)
	if err != nil {
		return nil, err
	}
	if w == nil {
		return nil, &host.Error{Code: host.Corrupt, Text: "the sealed data keys are gone from the database", Hint: restore}
	}
	return b.kek.unwrap(w)
}

func withNewPrimary(handle *keyset.Handle) (*keyset.Handle, error) {
	manager := keyset.NewManagerFromHandle(handle)
	id, err := manager.Add(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, err
	}
	if err := manager.SetPrimary(id); err != nil {
		return nil, err
	}
	return manager.Handle()
}
