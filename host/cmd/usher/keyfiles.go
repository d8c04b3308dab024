package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/durable"
	"github.com/usherhost/usher/host/registry"
	"github.com/usherhost/usher/host/seal"
	"github.com/usherhost/usher/host/sqlite"
)

// The files in the data directory that the first start makes: the API key of
// the command line, and the key that encrypts the secrets.
const (
	adminKeyFile   = "admin.key"
	secretsKeyFile = "secrets.key"
)

// madeByHost tell that a data directory has had a host.
var madeByHost = []string{secretsKeyFile, adminKeyFile}

// openBox opens the encryption of secrets, and says so when it made the key.
func (a *app) openBox(ctx context.Context, db *sqlite.DB, newDatabase bool) (*seal.Box, error) {
	if !newDatabase {
		if err := a.ownDatabase(ctx, db); err != nil {
			return nil, err
		}
	}
	box, err := seal.Open(ctx, seal.Options{
		Key: a.cfg.SecretsKey, KeyName: a.cfg.sources["secrets_key"],
		KeyFile:    a.cfg.SecretsKeyFile,
		CreateFile: filepath.Join(a.cfg.Data, secretsKeyFile),
	}, db)
	if err != nil {
		return nil, err
	}
	if path, created := box.Created(); created {
		a.term.note("usher: made the key that encrypts the secrets: %s\n"+
			"usher: back it up, apart from the database: without it no stored secret can be read", path)
	}
	return box, nil
}

// ownDatabase refuses a database that no host has used, beside the API key that
// a first start wrote when it had used one: that one was lost.
func (a *app) ownDatabase(ctx context.Context, db *sqlite.DB) error {
	path := filepath.Join(a.cfg.Data, adminKeyFile)
	if !exists(path) {
		return nil
	}
	used, err := seal.Begun(ctx, db)
	if used || err != nil {
		return err
	}
	return &host.Error{
		Code: host.Refused,
		Text: fmt.Sprintf("the data directory %s has the API key of a host (%s), and a database that no host has used", a.cfg.Data, adminKeyFile),
		Hint: "put the host's database back, or restore a backup of it; see 'usher backup --help'\n" +
			"to use the database that is there: usher serve --data " + a.cfg.Data + " --new-database",
	}
}

// ensureAdminKey makes an API key for the command line at the first start. An
// older one, of a database that was lost, is kept beside it.
func (a *app) ensureAdminKey(ctx context.Context, reg *registry.Registry) error {
	path := filepath.Join(a.cfg.Data, adminKeyFile)
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
		a.term.note("usher: an API key with every scope is in %s; the commands find it there (--data)", path)
	}
	return nil
}

// saveKey writes a key and waits for the disk: once its hash is stored, the key
// is nowhere else.
func saveKey(path, secret string) error {
	return durable.Replace(path, []byte(secret+"\n"), 0o600)
}
