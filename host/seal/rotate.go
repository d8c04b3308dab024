package seal

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/keyset"

	"github.com/usherhost/usher/host"
)

// A rotation replaces both keys: the data key, under which values are sealed, and the
// key-encryption key, under which the data keys are stored. Its steps, each durable
// before the next begins:
//
//  1. The new key-encryption key is made, beside the old one (in the file
//     secrets.key.new). Nothing needs it yet.
//  2. A new data key is added and becomes the primary one: what is sealed from now on
//     is sealed under it. The old one stays, and both are stored under the old
//     key-encryption key.
//  3. Each value that is sealed under the old data key is sealed again, some at a
//     time.
//  4. One write stores the new data key alone, under the new key-encryption key. From
//     now on the old keys open nothing in this database.
//  5. The key files are renamed: the old one is kept as secrets.key.old-ID, for
//     backups that were made before, and the new one takes its place.
//
// A rotation may be cut off at any moment and run again. Before step 4 the host starts
// with the old key: more than one data key is how the next run knows that it goes on
// at step 3, where a value that has its new form is left alone. After step 4 the new
// key is stored beside the old one, and [Open] finds it by its id and does step 5.

// Values are the sealed values of a store.
type Values interface {
	// CountSealed returns how many there are.
	CountSealed(ctx context.Context) (int, error)
	// Reseal stores what replace returns for each value instead of it; nil leaves
	// it. It calls done with how many are durable since the last call.
	Reseal(ctx context.Context, replace func(place, sealed []byte) ([]byte, error), done func(n int)) error
}

// Rotation replaces the keys of a store and seals its values again.
type Rotation struct {
	Store  host.MetaStore
	Values Values
	Key    Options // the key that the host starts with
	// NewKey is the operator's next key, which must be set when Key is not a file
	// that the host made. Zero: a new file takes the place of Key.CreateFile.
	NewKey   Options
	Progress func(done, total int) // called after each part of the values; may be nil
}

// Rotated is what a [Rotation] did.
type Rotated struct {
	KeyID      string // of the new key-encryption key
	OldKeyID   string // empty when an earlier run had replaced it
	OldKeyFile string // where the old key is kept; empty when it is not the host's file
	Values     int    // that are sealed under the new key
	Unreadable int    // values that no key opens; they are left as they are
}

// Run rotates, or completes a rotation that was cut off. No host may run on the store.
// Backups that were made before it still need the old key.
//
// NotFound when nothing was ever sealed in the store; Invalid when a new key is missing
// or is the old one.
func (r *Rotation) Run(ctx context.Context) (Rotated, error) {
	stored, err := load(ctx, r.Store)
	if err == nil && stored == nil {
		err = &host.Error{Code: host.NotFound, Text: "the database has no encrypted values", Hint: "start a host on it once"}
	}
	if err != nil {
		return Rotated{}, err
	}
	next, err := r.next()
	if err != nil {
		return Rotated{}, err
	}
	k, _, err := next.kek(nil)
	if err != nil {
		return Rotated{}, err
	}
	if present, err := r.Key.read(); err == nil && present.id == k.id {
		return Rotated{}, &host.Error{Code: host.Invalid, Text: "the new key of " + k.origin + " is the present one", Hint: howToMake}
	}
	if k.id == stored.KeyID {
		return r.complete(k)
	}
	box, err := Open(ctx, r.Key, r.Store)
	if err != nil {
		return Rotated{}, err
	}
	return r.rotate(ctx, box, next)
}

// next returns where the new key is.
func (r *Rotation) next() (Options, error) {
	given := r.NewKey.Key != "" || r.NewKey.KeyFile != ""
	switch {
	case given:
		return r.NewKey, nil
	case r.Key.Key != "" || r.Key.KeyFile != "":
		return Options{}, &host.Error{
			Code: host.Invalid, Text: "the present key is not a file that the host made, so the new one must be given", Hint: howToMake,
		}
	}
	return Options{CreateFile: r.Key.CreateFile + newSuffix}, nil
}

// complete ends a rotation that was cut off after the database had the new key.
func (r *Rotation) complete(k *kek) (Rotated, error) {
	done := Rotated{KeyID: k.id}
	if k.path != r.Key.CreateFile+newSuffix {
		return done, nil
	}
	var err error
	done.OldKeyFile, err = replaceKeyFile(r.Key.CreateFile)
	return done, err
}

func (r *Rotation) rotate(ctx context.Context, box *Box, next Options) (Rotated, error) {
	done := Rotated{OldKeyID: box.KeyID()}
	if box.dataKeys() == 1 {
		if err := box.Rotate(ctx); err != nil {
			return done, err
		}
	}
	if err := r.reseal(ctx, box, &done); err != nil {
		return done, err
	}
	if _, err := box.Rewrap(ctx, next); err != nil {
		return done, err
	}
	completed, err := r.complete(box.kek)
	done.KeyID, done.OldKeyFile = completed.KeyID, completed.OldKeyFile
	return done, err
}

// reseal seals all values under the primary data key.
func (r *Rotation) reseal(ctx context.Context, box *Box, done *Rotated) error {
	total, err := r.Values.CountSealed(ctx)
	if err != nil {
		return fmt.Errorf("count sealed values: %w", err)
	}
	looked := 0
	err = r.Values.Reseal(ctx, func(place, sealed []byte) ([]byte, error) {
		if box.isPrimary(sealed) {
			return nil, nil
		}
		plaintext, err := box.Open(sealed, place)
		if host.CodeOf(err) == host.Corrupt {
			done.Unreadable++
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		return box.Seal(plaintext, place)
	}, func(n int) {
		if looked += n; r.Progress != nil {
			r.Progress(looked, total)
		}
	})
	done.Values = looked - done.Unreadable
	if err != nil {
		return fmt.Errorf("seal values again: %w", err)
	}
	return nil
}

// dataKeys returns how many data keys there are: two during a rotation.
func (b *Box) dataKeys() int { return b.keys.Load().handle.Len() }

// isPrimary reports whether a value is sealed under the primary data key. Tink writes
// the key's id at the beginning.
func (b *Box) isPrimary(sealed []byte) bool {
	prefix := binary.BigEndian.AppendUint32([]byte{1}, b.keys.Load().handle.KeysetInfo().GetPrimaryKeyId())
	return bytes.HasPrefix(sealed, prefix)
}

// onlyPrimary returns the keyset without its other keys.
func onlyPrimary(handle *keyset.Handle) (*keyset.Handle, error) {
	manager := keyset.NewManagerFromHandle(handle)
	info := handle.KeysetInfo()
	for _, key := range info.GetKeyInfo() {
		if key.GetKeyId() == info.GetPrimaryKeyId() {
			continue
		}
		if err := manager.Delete(key.GetKeyId()); err != nil {
			return nil, err
		}
	}
	return manager.Handle()
}
