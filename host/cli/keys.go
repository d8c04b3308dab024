package cli

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

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
		newKeysCreate(env), newKeysList(env), newKeysShow(env), newKeysRotate(env), newKeysRemove(env), newKeysRotateEncryption(env))
}

// keyFlags are the flags of `usher keys create`.
type keyFlags struct {
	scopes  []string
	expires string
	offline bool
}

func newKeysCreate(env *command.Env) *cobra.Command {
	var f keyFlags
	cmd := &cobra.Command{
		Use:   "create NAME",
		Short: "Create an API key; it is shown once, on stdout",
		Long: `Create an API key, which is shown once, on stdout. This needs a key with scope
manage. When none is left, stop the host and create one with --offline, which
needs only the data directory.

With --expires, the key is refused from then on. 'usher keys rotate' replaces a key
while its senders are changed.`,
		Example: `  usher keys create signup-service --scope ingest --expires 90d
  usher keys create admin --scope ingest,decide,manage,read --offline`,
		Args: command.Exactly("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			n := host.NewKey{Name: args[0], Scopes: make([]host.Scope, len(f.scopes))}
			for i, s := range f.scopes {
				n.Scopes[i] = host.Scope(s)
			}
			var err error
			if n.ExpiresAt, err = parseExpiry(f.expires, time.Now()); err != nil {
				return err
			}
			create := createKey
			if f.offline {
				create = createKeyOffline
			}
			key, err := create(cmd.Context(), env, n)
			if err != nil {
				return err
			}
			env.Term.Note("%s (%s) may %s%s; store the key now, it is not shown again", key.Name, key.ID, strings.Join(f.scopes, ", "), until(key.Key))
			return env.Term.Answer(key, func(w io.Writer) { term.Fprintln(w, key.Secret) })
		},
	}
	cmd.Flags().StringSliceVar(&f.scopes, "scope", []string{string(host.ScopeIngest)}, "scope of the key: ingest, decide, manage, read; repeatable")
	cmd.Flags().StringVar(&f.expires, "expires", "", expiresUsage)
	cmd.Flags().BoolVar(&f.offline, "offline", false, "create the key in the data directory (--data) of a stopped host")
	return cmd
}

// until says when a key expires.
func until(k host.Key) string {
	if k.ExpiresAt.IsZero() {
		return ""
	}
	return " until " + term.ShortTime(k.ExpiresAt)
}

func createKey(ctx context.Context, env *command.Env, n host.NewKey) (client.Key, error) {
	c, err := env.Client()
	if err != nil {
		return client.Key{}, err
	}
	return c.CreateKey(ctx, n)
}

// createKeyOffline needs no key: a user who may write the data directory owns the
// host.
func createKeyOffline(ctx context.Context, env *command.Env, n host.NewKey) (key client.Key, err error) {
	db, err := openStopped(ctx, env.Config.Data)
	if err != nil {
		return key, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	reg := &registry.Registry{Store: db, NewKey: web.NewKey}
	key.Key, key.Secret, err = reg.CreateKey(ctx, n)
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
		Use:     "list",
		Short:   "List the API keys; the keys themselves are never shown",
		Example: "  usher keys list",
		Args:    command.Exactly(),
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
					rows[i] = []string{
						k.Name, k.ID, scopeList(k.Scopes), term.ShortTime(k.CreatedAt),
						cmp.Or(term.ShortTime(k.LastUsedAt), "never"), expiry(env.Term, k, time.Now()),
					}
				}
				env.Term.Table(w, []string{"NAME", "ID", "SCOPES", "CREATED", "LAST USED", "EXPIRES"}, rows)
			})
		},
	}
}

// expiry is when a key expires, or that it did.
func expiry(t term.Terminal, k host.Key, now time.Time) string {
	switch {
	case k.ExpiresAt.IsZero():
		return "never"
	case k.Expired(now):
		return t.Red("expired " + term.ShortTime(k.ExpiresAt))
	default:
		return term.ShortTime(k.ExpiresAt)
	}
}

func scopeList(scopes []host.Scope) string {
	words := make([]string, len(scopes))
	for i, s := range scopes {
		words[i] = string(s)
	}
	return strings.Join(words, ",")
}

func newKeysShow(env *command.Env) *cobra.Command {
	return &cobra.Command{
		Use:     "show KEY",
		Short:   "Show an API key's scopes, its last use and when it expires",
		Example: "  usher keys show signup-service",
		Args:    command.Exactly("KEY"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := env.Client()
			if err != nil {
				return err
			}
			key, err := c.FindKey(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return env.Term.Answer(key, func(w io.Writer) { printKey(env.Term, w, key) })
		},
	}
}

func printKey(t term.Terminal, w io.Writer, k host.Key) {
	previous := ""
	if time.Now().Before(k.PreviousUntil) {
		previous = "what it was before the rotation is valid until " + term.ShortTime(k.PreviousUntil)
	}
	t.Pairs(w, "name", k.Name, "id", k.ID, "scopes", scopeList(k.Scopes), "created", term.ShortTime(k.CreatedAt),
		"last used", cmp.Or(term.ShortTime(k.LastUsedAt), "never"), "rotated", term.ShortTime(k.RotatedAt),
		"expires", expiry(t, k, time.Now()), "previous", previous)
}

func newKeysRemove(env *command.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "rm KEY",
		Short: "Remove an API key; it stops working at once",
		Example: `  usher keys rm signup-service
  usher keys rm key_01kaj5v7m3q9w8t6r4e2y0n1pz`,
		Args: command.Exactly("KEY"),
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
