package cli

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/client"
)

// retryFlags are the flags of `usher executions retry`.
type retryFlags struct {
	batchFlags
	sameVersion, now bool
}

func newExecutionsRetry(env *command.Env) *cobra.Command {
	return retryCommand(env, "executions", `  usher executions retry exe_01kaj5v7m3q9w8t6r4e2y0n1pz
  usher executions retry --action notify-slack --since 1d --dry-run
  usher executions retry --error "status 503" --yes
  usher executions retry --now --action notify-slack   # what waits for its next attempt`)
}

func newDeadLettersRetry(env *command.Env) *cobra.Command {
	return retryCommand(env, "dead-letters", `  usher dead-letters retry --action notify-slack --since 2h
  usher dead-letters retry --all --dry-run`)
}

func retryCommand(env *command.Env, noun, example string) *cobra.Command {
	var f retryFlags
	cmd := &cobra.Command{
		Use:   "retry [EXECUTION...]",
		Short: "Run dead letters again, on the deployed version",
		Long: `Run dead letters again: the steps that used up their attempts. Each runs the version
that is deployed now, under the settings that its binding has now, so deploy the fix
first; --same-version runs the one that failed. The step has all its attempts again,
and they are numbered on. What an earlier attempt had sent with success is not sent
again, as with every retry.

With --now it is what waits for its next attempt that is tried at once.

Name executions, or select them by flags. What is selected is counted first, and you
are asked; --dry-run only counts.`,
		Example: example,
		RunE: func(cmd *cobra.Command, args []string) error {
			return retryExecutions(cmd.Context(), env, noun, args, &f)
		},
	}
	f.add(cmd, "retry")
	f.addRate(cmd, 0)
	cmd.Flags().BoolVar(&f.sameVersion, "same-version", false, "run the version that failed, not the deployed one")
	cmd.Flags().BoolVar(&f.now, "now", false, "make the next attempt of what waits for it at once")
	return cmd
}

func retryExecutions(ctx context.Context, env *command.Env, group string, args []string, f *retryFlags) error {
	b := client.Batch{Operation: "retry", SameVersions: f.sameVersion, Now: f.now}
	if err := f.selection(&b, args); err != nil {
		return err
	}
	if len(args) == 1 && !f.dryRun {
		return retryOne(ctx, env, args[0], host.RetryOptions{SameVersion: f.sameVersion, Now: f.now})
	}
	resume := resumeLine([]string{group, "retry"}, &f.batchFlags, b.Query, map[string]bool{"--same-version": f.sameVersion, "--now": f.now})
	noun := "dead letters"
	if f.now {
		noun = "executions that wait for their next attempt"
	}
	return runBatch(ctx, env, b, &f.batchFlags, batchWords{noun: noun, verb: "retry", done: "due again", resume: resume})
}

func retryOne(ctx context.Context, env *command.Env, id string, o host.RetryOptions) error {
	c, err := env.Client()
	if err != nil {
		return err
	}
	before, err := c.Execution(ctx, id)
	if err != nil {
		return err
	}
	after, err := c.RetryExecution(ctx, id, o)
	if err != nil {
		return err
	}
	return env.Term.Answer(after, func(w io.Writer) {
		term.Fprintf(w, "%s is due again\n", after.ID)
		for i, step := range after.Plan {
			if i < len(before.Plan) && before.Plan[i].VersionID != step.VersionID {
				term.Fprintf(w, "%s runs version %d, which is deployed now, instead of %d\n", step.Action, step.Number, before.Plan[i].Number)
			}
		}
		term.Fprintf(w, "next: usher executions show %s --wait 30s\n", after.ID)
	})
}

// resumeLine is the command line that begins so and selects as f does.
func resumeLine(line []string, f *batchFlags, q host.ExecutionQuery, switches map[string]bool) []string {
	for _, flag := range []struct{ name, value string }{
		{"--status", string(q.Status)},
		{"--decision", string(q.Decision)},
		{"--user", q.UserID},
		{"--event", q.EventID},
		{"--action", q.ActionID},
		{"--version", q.VersionID},
		{"--since", timeOf(q.Since)},
		{"--until", timeOf(q.Until)},
		{"--text", q.Text},
		{"--email", f.fields.email},
	} {
		if flag.value != "" {
			line = append(line, flag.name, flag.value)
		}
	}
	for _, where := range f.fields.where {
		line = append(line, "--where", where)
	}
	if f.rate > 0 {
		line = append(line, "--rate", fmt.Sprint(f.rate))
	}
	for _, name := range slices.Sorted(maps.Keys(switches)) {
		if switches[name] {
			line = append(line, name)
		}
	}
	return append(line, "--yes")
}

// timeOf is a time as flags read it, "" for none.
func timeOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func newExecutionsCancel(env *command.Env) *cobra.Command {
	var f batchFlags
	cmd := &cobra.Command{
		Use:   "cancel [EXECUTION...]",
		Short: "Cancel executions: no further action starts, a running one is stopped",
		Long: `Cancel executions that have not ended: no further action of them starts, and one that
runs is stopped. Name executions, or select them by flags; with --action, those that
have the action still to run. What is selected is counted first, and you are asked;
--dry-run only counts.`,
		Example: `  usher executions cancel exe_01kaj5v7m3q9w8t6r4e2y0n1pz
  usher executions cancel --action notify-slack --dry-run
  usher executions cancel --status retrying --until 2h`,
		RunE: func(cmd *cobra.Command, args []string) error {
			b := client.Batch{Operation: "cancel"}
			if err := f.selection(&b, args); err != nil {
				return err
			}
			if len(args) == 1 && !f.dryRun {
				return cancelOne(cmd.Context(), env, args[0])
			}
			words := batchWords{noun: "executions that have not ended", verb: "cancel", done: "canceled", resume: resumeLine([]string{"executions", "cancel"}, &f, b.Query, nil)}
			return runBatch(cmd.Context(), env, b, &f, words)
		},
	}
	f.add(cmd, "cancel")
	return cmd
}

func cancelOne(ctx context.Context, env *command.Env, id string) error {
	c, err := env.Client()
	if err != nil {
		return err
	}
	execution, err := c.CancelExecution(ctx, id)
	if err != nil {
		return err
	}
	return env.Term.Answer(execution, func(w io.Writer) { term.Fprintf(w, "%s is canceled\n", execution.ID) })
}

// rerunFlags are the flags of `usher executions rerun`.
type rerunFlags struct {
	batchFlags
	sameVersions, allActions bool
	batch                    string
}

// rerunRate is how many executions a bulk rerun starts in a second, unless a flag says it.
const rerunRate = 50

func newExecutionsRerun(env *command.Env) *cobra.Command {
	var f rerunFlags
	cmd := &cobra.Command{
		Use:   "rerun [EXECUTION...]",
		Short: "Run the events of executions again, for real, as new executions",
		Long: `Run the events of executions again as new executions, with the versions that are bound
now. Their actions send their requests again. To play back what was recorded, with
nothing sent, use 'usher replay'; to go on where a dead letter ended, 'usher
executions retry'.

With --action only that action runs: also one that was not bound when the event came.
Without named executions, --action also selects those that had it in their plan, and
--all-actions runs all their actions.

Many are rerun as a batch, at --rate, newest first. A batch has a name, and reruns no
execution twice: when it was interrupted, the line that is printed goes on with it.`,
		Example: `  usher executions rerun exe_01kaj5v7m3q9w8t6r4e2y0n1pz
  usher executions rerun exe_01kaj5v7m3q9w8t6r4e2y0n1pz --action notify-slack
  usher executions rerun --action notify-slack --since 2026-11-30 --until 2026-12-01 --dry-run
  usher executions rerun --status failed --since 1d --rate 10 --batch outage-monday`,
		RunE: func(cmd *cobra.Command, args []string) error { return rerunExecutions(cmd.Context(), env, args, &f) },
	}
	f.add(cmd, "rerun")
	f.addRate(cmd, rerunRate)
	cmd.Flags().BoolVar(&f.sameVersions, "same-versions", false, "with the versions that ran the first time")
	cmd.Flags().BoolVar(&f.allActions, "all-actions", false, "all actions, of executions that --action selects")
	cmd.Flags().StringVar(&f.batch, "batch", "", "name of the batch, which reruns no execution twice (default: a new one)")
	return cmd
}

func rerunExecutions(ctx context.Context, env *command.Env, args []string, f *rerunFlags) error {
	b := client.Batch{Operation: "rerun", SameVersions: f.sameVersions, ID: f.batch}
	if !f.allActions {
		b.Action = f.q.ActionID
	}
	named := *f
	if len(args) > 0 {
		named.q.ActionID = ""
	}
	if err := named.selection(&b, args); err != nil {
		return err
	}
	if len(args) == 1 && !f.dryRun && f.batch == "" {
		return rerunOne(ctx, env, args[0], host.RerunOptions{SameVersions: f.sameVersions, ActionID: b.Action})
	}
	if b.ID == "" {
		b.ID = host.NewID(host.BatchPrefix)
	}
	q := b.Query
	q.ActionID = f.q.ActionID
	line := resumeLine([]string{"executions", "rerun"}, &f.batchFlags, q, map[string]bool{"--same-versions": f.sameVersions, "--all-actions": f.allActions})
	return runBatch(ctx, env, b, &f.batchFlags, batchWords{noun: "executions", verb: "rerun", done: "run again", resume: append(line, "--batch", b.ID)})
}

func rerunOne(ctx context.Context, env *command.Env, id string, o host.RerunOptions) error {
	c, err := env.Client()
	if err != nil {
		return err
	}
	accepted, err := c.RerunExecution(ctx, id, o)
	if err != nil {
		return err
	}
	code := "the versions that are bound now"
	if o.SameVersions {
		code = "the versions that ran the first time"
	}
	only := ""
	if o.ActionID != "" {
		only = o.ActionID + " alone"
	}
	return env.Term.Answer(accepted, func(w io.Writer) {
		env.Term.Pairs(w, "code", code, "actions", only, "input", "event "+accepted.EventID+" of "+id, "answers", "live: what its actions send is sent again",
			"next", "usher executions show "+accepted.ExecutionID, "execution", accepted.ExecutionID)
	})
}
