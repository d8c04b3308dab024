package cli

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/internal/text"
)

func newEventsDelete(env *command.Env) *cobra.Command {
	var user string
	var yes bool
	cmd := &cobra.Command{
		Use:   "delete --user USER",
		Short: "Delete all that the host knows of a user",
		Long: `Delete the events of a user with all their executions, results, logs, tapes and
decisions, and the notices about them. It can't be undone. The user may register again
afterwards. Executions that have not ended must be canceled first.

Backups, refused events, which are stored for a day, and what actions have sent
elsewhere are not touched. 'usher audit' shows that a user was deleted, not which.`,
		Example: `  usher events list --email ada@example.com
  usher events delete --user 'auth0|5f7c8ec7c33c6c004bbafe82'`,
		Args: command.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error { return deleteUser(cmd.Context(), env, user, yes) },
	}
	cmd.Flags().StringVar(&user, "user", "", "id of the user, as in 'usher events list'")
	command.AddYes(cmd, &yes)
	return cmd
}

func deleteUser(ctx context.Context, env *command.Env, user string, yes bool) error {
	if user == "" {
		return term.UsageError{Err: errors.New("--user is missing"), Hint: "'usher events list --email ADDRESS' shows the id of a user"}
	}
	c, err := env.Client()
	if err != nil {
		return err
	}
	page, err := c.Events(ctx, host.EventQuery{UserID: user, Limit: maxListed})
	if err != nil {
		return err
	}
	if len(page.Events) == 0 && !env.Term.JSON {
		env.Term.Note("no events with %s", flagOf("user", user))
		env.Term.Note("hint: %s", hintUser)
	}
	if len(page.Events) > 0 && !yes {
		some := term.Count(len(page.Events), "event")
		if page.Next != "" {
			some = "more than " + some
		}
		env.Term.Note("%s of %s, with all their executions, logs and tapes", some, user)
		if err := env.Term.Confirm("Delete them for ever?"); err != nil {
			return err
		}
	}
	n, err := c.DeleteUser(ctx, user)
	if host.CodeOf(err) == host.Conflict && err != nil {
		return &host.Error{
			Code: host.Conflict, Text: err.Error(),
			Hint: "cancel them first, or wait until they have ended: usher executions cancel --user " + text.ShellQuote(user),
		}
	}
	if err != nil {
		return err
	}
	return env.Term.Answer(map[string]any{"executions": n}, func(w io.Writer) {
		if len(page.Events) > 0 {
			term.Fprintf(w, "deleted %s and %s of %s\n", term.Count(len(page.Events), "event"), term.Count(n, "execution"), user)
		}
	})
}

// maxListed is the longest page of a list.
const maxListed = 500
