package operator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/durable"
	"github.com/usherhost/usher/host/settings"
	"github.com/usherhost/usher/host/sqlite"
)

func newBackup(env *command.Env) *cobra.Command {
	var withKeys bool
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Copy the database to FILE, also while the host runs",
		Long: `Copy the database of the data directory to a new FILE, in the state of one moment.
The host may run meanwhile.

The copy contains the secrets, encrypted, but neither the key that encrypts them nor
the API key of the commands. Store secrets.key and admin.key in another place: no
secret can be read without secrets.key. --with-keys also writes FILE.secrets.key and
FILE.admin.key; all three files together give access to everything.

To restore it, put the files into an empty data directory and start a host on it:

  mkdir -m 700 restored
  cp FILE restored/usher.db
  cp FILE.secrets.key restored/secrets.key
  cp FILE.admin.key restored/admin.key
  usher serve --data restored

The restored host runs the executions that had not ended when the copy was made. If
the former host ran on after the copy, some of them run a second time.`,
		Example: "  usher backup /var/backups/usher-$(date +%F).db",
		GroupID: command.GroupHost,
		Args:    command.Exactly("FILE"),
		RunE:    func(cmd *cobra.Command, args []string) error { return backup(cmd.Context(), env, args[0], withKeys) },
	}
	cmd.Flags().BoolVar(&withKeys, "with-keys", false, "also copy the key files, to FILE.secrets.key and FILE.admin.key")
	return cmd
}

// backupAnswer is what `usher backup --json` prints.
type backupAnswer struct {
	File     string   `json:"file"`
	Bytes    int64    `json:"bytes"`
	KeyFiles []string `json:"key_files"`
}

func backup(ctx context.Context, env *command.Env, file string, withKeys bool) error {
	answer := backupAnswer{File: file, KeyFiles: []string{}}
	keys := map[string]string{}
	if withKeys {
		if env.Config.SecretsKey != "" {
			return term.UsageError{
				Err:  fmt.Errorf("the key that encrypts the secrets is in no file, but in %s", env.Config.Source("secrets_key")),
				Hint: "back up without --with-keys, and store that key in another place",
			}
		}
		keys[file+"."+settings.SecretsKeyFile] = cmp.Or(env.Config.SecretsKeyFile, filepath.Join(env.Config.Data, settings.SecretsKeyFile))
		keys[file+"."+settings.AdminKeyFile] = filepath.Join(env.Config.Data, settings.AdminKeyFile)
	}
	var err error
	if answer.Bytes, err = sqlite.Backup(ctx, env.Config.Data, file); err != nil {
		return err
	}
	for _, name := range []string{settings.SecretsKeyFile, settings.AdminKeyFile} {
		to := file + "." + name
		if from, asked := keys[to]; asked {
			if err := copyKey(from, to); err != nil {
				return err
			}
			answer.KeyFiles = append(answer.KeyFiles, to)
		}
	}
	if !withKeys {
		env.Term.Note("usher: the keys are not in it: store %s in another place; without it no secret in the backup can be read", settings.SecretsKeyFile)
	}
	return env.Term.Answer(answer, func(w io.Writer) {
		term.Fprintf(w, "%s: %d bytes\n", answer.File, answer.Bytes)
		for _, key := range answer.KeyFiles {
			term.Fprintf(w, "%s: store it in another place than the database\n", key)
		}
	})
}

// copyKey copies a key file to one that is new and that only its maker may
// read.
func copyKey(from, to string) error {
	key, err := os.ReadFile(from)
	if err != nil {
		return &host.Error{Code: host.NotFound, Text: "the key file " + from + " can't be read", Hint: "the database was backed up; copy its key yourself", Err: err}
	}
	err = durable.Create(to, key, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return &host.Error{Code: host.Conflict, Text: to + " exists already", Hint: "the database was backed up; copy its key yourself", Err: err}
	}
	if err != nil {
		return fmt.Errorf("copy the key: %w", err)
	}
	return nil
}
