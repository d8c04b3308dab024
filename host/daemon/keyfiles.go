package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/durable"
	"github.com/usherhost/usher/host/registry"
	"github.com/usherhost/usher/host/seal"
	"github.com/usherhost/usher/host/settings"
	"github.com/usherhost/usher/host/sqlite"
	"github.com/usherhost/usher/host/web"
)

// OpenBox opens the encryption of secrets, and prints a note when it created the key.
func OpenBox(ctx context.Context, t term.Terminal, cfg settings.Config, db *sqlite.DB, newDatabase bool) (*seal.Box, error) {
	if !newDatabase {
		if err := ownDatabase(ctx, cfg, db); err != nil {
			return nil, err
		}
	}
	box, err := seal.Open(ctx, SealOptions(cfg), db)
	if err != nil {
		return nil, err
	}
	if path, created := box.Created(); created {
		t.Note("usher: created the key that encrypts the secrets: %s\n"+
			"usher: back it up in another place than the database: without it no stored secret can be read", path)
	}
	return box, nil
}

// SealOptions returns where the configuration has the key that encrypts secrets.
func SealOptions(cfg settings.Config) seal.Options {
	return seal.Options{
		Key: cfg.SecretsKey, KeyName: cfg.Source("secrets_key"),
		KeyFile:    cfg.SecretsKeyFile,
		CreateFile: filepath.Join(cfg.Data, settings.SecretsKeyFile),
	}
}

// ownDatabase refuses a database that no host has used, beside the API key that
// a first start wrote when it had used one: that one was lost.
func ownDatabase(ctx context.Context, cfg settings.Config, db *sqlite.DB) error {
	path := filepath.Join(cfg.Data, settings.AdminKeyFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	used, err := seal.Begun(ctx, db)
	if used || err != nil {
		return err
	}
	return &host.Error{
		Code: host.Refused,
		Text: fmt.Sprintf("the data directory %s has the API key of a host (%s), and a database that no host has used", cfg.Data, settings.AdminKeyFile),
		Hint: "restore the host's database, or a backup of it; see 'usher backup --help'\n" +
			"to use the database that is there: usher serve --data " + cfg.Data + " --new-database",
	}
}

// EnsureAdminKey makes an API key for the command line at the first start, unless the
// configuration has the first key. An older one, of a database that was lost, is renamed.
func EnsureAdminKey(ctx context.Context, t term.Terminal, cfg settings.Config, reg *registry.Registry) error {
	if cfg.FirstKey != "" {
		return ensureFirstKey(ctx, t, cfg, reg)
	}
	path := filepath.Join(cfg.Data, settings.AdminKeyFile)
	made, err := reg.EnsureAdminKey(ctx, func(secret string) error {
		if info, err := os.Lstat(path); err == nil && info.Size() > 0 {
			if err := os.Rename(path, path+".before-"+time.Now().UTC().Format("20060102T150405.000000Z")); err != nil {
				return err
			}
		}
		return saveKey(path, secret)
	})
	if err != nil {
		return fmt.Errorf("make the first API key: %w", err)
	}
	if made {
		t.Note("usher: an API key with every scope is in %s; the commands read it from there (--data)", path)
	}
	return nil
}

// ensureFirstKey stores the hash of the operator's key when no key may manage. One
// that came too late is a note: a tool that changes it expects the host to take it.
func ensureFirstKey(ctx context.Context, t term.Terminal, cfg settings.Config, reg *registry.Registry) error {
	hash := web.HashKey(cfg.FirstKey)
	source := cfg.Source("first_key")
	made, err := reg.EnsureGivenKey(ctx, hash)
	if err != nil {
		return fmt.Errorf("store the first API key: %w", err)
	}
	if made {
		t.Note("usher: the key from %s may do everything; only its hash is stored", source)
		return nil
	}
	keys, err := reg.Keys(ctx)
	if err != nil {
		return fmt.Errorf("store the first API key: %w", err)
	}
	if !slices.ContainsFunc(keys, func(k host.Key) bool { return k.Hash == hash }) {
		t.Note("usher: the key from %s is ignored: this host has keys already; 'usher keys rotate' replaces one", source)
	}
	return nil
}

// saveKey writes a key and waits for the disk: once its hash is stored, the key
// is nowhere else.
func saveKey(path, secret string) error {
	return durable.Replace(path, []byte(secret+"\n"), 0o600)
}
