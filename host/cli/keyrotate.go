package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
)

// defaultOverlap is how long a rotated key's old secret is valid, unless the flag says
// otherwise.
const defaultOverlap = "24h"

func newKeysRotate(env *command.Env) *cobra.Command {
	var overlap, expires string
	cmd := &cobra.Command{
		Use:   "rotate KEY",
		Short: "Replace an API key by another one; the new one is shown once, on stdout",
		Long: `Replace an API key. The new one has the same name, id and scopes, and is shown once,
on stdout. The old one is valid for --overlap longer (a day by default), so that its
senders can be changed one after the other; with --overlap 0 it stops working at once,
which is what a key needs that leaked.

When the command itself used the key, its copy is replaced too, in the profile or in
the data directory.`,
		Example: `  usher keys rotate signup-service
  usher keys rotate signup-service --overlap 0
  usher keys rotate signup-service --expires 90d --overlap 7d`,
		Args: command.Exactly("KEY"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			var how host.KeyRotation
			if how.Overlap, err = parseSpan("overlap", overlap); err != nil {
				return err
			}
			if how.ExpiresAt, err = parseExpiry(expires, time.Now()); err != nil {
				return err
			}
			return rotateKey(cmd.Context(), env, args[0], how)
		},
	}
	cmd.Flags().StringVar(&overlap, "overlap", defaultOverlap, "how long the old key is valid too, such as 1h or 7d; 0: no longer")
	cmd.Flags().StringVar(&expires, "expires", "", expiresUsage+" (default: as before)")
	return cmd
}

func rotateKey(ctx context.Context, env *command.Env, name string, how host.KeyRotation) error {
	c, err := env.Client()
	if err != nil {
		return err
	}
	own, _ := c.Whoami(ctx) // a host that does not know has no rotation either
	key, err := c.RotateKey(ctx, name, how)
	if err != nil {
		return err
	}
	old := "the old key is not valid any more"
	if how.Overlap > 0 {
		old = "the old key is valid until " + term.ShortTime(key.PreviousUntil)
	}
	env.Term.Note("%s (%s) has a new key; store it now, it is not shown again; %s", key.Name, key.ID, old)
	if err := env.Term.Answer(key, func(w io.Writer) { term.Fprintln(w, key.Secret) }); err != nil || own.ID != key.ID {
		return err
	}
	switch where, err := env.ReplaceKey(key.Secret); {
	case err != nil:
		return fmt.Errorf("the key was rotated, but this command's copy was not replaced: %w", err)
	case where != "":
		env.Term.Note("usher: the commands' copy in %s is replaced", where)
	default:
		env.Term.Note("usher: these commands used this key: give them the new one")
	}
	return nil
}

const expiresUsage = "when the key expires: a time from now, such as 90d or 12h, a date such as 2027-01-31, or a time such as 2027-01-31T09:00:00Z"

// parseExpiry reads when a key expires; "" is never, the zero time.
func parseExpiry(value string, now time.Time) (time.Time, error) {
	if value == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, value); err == nil {
			return at, nil
		}
	}
	span, err := parseSpan("expires", value)
	if err != nil || span == 0 {
		return time.Time{}, term.UsageError{Err: fmt.Errorf("--expires %q is not a time", value), Hint: "write 90d, 12h, 2027-01-31 or 2027-01-31T09:00:00Z"}
	}
	return now.Add(span), nil
}

// maxSpan keeps a time from now within what a time can be.
const maxSpan = 100 * 365 * 24 * time.Hour

// parseSpan reads a duration that may have days (d) and weeks (w).
func parseSpan(flag, value string) (time.Duration, error) {
	wrong := term.UsageError{Err: fmt.Errorf("--%s %q is not a duration", flag, value), Hint: "write 30m, 12h, 90d or 2w"}
	for unit, length := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		number, found := strings.CutSuffix(value, unit)
		if !found {
			continue
		}
		n, err := strconv.ParseUint(number, 10, 32)
		if err != nil || n > uint64(maxSpan/length) {
			return 0, wrong
		}
		return time.Duration(n) * length, nil
	}
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 || d > maxSpan {
		return 0, wrong
	}
	return d, nil
}
