package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/client"
	"github.com/usherhost/usher/host/registry"
	"github.com/usherhost/usher/host/sqlite"
	"github.com/usherhost/usher/host/web"
)

func newKeys(a *app) *cobra.Command {
	return parent("keys", "Make and remove API keys", groupHost, newKeysCreate(a), newKeysList(a), newKeysRemove(a))
}

func newKeysCreate(a *app) *cobra.Command {
	var scopes []string
	var offline bool
	cmd := &cobra.Command{
		Use:   "create NAME",
		Short: "Make an API key; it is shown once, on stdout",
		Long: `Make an API key, which is shown once, on stdout. That takes a key with scope
manage. When none is left, stop the host and make one with --offline: it takes
the data directory alone.`,
		Example: `  usher keys create signup-service --scope ingest
  usher keys create admin --scope ingest,manage,read --offline`,
		Args: exactly("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			asked := make([]host.Scope, len(scopes))
			for i, s := range scopes {
				asked[i] = host.Scope(s)
			}
			create := a.createKey
			if offline {
				create = a.createKeyOffline
			}
			key, err := create(cmd.Context(), args[0], asked)
			if err != nil {
				return err
			}
			a.term.note("%s (%s) may %s; keep the key now, it is not shown again", key.Name, key.ID, join(scopes))
			return a.term.answer(key, func(w io.Writer) { fprintln(w, key.Secret) })
		},
	}
	cmd.Flags().StringSliceVar(&scopes, "scope", []string{string(host.ScopeIngest)}, "what it may do: ingest, manage, read; repeatable")
	cmd.Flags().BoolVar(&offline, "offline", false, "make it in the data directory (--data) of a host that is stopped")
	return cmd
}

func (a *app) createKey(ctx context.Context, name string, scopes []host.Scope) (client.Key, error) {
	c, err := a.client()
	if err != nil {
		return client.Key{}, err
	}
	return c.CreateKey(ctx, name, scopes)
}

// createKeyOffline needs no key: who may write the data directory owns the host.
func (a *app) createKeyOffline(ctx context.Context, name string, scopes []host.Scope) (key client.Key, err error) {
	if _, err := os.Stat(filepath.Join(a.cfg.Data, sqlite.FileName)); err != nil {
		return key, &host.Error{Code: host.NotFound, Text: "there is no database in " + a.cfg.Data, Hint: "name the data directory with --data", Err: err}
	}
	db, err := sqlite.Open(ctx, a.cfg.Data, sqlite.Options{Beside: madeByHost})
	if err != nil {
		return key, err
	}
	defer closeLast(db.Close, &err)
	reg := &registry.Registry{Store: db, NewKey: web.NewKey}
	key.Key, key.Secret, err = reg.CreateKey(ctx, name, scopes)
	return key, err
}

func newKeysList(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the API keys; the keys themselves are never shown",
		Args:  exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.client()
			if err != nil {
				return err
			}
			keys, err := c.Keys(cmd.Context())
			if err != nil {
				return err
			}
			return a.term.answer(map[string]any{"keys": notNil(keys)}, func(w io.Writer) {
				rows := make([][]string, len(keys))
				for i, k := range keys {
					rows[i] = []string{k.Name, k.ID, scopeList(k.Scopes), shortTime(k.CreatedAt)}
				}
				a.term.table(w, []string{"NAME", "ID", "SCOPES", "CREATED"}, rows)
			})
		},
	}
}

func scopeList(scopes []host.Scope) string {
	words := make([]string, len(scopes))
	for i, s := range scopes {
		words[i] = string(s)
	}
	return strings.Join(words, ",")
}

func newKeysRemove(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "rm KEY",
		Short: "Remove an API key by its id; it stops working at once",
		Args:  exactly("KEY"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.client()
			if err != nil {
				return err
			}
			if err := c.DeleteKey(cmd.Context(), args[0]); err != nil {
				return err
			}
			return a.term.answer(map[string]any{"deleted": args[0]}, func(w io.Writer) { fprintf(w, "removed %s\n", args[0]) })
		},
	}
}
