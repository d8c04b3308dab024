package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/client"
)

func newDeadLetters(a *app) *cobra.Command {
	var f executionFlags
	cmd := &cobra.Command{
		Use:   "dead-letters",
		Short: "See the actions that failed for good, and run them again",
		Example: `  usher dead-letters --action notify-slack --since 1d
  usher dead-letters retry --text "status 503" --since 1d`,
		GroupID: groupWork,
		Args:    subcommandOnly,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.deadLetters(cmd.Context(), f) },
	}
	f.add(cmd)
	f.addPage(cmd)
	cmd.AddCommand(newDeadLettersRetry(a))
	return cmd
}

func (a *app) deadLetters(ctx context.Context, f executionFlags) error {
	q, err := f.query(time.Now())
	if err != nil {
		return err
	}
	c, err := a.client()
	if err != nil {
		return err
	}
	page, err := c.DeadLetters(ctx, q)
	if err != nil {
		return err
	}
	views := make([]executionView, len(page.Executions))
	for i, e := range page.Executions {
		views[i] = viewExecution(e)
	}
	return a.term.answer(map[string]any{"executions": views, "next": page.Next}, func(w io.Writer) {
		if len(views) == 0 {
			a.term.note("no dead letters")
			return
		}
		a.deadLetterTable(w, page.Executions)
		a.term.note("run them again: usher dead-letters retry, or one: usher executions retry EXECUTION")
		if page.Next != "" {
			a.term.note("there are more: --before %s", page.Next)
		}
	})
}

func (a *app) deadLetterTable(w io.Writer, executions []client.Execution) {
	var rows [][]string
	for _, e := range executions {
		for _, r := range e.Results {
			rows = append(rows, []string{
				e.ID, e.UserID, fmt.Sprintf("%s v%d", r.Action, r.Number), shortTime(r.StartedAt), errorLine(r),
			})
		}
	}
	a.term.table(w, []string{"EXECUTION", "USER", "ACTION", "LAST ATTEMPT", "ERROR"}, rows)
}

// errorLine tells in one short line why a run failed.
func errorLine(r host.Result) string {
	if r.Error == nil {
		return string(r.Fault)
	}
	line := []rune(firstLine(r.Error.Line()))
	if len(line) > maxErrorChars {
		return string(line[:maxErrorChars-1]) + "…"
	}
	return string(line)
}

const maxErrorChars = 80

func newDeadLettersRetry(a *app) *cobra.Command {
	var f executionFlags
	var all bool
	cmd := &cobra.Command{
		Use:   "retry",
		Short: "Run the dead letters of all executions that are selected again, now",
		Example: `  usher dead-letters retry --action notify-slack --since 2h
  usher dead-letters retry --all`,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.retryDeadLetters(cmd.Context(), f, all)
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "every one there is, when nothing selects some")
	cmd.Flags().IntVar(&f.q.Limit, "limit", 0, "so many executions at most (0: no limit)")
	return cmd
}

func (a *app) retryDeadLetters(ctx context.Context, f executionFlags, all bool) error {
	q, err := f.query(time.Now())
	if err != nil {
		return err
	}
	if q == (host.ExecutionQuery{Limit: q.Limit}) && !all {
		return usageError{err: errors.New("nothing selects the dead letters"), hint: "select some, as with --action or --since, or give --all"}
	}
	c, err := a.client()
	if err != nil {
		return err
	}
	n, err := c.RetryDeadLetters(ctx, q)
	if err != nil {
		return err
	}
	return a.term.answer(map[string]any{"retried": n}, func(w io.Writer) {
		fprintf(w, "%s due again\n", countAre(n, "execution"))
		if n > 0 {
			fprintln(w, "next: usher tail")
		}
	})
}

// countAre tells how many there are of a noun, with the verb.
func countAre(n int, noun string) string {
	if n == 1 {
		return count(n, noun) + " is"
	}
	return count(n, noun) + " are"
}
