package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/daemon"
	"github.com/usherhost/usher/host/internal/text"
	"github.com/usherhost/usher/host/seal"
	"github.com/usherhost/usher/host/settings"
)

// newKeySource names the operator's next encryption key. Zero: the host makes one
// in place of its own key file.
type newKeySource struct {
	file string
	env  string
}

func newKeysRotateEncryption(env *command.Env) *cobra.Command {
	var from newKeySource
	cmd := &cobra.Command{
		Use:   "rotate-encryption",
		Short: "Replace the key that encrypts the secrets, and encrypt every stored value again",
		Long: `Replace the encryption key of the data directory (--data) and encrypt every stored
value again under a new one. Stop the host first. An interrupted rotation loses
nothing: run the command again to complete it; until then the old key is needed.

A key file that the host made is replaced by a new one; the old key stays beside it
as secrets.key.old-ID. Where secrets_key or secrets_key_file is set, name the new key
with --new-key-file or --new-key-env, and configure the host with it afterwards.

Keep the old key as long as you keep backups that were made before: they can't be
read without it.`,
		Example: `  usher keys rotate-encryption
  usher keys rotate-encryption --secrets-key-file old.key --new-key-file new.key`,
		Args: command.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error { return rotateEncryption(cmd.Context(), env, from) },
	}
	cmd.Flags().StringVar(&from.file, "new-key-file", "", "file with the new key: 32 random bytes in base64")
	cmd.Flags().StringVar(&from.env, "new-key-env", "", "environment variable with the new key")
	cmd.MarkFlagsMutuallyExclusive("new-key-file", "new-key-env")
	settings.AddFlag(cmd.Flags(), "secrets-key-file")
	return cmd
}

// options returns where the new key is.
func (s newKeySource) options() (seal.Options, error) {
	if s.env == "" {
		return seal.Options{KeyFile: s.file}, nil
	}
	key := os.Getenv(s.env)
	if key == "" {
		return seal.Options{}, term.UsageError{Err: fmt.Errorf("the environment variable %s is empty or not set", s.env), Hint: "export it first, or use --new-key-file"}
	}
	return seal.Options{Key: key, KeyName: s.env}, nil
}

// rotationAnswer is what `usher keys rotate-encryption --json` prints.
type rotationAnswer struct {
	KeyID      string `json:"key_id"`
	OldKeyID   string `json:"old_key_id,omitempty"`
	OldKeyFile string `json:"old_key_file,omitempty"`
	Values     int    `json:"values"`
	Unreadable int    `json:"unreadable"`
}

func rotateEncryption(ctx context.Context, env *command.Env, from newKeySource) (err error) {
	next, err := from.options()
	if err != nil {
		return err
	}
	db, err := openStopped(ctx, env.Config.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rotation := seal.Rotation{Store: db, Values: db, Key: daemon.SealOptions(env.Config), NewKey: next, Progress: progress(env.Term)}
	done, err := rotation.Run(ctx)
	if err != nil {
		return err
	}
	return env.Term.Answer(rotationAnswer(done), func(w io.Writer) { printRotation(w, done, from) })
}

// progress reports each tenth of the values.
func progress(t term.Terminal) func(done, total int) {
	tenth := 0
	return func(done, total int) {
		if now := 10 * done / max(total, 1); now > tenth && !t.JSON {
			tenth = now
			t.Note("usher: %d of %d values encrypted again", done, total)
		}
	}
}

func printRotation(w io.Writer, done seal.Rotated, from newKeySource) {
	term.Fprintf(w, "the encryption key is now %s; %s encrypted under it\n", done.KeyID, term.CountAre(done.Values, "value"))
	if done.Unreadable > 0 {
		term.Fprintf(w, "warning: no key decrypts %s; left unchanged\n", term.Count(done.Unreadable, "value"))
	}
	if done.OldKeyFile != "" {
		term.Fprintf(w, "old key: %s; keep it as long as backups made before\n", done.OldKeyFile)
	}
	switch {
	case from.file != "":
		term.Fprintf(w, "next: usher serve --secrets-key-file %s\n", text.ShellQuote(from.file))
	case from.env != "":
		term.Fprintf(w, "next: start the host with USHER_SECRETS_KEY set to the value of %s\n", from.env)
	default:
		term.Fprintln(w, "next: back up the new key file, apart from the database")
	}
}
