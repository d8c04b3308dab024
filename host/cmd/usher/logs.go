package main

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/client"
)

// logFlags are the flags of `usher logs`.
type logFlags struct {
	follow bool
	action string
	after  int64
	tail   int
}

func newLogs(a *app) *cobra.Command {
	var f logFlags
	cmd := &cobra.Command{
		Use:     "logs",
		Short:   "Show what the actions did and logged, oldest first",
		GroupID: groupWork,
		Args:    exactly(),
		Example: `  usher logs --follow --action notify-slack`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			query := client.LogQuery{Action: f.action, After: f.after}
			if !cmd.Flags().Changed("after") {
				query.Tail = &f.tail
			}
			return a.logs(cmd.Context(), query, f.follow)
		},
	}
	flags := cmd.Flags()
	flags.BoolVarP(&f.follow, "follow", "f", false, "go on with new results until interrupted")
	flags.StringVar(&f.action, "action", "", "only of this action")
	flags.IntVar(&f.tail, "tail", 20, "begin this many results before the newest, 500 at most")
	flags.Int64Var(&f.after, "after", 0, "instead: begin after the result with this number (seq)")
	cmd.MarkFlagsMutuallyExclusive("tail", "after")
	return cmd
}

// logWaitSeconds is how long one question for new results stays open.
const logWaitSeconds = 25

// logs prints results as they were recorded. With --json each is one line.
func (a *app) logs(ctx context.Context, query client.LogQuery, follow bool) error {
	c, err := a.client()
	if err != nil {
		return err
	}
	for {
		page, err := c.Logs(ctx, query)
		if err != nil {
			return ignoreInterrupt(ctx, err)
		}
		for _, r := range page.Results {
			if err := a.printLog(r); err != nil {
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

func (a *app) printLog(r host.SeqResult) error {
	if a.term.json {
		return a.term.printLine(seqResultView{r.Seq, viewResult(r.Result)})
	}
	return a.term.answer(nil, func(w io.Writer) {
		fprintf(w, "%s %s v%d attempt %d (%s)\n", a.term.dim(shortTime(r.StartedAt)), a.term.bold(r.Action), r.Number, r.Attempt, r.ExecutionID)
		a.term.result(w, r.Result)
	})
}
