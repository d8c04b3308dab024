package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/client"
)

func newExecutions(a *app) *cobra.Command {
	var f executionFlags
	cmd := parent("executions", "Search what ran, look at it, and run it again", groupWork,
		newExecutionsList(a), newExecutionsShow(a), newExecutionsLogs(a), newExecutionsRetry(a), newExecutionsReplay(a), newExecutionsCancel(a))
	cmd.Example = executionExample
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return a.searchExecutions(cmd.Context(), f) }
	f.add(cmd)
	f.addPage(cmd)
	return cmd
}

func newExecutionsList(a *app) *cobra.Command {
	var f executionFlags
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List executions, newest first",
		Example: executionExample,
		Args:    exactly(),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.searchExecutions(cmd.Context(), f) },
	}
	f.add(cmd)
	f.addPage(cmd)
	return cmd
}

func (a *app) searchExecutions(ctx context.Context, f executionFlags) error {
	q, err := f.query(time.Now())
	if err != nil {
		return err
	}
	return a.listExecutions(ctx, q)
}

func (a *app) listExecutions(ctx context.Context, q host.ExecutionQuery) error {
	c, err := a.client()
	if err != nil {
		return err
	}
	page, err := c.Executions(ctx, q)
	if err != nil {
		return err
	}
	page.Executions = notNil(page.Executions)
	return a.term.answer(page, func(w io.Writer) {
		if len(page.Executions) == 0 {
			a.term.note("no executions; send an event: usher events send FILE")
			return
		}
		a.executionTable(w, page.Executions)
		if page.Next != "" {
			a.term.note("there are more: --before %s", page.Next)
		}
	})
}

func (a *app) executionTable(w io.Writer, executions []host.Execution) {
	rows := make([][]string, len(executions))
	for i, e := range executions {
		done := 0
		for _, s := range e.Progress {
			if s != host.StepPending {
				done++
			}
		}
		rows[i] = []string{e.ID, e.UserID, fmt.Sprintf("%d/%d", done, len(e.Progress)), shortTime(e.CreatedAt), a.status(e.Status)}
	}
	a.term.table(w, []string{"EXECUTION", "USER", "ACTIONS", "CREATED", "STATUS"}, rows)
}

func (a *app) status(s host.Status) string {
	switch s {
	case host.StatusCompleted:
		return a.term.green(string(s))
	case host.StatusPartial, host.StatusFailed:
		return a.term.red(string(s))
	default:
		return a.term.yellow(string(s))
	}
}

// showFlags are the flags of `usher executions show`.
type showFlags struct {
	wait     time.Duration
	exitCode bool
}

func newExecutionsShow(a *app) *cobra.Command {
	var f showFlags
	cmd := &cobra.Command{
		Use:   "show EXECUTION",
		Short: "Show an execution: every action's attempts, logs, calls and result",
		Args:  exactly("EXECUTION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.client()
			if err != nil {
				return err
			}
			return a.showExecution(cmd.Context(), c, args[0], f)
		},
	}
	cmd.Flags().DurationVar(&f.wait, "wait", 0, "wait until it has ended, this long at most")
	cmd.Flags().BoolVar(&f.exitCode, "exit-code", false, "end with code 7 unless it is completed")
	return cmd
}

func (a *app) showExecution(ctx context.Context, c *client.Client, id string, f showFlags) error {
	execution, err := awaitExecution(ctx, c, id, f.wait)
	if err != nil {
		return err
	}
	err = a.term.answer(viewExecution(execution), func(w io.Writer) { a.printExecution(w, execution) })
	if err == nil && f.exitCode && execution.Status != host.StatusCompleted {
		return silentExit(exitAction)
	}
	return err
}

// awaitExecution asks until the execution has ended or wait is over, and
// returns what it is then.
func awaitExecution(ctx context.Context, c *client.Client, id string, wait time.Duration) (client.Execution, error) {
	deadline := time.Now().Add(wait)
	pause := time.NewTicker(50 * time.Millisecond)
	defer pause.Stop()
	for {
		execution, err := c.Execution(ctx, id)
		if err != nil || execution.Status.Final() || !time.Now().Before(deadline) {
			return execution, err
		}
		select {
		case <-ctx.Done():
			return execution, ctx.Err()
		case <-pause.C:
		}
	}
}

func (a *app) printExecution(w io.Writer, e client.Execution) {
	a.term.pairs(w, "execution", e.ID, "status", a.status(e.Status), "event", e.EventID, "trigger", string(e.Trigger),
		"tenant", e.Tenant, "user", e.UserID, "created", shortTime(e.CreatedAt), "ended", shortTime(e.EndedAt),
		"next try", shortTime(e.NextAt), "replay of", e.ReplayOf, "traceparent", e.Traceparent)
	for i, step := range e.Plan {
		state := host.StepPending
		if i < len(e.Progress) {
			state = e.Progress[i]
		}
		fprintf(w, "\n%d. %s v%d: %s\n", i+1, a.term.bold(step.Action), step.Number, a.stepState(state))
		for _, r := range e.Results {
			if r.Step == i {
				a.printAttempt(w, r)
			}
		}
	}
	if len(e.Plan) == 0 {
		fprintf(w, "\nnothing was bound and deployed when the event came\n")
	}
}

func (a *app) printAttempt(w io.Writer, r host.Result) {
	var b strings.Builder
	a.term.result(&b, r)
	fprintln(w, a.term.dim("   attempt "+strconv.Itoa(r.Attempt)))
	for line := range strings.Lines(b.String()) {
		fmt.Fprint(w, "   "+line)
	}
}

func (a *app) stepState(s host.StepState) string {
	switch s {
	case host.StepSucceeded:
		return a.term.green(string(s))
	case host.StepDead:
		return a.term.red("dead letter")
	default:
		return a.term.yellow(string(s))
	}
}

func newExecutionsLogs(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "logs EXECUTION",
		Short: "Print all that its runs logged, one line for each",
		Args:  exactly("EXECUTION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.client()
			if err != nil {
				return err
			}
			text, err := c.ExecutionLogs(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return a.term.answer(map[string]any{"logs": text}, func(w io.Writer) { fmt.Fprint(w, text) })
		},
	}
}

func newExecutionsRetry(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "retry EXECUTION",
		Short: "Run its dead letters again, now",
		Args:  exactly("EXECUTION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.changeExecution(cmd.Context(), args[0], "is due again", (*client.Client).RetryExecution)
		},
	}
}

func newExecutionsCancel(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "cancel EXECUTION",
		Short: "Run no more of its actions; what runs now is let finish",
		Args:  exactly("EXECUTION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.changeExecution(cmd.Context(), args[0], "is canceled", (*client.Client).CancelExecution)
		},
	}
}

func (a *app) changeExecution(
	ctx context.Context, id, done string, change func(*client.Client, context.Context, string) (host.Execution, error),
) error {
	c, err := a.client()
	if err != nil {
		return err
	}
	execution, err := change(c, ctx, id)
	if err != nil {
		return err
	}
	return a.term.answer(execution, func(w io.Writer) { fprintf(w, "%s %s\n", execution.ID, done) })
}

func newExecutionsReplay(a *app) *cobra.Command {
	var same bool
	cmd := &cobra.Command{
		Use:   "replay EXECUTION",
		Short: "Run its event again as a new execution, with the actions that are deployed now",
		Args:  exactly("EXECUTION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.client()
			if err != nil {
				return err
			}
			accepted, err := c.ReplayExecution(cmd.Context(), args[0], same)
			if err != nil {
				return err
			}
			return a.term.answer(accepted, func(w io.Writer) {
				fprintf(w, "replaying as %s\nnext: usher executions show %s\n", accepted.ExecutionID, accepted.ExecutionID)
			})
		},
	}
	cmd.Flags().BoolVar(&same, "same-versions", false, "with the versions that ran the first time")
	return cmd
}
