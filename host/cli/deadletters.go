package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/client"
)

func newDeadLetters(env *command.Env) *cobra.Command {
	cmd := newDeadLettersList(env, "dead-letters")
	cmd.Short = "Show the actions that used up their attempts, and run them again"
	cmd.Example = `  usher dead-letters --action notify-slack --since 1d
  usher dead-letters retry --text "status 503" --since 1d`
	cmd.GroupID, cmd.Args = command.GroupWork, command.SubcommandOnly
	cmd.AddCommand(newDeadLettersList(env, "list"), newDeadLettersRetry(env))
	return cmd
}

// newDeadLettersList returns the command that lists executions with dead letters, under
// a name.
func newDeadLettersList(env *command.Env, name string) *cobra.Command {
	var f executionFlags
	cmd := &cobra.Command{
		Use:     name,
		Short:   "List the executions with a dead letter, newest first",
		Example: `  usher dead-letters list --email ada@example.com`,
		Args:    command.Exactly(),
		RunE:    func(cmd *cobra.Command, _ []string) error { return deadLetters(cmd.Context(), env, f) },
	}
	f.add(cmd)
	f.addPage(cmd)
	return cmd
}

func deadLetters(ctx context.Context, env *command.Env, f executionFlags) error {
	q, err := f.query(time.Now())
	if err != nil {
		return err
	}
	c, err := env.Client()
	if err != nil {
		return err
	}
	page, err := c.DeadLetters(ctx, q)
	if err != nil {
		return err
	}
	views, ids := make([]executionView, len(page.Executions)), make([]string, len(page.Executions))
	for i, e := range page.Executions {
		views[i], ids[i] = viewExecution(e), e.ID
	}
	return listing[host.ExecutionQuery]{
		ids: ids, answer: map[string]any{"executions": views, "next": page.Next}, next: page.Next, indexing: page.Indexing,
		table: func(w io.Writer) {
			deadLetterTable(env.Term, w, page.Executions)
			env.Term.Note("run them again: usher dead-letters retry --all, or one: usher executions retry EXECUTION")
		},
		empty: emptyList[host.ExecutionQuery]{
			noun: "dead letters", conditions: f.conditions(q), first: "no action has used up its attempts",
			any: func(ctx context.Context, q host.ExecutionQuery) (bool, error) {
				q.Limit = 1
				page, err := c.DeadLetters(ctx, q)
				return len(page.Executions) > 0, err
			},
		},
	}.show(ctx, env.Term, f.quiet)
}

func deadLetterTable(t term.Terminal, w io.Writer, executions []client.Execution) {
	var rows [][]string
	for _, e := range executions {
		for _, r := range e.Results {
			rows = append(rows, []string{
				e.ID, e.UserID, fmt.Sprintf("%s v%d", r.Action, r.Number), term.ShortTime(r.StartedAt), errorLine(r),
			})
		}
	}
	t.Table(w, []string{"EXECUTION", "USER", "ACTION", "LAST ATTEMPT", "ERROR"}, rows)
}

// errorLine is the error of a run in one short line.
func errorLine(r host.Result) string {
	if r.Error == nil {
		return string(r.Fault)
	}
	line := []rune(term.FirstLine(r.Error.Line()))
	if len(line) > maxErrorChars {
		return string(line[:maxErrorChars-1]) + "…"
	}
	return string(line)
}

const maxErrorChars = 80
