package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/client"
	"github.com/usherhost/usher/host/registry"
	"github.com/usherhost/usher/host/settings"
	"github.com/usherhost/usher/host/sqlite"
	"github.com/usherhost/usher/host/web"
)

func newKeys(env *command.Env) *cobra.Command {
	return command.Parent("keys", "Manage API keys and the encryption key", command.GroupHost,
		newKeysCreate(env), newKeysList(env), newKeysRemove(env), newKeysRotateEncryption(env))
}

func newKeysCreate(env *command.Env) *cobra.Command {
	var scopes []string
	var offline bool
	cmd := &cobra.Command{
		Use:   "create NAME",
		Short: "Create an API key; it is shown once, on stdout",
		Long: `Create an API key, which is shown once, on stdout. This needs a key with scope
manage. When none is left, stop the host and create one with --offline, which
needs only the data directory.`,
		Example: `  usher keys create signup-service --scope ingest
  usher keys create admin --scope ingest,manage,read --offline`,
		Args: command.Exactly("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			asked := make([]host.Scope, len(scopes))
			for i, s := range scopes {
				asked[i] = host.Scope(s)
			}
			create := createKey
			if offline {
				create = createKeyOffline
			}
			key, err := create(cmd.Context(), env, args[0], asked)
			if err != nil {
				return err
			}
			env.Term.Note("%s (%s) may %s; store the key now, it is not shown again", key.Name, key.ID, strings.Join(scopes, ", "))
			return env.Term.Answer(key, func(w io.Writer) { term.Fprintln(w, key.Secret) })
		},
	}
	cmd.Flags().StringSliceVar(&scopes, "scope", []string{string(host.ScopeIngest)}, "scope of the key: ingest, decide, manage, read; repeatable")
	cmd.Flags().BoolVar(&offline, "offline", false, "create the key in the data directory (--data) of a stopped host")
	return cmd
}

func createKey(ctx context.Context, env *command.Env, name string, scopes []host.Scope) (client.Key, error) {
	c, err := env.Client()
	if err != nil {
		return client.Key{}, err
	}
	return c.CreateKey(ctx, name, scopes)
}

// createKeyOffline needs no key: a user who may write the data directory owns the
// host.
func createKeyOffline(ctx context.Context, env *command.Env, name string, scopes []host.Scope) (key client.Key, err error) {
	db, err := openStopped(ctx, env.Config.Data)
	if err != nil {
		return key, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	reg := &registry.Registry{Store: db, NewKey: web.NewKey}
	key.Key, key.Secret, err = reg.CreateKey(ctx, name, scopes)
	return key, err
}

// openStopped opens the database of a host that is stopped; it creates none.
func openStopped(ctx context.Context, data string) (*sqlite.DB, error) {
	if _, err := os.Stat(filepath.Join(data, sqlite.FileName)); err != nil {
		return nil, &host.Error{Code: host.NotFound, Text: "there is no database in " + data, Hint: "name the data directory with --data", Err: err}
	}
	return sqlite.Open(ctx, data, sqlite.Options{Beside: settings.MadeByHost})
}

func newKeysList(env *command.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the API keys; the keys themselves are never shown",
		Args:  command.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := env.Client()
			if err != nil {
				return err
			}
			keys, err := c.Keys(cmd.Context())
			if err != nil {
				return err
			}
			return env.Term.Answer(map[string]any{"keys": term.NotNil(keys)}, func(w io.Writer) {
				rows := make([][]string, len(keys))
				for i, k := range keys {
					rows[i] = []string{k.Name, k.ID, scopeList(k.Scopes), term.ShortTime(k.CreatedAt)}
				}
				env.Term.Table(w, []string{"NAME", "ID", "SCOPES", "CREATED"}, rows)
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

func newKeysRemove(env *command.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "rm KEY",
		Short: "Remove an API key by its id; it stops working at once",
		Args:  command.Exactly("KEY"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := env.Client()
			if err != nil {
				return err
			}
			if err := c.DeleteKey(cmd.Context(), args[0]); err != nil {
				return err
			}
			return env.Term.Answer(map[string]any{"deleted": args[0]}, func(w io.Writer) { term.Fprintf(w, "removed %s\n", args[0]) })
		},
	}
}
