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
	"github.com/usherhost/usher/host/client"
)

func newExecutions(env *command.Env) *cobra.Command {
	var f executionFlags
	cmd := command.Parent("executions", "Search, show, retry, rerun and cancel executions", command.GroupWork,
		newExecutionsList(env), newExecutionsShow(env), newExecutionsLogs(env), newExecutionsCalls(env), newExecutionsRetry(env), newExecutionsRerun(env), newExecutionsCancel(env))
	cmd.Example = executionExample
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return searchExecutions(cmd.Context(), env, f) }
	f.add(cmd)
	f.addPage(cmd)
	return cmd
}

func newExecutionsList(env *command.Env) *cobra.Command {
	var f executionFlags
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List executions, newest first",
		Example: executionExample,
		Args:    command.Exactly(),
		RunE:    func(cmd *cobra.Command, _ []string) error { return searchExecutions(cmd.Context(), env, f) },
	}
	f.add(cmd)
	f.addPage(cmd)
	return cmd
}

func searchExecutions(ctx context.Context, env *command.Env, f executionFlags) error {
	q, err := f.query(time.Now())
	if err != nil {
		return err
	}
	c, err := env.Client()
	if err != nil {
		return err
	}
	page, err := c.Executions(ctx, q)
	if err != nil {
		return err
	}
	page.Executions = term.NotNil(page.Executions)
	return listing[host.ExecutionQuery]{
		ids: executionIDs(page.Executions), answer: page, next: page.Next, indexing: page.Indexing,
		table: func(w io.Writer) { executionTable(env.Term, w, page.Executions) },
		empty: emptyList[host.ExecutionQuery]{
			noun: "executions", conditions: f.conditions(q), first: "send an event: usher events send FILE",
			any: func(ctx context.Context, q host.ExecutionQuery) (bool, error) {
				q.Limit = 1
				page, err := c.Executions(ctx, q)
				return len(page.Executions) > 0, err
			},
		},
	}.show(ctx, env.Term, f.quiet)
}

func executionIDs(executions []host.Execution) []string {
	ids := make([]string, len(executions))
	for i := range executions {
		ids[i] = executions[i].ID
	}
	return ids
}

func executionTable(t term.Terminal, w io.Writer, executions []host.Execution) {
	rows := make([][]string, len(executions))
	for i, e := range executions {
		done := 0
		for _, s := range e.Progress {
			if s != host.StepPending && s != host.StepSkipped {
				done++
			}
		}
		rows[i] = []string{e.ID, e.UserID, fmt.Sprintf("%d/%d", done, len(e.Progress)), term.ShortTime(e.CreatedAt), status(t, e.Status) + decided(t, e.Decision)}
	}
	t.Table(w, []string{"EXECUTION", "USER", "ACTIONS", "CREATED", "STATUS"}, rows)
}

// decided is the verdict of an execution that decided, behind its status.
func decided(t term.Terminal, d *host.Decision) string {
	switch {
	case d == nil:
		return ""
	case d.Verdict == host.Deny:
		return ", " + t.Red(string(d.Verdict))
	}
	return ", " + t.Green(string(d.Verdict))
}

func status(t term.Terminal, s host.Status) string {
	switch s {
	case host.StatusCompleted:
		return t.Green(string(s))
	case host.StatusPartial, host.StatusFailed:
		return t.Red(string(s))
	default:
		return t.Yellow(string(s))
	}
}

// showFlags are the flags of `usher executions show`.
type showFlags struct {
	wait     time.Duration
	exitCode bool
}

func newExecutionsShow(env *command.Env) *cobra.Command {
	var f showFlags
	cmd := &cobra.Command{
		Use:   "show EXECUTION",
		Short: "Show an execution: every action's attempts, logs, calls and result",
		Example: `  usher executions show exe_01kaj5v7m3q9w8t6r4e2y0n1pz
  usher executions show exe_01kaj5v7m3q9w8t6r4e2y0n1pz --wait 30s --exit-code`,
		Args: command.Exactly("EXECUTION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := env.Client()
			if err != nil {
				return err
			}
			return showExecution(cmd.Context(), env.Term, c, args[0], f)
		},
	}
	cmd.Flags().DurationVar(&f.wait, "wait", 0, "wait until it has ended, this long at most")
	cmd.Flags().BoolVar(&f.exitCode, "exit-code", false, "end with code 7 when it has failed, and 10 when it has not ended")
	return cmd
}

func showExecution(ctx context.Context, t term.Terminal, c *client.Client, id string, f showFlags) error {
	execution, err := awaitExecution(ctx, c, id, f.wait)
	if err != nil {
		return err
	}
	err = t.Answer(viewExecution(execution), func(w io.Writer) { printExecution(t, w, execution) })
	if err != nil {
		return err
	}
	if f.wait > 0 && !execution.Status.Final() && !t.JSON {
		noteNotEnded(t, execution, f.wait)
	}
	switch {
	case !f.exitCode || execution.Status == host.StatusCompleted:
		return nil
	case !execution.Status.Final():
		return term.SilentExit(term.ExitNotEnded)
	}
	return term.SilentExit(term.ExitAction)
}

// noteNotEnded says what is known of an execution when the wait for it is over.
func noteNotEnded(t term.Terminal, e client.Execution, wait time.Duration) {
	t.Note("usher: the wait of %s is over, and the execution is %s: it goes on without this command", wait, e.Status)
	if step, ok := e.Next(); ok && step < len(e.Plan) {
		name := e.Plan[step].Action
		switch {
		case e.Status == host.StatusRetrying && len(e.Results) > 0:
			t.Note("usher: attempt %d of %s failed: %s; the next is at %s", e.Attempt, name, errorLine(e.Results[len(e.Results)-1]), term.ShortTime(e.NextAt))
		default:
			t.Note("usher: %s is next, or runs now", name)
		}
	}
	t.Note("usher: hint: to go on waiting: usher executions show %s --wait 10m", e.ID)
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

func printExecution(t term.Terminal, w io.Writer, e client.Execution) {
	next, held := e.NextAt, ""
	if e.Held != "" {
		next, held = time.Time{}, "its next action is paused, over its limits, or its breaker is open; see 'usher holds'"
	}
	t.Pairs(w, "execution", e.ID, "status", status(t, e.Status), "event", e.EventID, "trigger", string(e.Trigger),
		"tenant", e.Tenant, "user", e.UserID, "created", term.ShortTime(e.CreatedAt), "ended", term.ShortTime(e.EndedAt),
		"next try", term.ShortTime(next), "held back", held, "rerun of", e.RerunOf, "traceparent", e.Traceparent)
	if e.Decision != nil {
		printDecision(t, w, *e.Decision)
	}
	for i, step := range e.Plan {
		state := host.StepPending
		if i < len(e.Progress) {
			state = e.Progress[i]
		}
		term.Fprintf(w, "\n%d. %s v%d: %s\n", i+1, t.Bold(step.Action), step.Number, stepState(t, state))
		for _, r := range e.Results {
			if r.Step == i {
				printAttempt(t, w, r, step)
			}
		}
	}
	if len(e.Plan) == 0 {
		term.Fprintf(w, "\nnothing was bound and deployed when the event came\n")
	}
}

func printAttempt(t term.Terminal, w io.Writer, r host.Result, step host.Step) {
	var b strings.Builder
	t.Result(&b, r)
	attempt := "   attempt " + strconv.Itoa(r.Attempt)
	if r.VersionID != step.VersionID { // a retry gave the step another one
		attempt += " of version " + strconv.Itoa(r.Number)
	}
	term.Fprintln(w, t.Dim(attempt))
	for line := range strings.Lines(b.String()) {
		fmt.Fprint(w, "   "+line)
	}
}

func stepState(t term.Terminal, s host.StepState) string {
	switch s {
	case host.StepSucceeded:
		return t.Green(string(s))
	case host.StepDead:
		return t.Red("dead letter")
	case host.StepFailed:
		return t.Red(string(s))
	default:
		return t.Yellow(string(s))
	}
}

func newExecutionsLogs(env *command.Env) *cobra.Command {
	return &cobra.Command{
		Use:     "logs EXECUTION",
		Short:   "Print the logs of an execution, one line per entry",
		Example: "  usher executions logs exe_01kaj5v7m3q9w8t6r4e2y0n1pz",
		Args:    command.Exactly("EXECUTION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := env.Client()
			if err != nil {
				return err
			}
			text, err := c.ExecutionLogs(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return env.Term.Answer(map[string]any{"logs": text}, func(w io.Writer) { fmt.Fprint(w, text) })
		},
	}
}

// executionView is what `usher executions show --json` prints.
type executionView struct {
	host.Execution
	Results []term.ResultView `json:"results"`
}

func viewExecution(e client.Execution) executionView {
	view := executionView{Execution: e.Execution, Results: make([]term.ResultView, len(e.Results))}
	for i, r := range e.Results {
		view.Results[i] = term.ViewResult(r)
	}
	return view
}
