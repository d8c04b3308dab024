package main

import (
	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host/client"
)

// tailFlags are the flags of `usher tail`.
type tailFlags struct {
	action string
	last   int
	after  int64
	count  int
}

func newTail(a *app) *cobra.Command {
	var f tailFlags
	cmd := &cobra.Command{
		Use:   "tail",
		Short: "Follow what the actions do, as they do it, until interrupted",
		Long: `Follow the results of all actions as they are recorded, with their logs. When the
connection breaks, as when the host is restarted, it goes on where it was: no
result is missed and none comes twice. With --json each result is one line.`,
		Example: `  usher tail
  usher tail --action notify-slack --last 5
  usher --json tail | jq 'select(.succeeded | not)'`,
		GroupID: groupWork,
		Args:    exactly(),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.tail(cmd, f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.action, "action", "", "only of this action")
	flags.IntVar(&f.last, "last", 0, "begin this many results before the newest, 500 at most")
	flags.Int64Var(&f.after, "after", 0, "instead: begin after the result with this number (seq); -1 is the oldest")
	flags.IntVarP(&f.count, "count", "n", 0, "end after this many results")
	cmd.MarkFlagsMutuallyExclusive("last", "after")
	return cmd
}

func (a *app) tail(cmd *cobra.Command, f tailFlags) error {
	c, err := a.client()
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
		if err := a.printLog(r); err != nil {
			return err
		}
		if seen++; seen == f.count {
			break
		}
	}
	return nil
}
