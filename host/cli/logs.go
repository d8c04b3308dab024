package cli

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/client"
)

// logFlags are the flags of `usher logs`.
type logFlags struct {
	follow bool
	action string
	after  int64
	tail   int
}

func newLogs(env *command.Env) *cobra.Command {
	var f logFlags
	cmd := &cobra.Command{
		Use:     "logs",
		Short:   "Show the results and logs of actions, oldest first",
		GroupID: command.GroupWork,
		Args:    command.Exactly(),
		Example: `  usher logs --follow --action notify-slack`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			query := client.LogQuery{Action: f.action, After: f.after}
			if !cmd.Flags().Changed("after") {
				query.Tail = &f.tail
			}
			return logs(cmd.Context(), env, query, f.follow)
		},
	}
	flags := cmd.Flags()
	flags.BoolVarP(&f.follow, "follow", "f", false, "go on with new results until interrupted")
	flags.StringVar(&f.action, "action", "", "only of this action")
	flags.IntVar(&f.tail, "tail", 20, "begin this many results before the newest, 500 at most")
	flags.Int64Var(&f.after, "after", 0, "begin after the result with this number (seq) instead")
	cmd.MarkFlagsMutuallyExclusive("tail", "after")
	return cmd
}

// logWaitSeconds is how long one question for new results stays open.
const logWaitSeconds = 25

// logs prints results as they were recorded. With --json each is one line.
func logs(ctx context.Context, env *command.Env, query client.LogQuery, follow bool) error {
	c, err := env.Client()
	if err != nil {
		return err
	}
	for {
		page, err := c.Logs(ctx, query)
		if err != nil {
			return ignoreInterrupt(ctx, err)
		}
		for _, r := range page.Results {
			if err := printLog(env.Term, r); err != nil {
				return err
			}
		}
		if len(page.Results) == 0 && !follow {
			return nil
		}
		query.After, query.Tail = page.Next, nil
		if follow {
			query.Wait = logWaitSeconds * time.Second
		}
	}
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
	action string
	last   int
	after  int64
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
  usher tail --action notify-slack --last 5
  usher --json tail | jq 'select(.succeeded | not)'`,
		GroupID: command.GroupWork,
		Args:    command.Exactly(),
		RunE:    func(cmd *cobra.Command, _ []string) error { return tail(env, cmd, f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.action, "action", "", "only of this action")
	flags.IntVar(&f.last, "last", 0, "begin this many results before the newest, 500 at most")
	flags.Int64Var(&f.after, "after", 0, "begin after the result with this number (seq) instead; -1 is the oldest")
	flags.IntVarP(&f.count, "count", "n", 0, "end after this many results")
	cmd.MarkFlagsMutuallyExclusive("last", "after")
	return cmd
}

func tail(env *command.Env, cmd *cobra.Command, f tailFlags) error {
	c, err := env.Client()
	if err != nil {
		return err
	}
	q := client.TailQuery{After: f.after, Action: f.action}
	if cmd.Flags().Changed("last") {
		q.Tail = &f.last
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
