package cli

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/client"
)

// logFlags are the flags of `usher logs`.
type logFlags struct {
	resultFlags
	follow bool
	until  string
}

func newLogs(env *command.Env) *cobra.Command {
	var f logFlags
	cmd := &cobra.Command{
		Use:   "logs",
		Short: "Show the results and logs of actions, oldest first",
		Long: `Show the last results of actions with their logs, the oldest first: 20 of them, or
all that --since, --until or --execution selects, unless --limit says how many.`,
		GroupID: command.GroupWork,
		Args:    command.Exactly(),
		Example: `  usher logs --failed --since 1h
  usher logs --email ada@example.com --level warn
  usher logs --follow --action notify-slack`,
		RunE: func(cmd *cobra.Command, _ []string) error { return logs(cmd, env, f) },
	}
	f.add(cmd, 20)
	flags := cmd.Flags()
	flags.BoolVarP(&f.follow, "follow", "f", false, "go on with new results until interrupted")
	flags.StringVar(&f.until, "until", "", "only recorded before then: "+momentUsage)
	flags.Int64Var(&f.q.After, "after", 0, "begin after the result with this number (seq) instead")
	flags.IntVar(&f.limit, "tail", 20, "the same as --limit")
	_ = flags.MarkHidden("tail")
	cmd.MarkFlagsMutuallyExclusive("limit", "tail", "after")
	cmd.MarkFlagsMutuallyExclusive("follow", "until")
	return cmd
}

// logWaitSeconds is how long one question for new results stays open.
const logWaitSeconds = 25

// logs prints results as they were recorded. With --json each is one line.
func logs(cmd *cobra.Command, env *command.Env, f logFlags) error {
	query, err := f.logQuery(cmd.Flags().Changed)
	if err != nil {
		return err
	}
	c, err := env.Client()
	if err != nil {
		return err
	}
	seen, err := printLogs(cmd.Context(), env.Term, c, query, f.follow)
	if err != nil || seen > 0 || f.follow || env.Term.JSON {
		return ignoreInterrupt(cmd.Context(), err)
	}
	return f.explainNone(cmd.Context(), env.Term, c, query.ResultQuery)
}

// logQuery is what the flags select. given reports which of them were.
func (f *logFlags) logQuery(given func(flag string) bool) (client.LogQuery, error) {
	selected, err := f.query(time.Now())
	if err == nil {
		selected.Until, err = moment("until", f.until, time.Now())
	}
	query := client.LogQuery{ResultQuery: selected}
	if given("limit") || given("tail") || !slices.ContainsFunc([]string{"after", "since", "until", "execution"}, given) {
		query.Tail = &f.limit
	}
	return query, err
}

// printLogs prints what the query selects, and returns how many results that were.
func printLogs(ctx context.Context, t term.Terminal, c *client.Client, query client.LogQuery, follow bool) (seen int, err error) {
	for {
		page, err := c.Logs(ctx, query)
		if err != nil {
			return seen, err
		}
		for _, r := range page.Results {
			if err := printLog(t, r); err != nil {
				return seen, err
			}
		}
		if seen += len(page.Results); len(page.Results) == 0 && !follow {
			return seen, nil
		}
		query.After, query.Tail = page.Next, nil
		if follow {
			query.Wait = logWaitSeconds * time.Second
		}
	}
}

// explainNone says why there are no results.
func (f *logFlags) explainNone(ctx context.Context, t term.Terminal, c *client.Client, q host.ResultQuery) error {
	conditions := f.conditions(q)
	if f.until != "" {
		conditions = append(conditions, condition[host.ResultQuery]{flagOf("until", f.until), hintTime, host.ResultQuery{Until: q.Until}})
	}
	return emptyList[host.ResultQuery]{
		noun: "results", conditions: conditions, first: "send an event: usher events send FILE",
		any: func(ctx context.Context, q host.ResultQuery) (bool, error) {
			one := 1
			page, err := c.Logs(ctx, client.LogQuery{ResultQuery: q, Tail: &one})
			return len(page.Results) > 0, err
		},
	}.explain(ctx, t)
}

// ignoreInterrupt takes an interrupt for the ordinary end that it is.
func ignoreInterrupt(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func printLog(t term.Terminal, r host.SeqResult) error {
	if t.JSON {
		return t.PrintLine(seqResultView{r.Seq, term.ViewResult(r.Result)})
	}
	return t.Answer(nil, func(w io.Writer) {
		term.Fprintf(w, "%s %s v%d attempt %d (%s)\n", t.Dim(term.ShortTime(r.StartedAt)), t.Bold(r.Action), r.Number, r.Attempt, r.ExecutionID)
		t.Result(w, r.Result)
	})
}

// tailFlags are the flags of `usher tail`.
type tailFlags struct {
	resultFlags
	follow bool
	count  int
}

func newTail(env *command.Env) *cobra.Command {
	var f tailFlags
	cmd := &cobra.Command{
		Use:   "tail",
		Short: "Follow the results of actions until interrupted",
		Long: `Follow the results of all actions as they are recorded, with their logs. When the
connection breaks, as when the host restarts, it continues after the last result: none
is missed or repeated. With --json each result is one line.`,
		Example: `  usher tail
  usher tail --action notify-slack -n 5
  usher tail --failed --email ada@example.com
  usher --json tail | jq 'select(.succeeded | not)'`,
		GroupID: command.GroupWork,
		Args:    command.Exactly(),
		RunE:    func(cmd *cobra.Command, _ []string) error { return tail(env, cmd, f) },
	}
	f.add(cmd, 0)
	flags := cmd.Flags()
	flags.BoolVarP(&f.follow, "follow", "f", true, "go on until interrupted; --follow=false ends after those that are there, as 'usher logs' does")
	flags.Int64Var(&f.q.After, "after", 0, "begin after the result with this number (seq) instead; -1 is the oldest")
	flags.IntVar(&f.count, "count", 0, "end after this many results")
	flags.IntVar(&f.limit, "last", 0, "the same as --limit")
	_ = flags.MarkHidden("last")
	cmd.MarkFlagsMutuallyExclusive("limit", "last", "after")
	return cmd
}

func tail(env *command.Env, cmd *cobra.Command, f tailFlags) error {
	if !f.follow {
		return logs(cmd, env, logFlags{resultFlags: f.resultFlags})
	}
	selected, err := f.query(time.Now())
	if err != nil {
		return err
	}
	c, err := env.Client()
	if err != nil {
		return err
	}
	q := client.TailQuery{ResultQuery: selected}
	if cmd.Flags().Changed("limit") || cmd.Flags().Changed("last") {
		q.Tail = &f.limit
	}
	seen := 0
	for r, err := range c.Tail(cmd.Context(), q) {
		if err != nil {
			return ignoreInterrupt(cmd.Context(), err)
		}
		if err := printLog(env.Term, r); err != nil {
			return err
		}
		if seen++; seen == f.count {
			break
		}
	}
	return nil
}

// seqResultView is one line of `usher logs --json`.
type seqResultView struct {
	Seq int64 `json:"seq"`
	term.ResultView
}
