package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/client"
)

func newPause(env *command.Env) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "pause ACTION|TRIGGER",
		Short: "Hold an action, or all of a trigger, until it is resumed",
		Long: `Pause an action, or a whole trigger. When the command returns, no further attempt
begins; one that runs is let finish. Events are still accepted. In the background, the
executions wait at the action in their order, without losing attempts; their later actions
wait behind it, and other executions and actions go on. The pause lasts over restarts until
'usher resume'.

A decision can't wait. While pre-user-registration is paused, its decisions are refused
with 503. A paused action of it does not run, and its on_failure counts: with allow
the decision is made without it and is "degraded"; with deny every decision is deny.`,
		Example: `  usher pause notify-slack --reason 'Slack is down'
  usher pause post-user-registration`,
		GroupID: command.GroupWork,
		Args:    command.Exactly("ACTION|TRIGGER"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := env.Client()
			if err != nil {
				return err
			}
			p, err := c.Pause(cmd.Context(), args[0], reason)
			if err != nil {
				return err
			}
			return env.Term.Answer(p, func(w io.Writer) { printPaused(w, p) })
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why it is paused, for 'usher holds' and 'usher audit'")
	return cmd
}

func printPaused(w io.Writer, p client.Paused) {
	name := cmp.Or(p.Action, string(p.Trigger))
	if !p.Changed {
		term.Fprintf(w, "%s is paused already, since %s%s\n", name, p.At.Local().Format(time.DateTime), because(p.Reason))
		return
	}
	term.Fprintf(w, "paused %s\nnext: usher resume %s\n", name, name)
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

func newResume(env *command.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "resume [ACTION|TRIGGER]",
		Short: "Let a paused action or trigger run again, and close open breakers",
		Long: `End the pause of an action or a trigger. What waited goes on, in the order in
which it came. For an action, also close its breakers, so that its work goes on
before a probe has succeeded. Nothing happens when nothing is paused.

Without an argument, resume every trigger that is paused as a whole, as after
'usher serve --paused'. Actions that are paused themselves stay paused.`,
		Example: `  usher resume notify-slack
  usher resume`,
		GroupID: command.GroupWork,
		Args:    command.Between(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := env.Client()
			if err != nil {
				return err
			}
			targets := args
			if len(args) == 0 {
				if targets, err = pausedTriggers(cmd.Context(), c); err != nil {
					return err
				}
			}
			return resume(cmd.Context(), env.Term, c, targets)
		},
	}
}

func pausedTriggers(ctx context.Context, c *client.Client) (triggers []string, err error) {
	holds, err := c.Holds(ctx)
	for i := range holds {
		if holds[i].Kind == host.HoldPause && holds[i].ActionID == "" {
			triggers = append(triggers, string(holds[i].Trigger))
		}
	}
	return triggers, err
}

func resume(ctx context.Context, t term.Terminal, c *client.Client, targets []string) error {
	all := make([]host.Resumed, len(targets))
	for i, target := range targets {
		done, err := c.Resume(ctx, target)
		if err != nil {
			return err
		}
		all[i] = done
	}
	return t.Answer(map[string]any{"resumed": term.NotNil(all)}, func(w io.Writer) {
		if len(all) == 0 {
			term.Fprintf(w, "no trigger is paused\n")
		}
		for _, done := range all {
			name := cmp.Or(done.Action, string(done.Trigger))
			switch {
			case done.Resumed:
				term.Fprintf(w, "resumed %s; what waited goes on in order\n", name)
			case done.ClosedBreakers > 0:
				term.Fprintf(w, "closed the breaker of %s; what waited goes on in order\n", name)
			default:
				term.Fprintf(w, "%s is not paused\n", name)
			}
		}
	})
}

func newHolds(env *command.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "holds",
		Short: "Show what is held back, and why: pauses, open breakers, limits",
		Long: `Show what holds work back: actions and triggers that are paused, versions whose
breaker is open because their latest attempts all failed, and actions that are
over their rate or concurrency, each with the number of executions that wait for it.`,
		Example: `  usher holds
  usher holds --json`,
		GroupID: command.GroupWork,
		Args:    command.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := env.Client()
			if err != nil {
				return err
			}
			holds, err := c.Holds(cmd.Context())
			if err != nil {
				return err
			}
			return env.Term.Answer(map[string]any{"holds": term.NotNil(holds)}, func(w io.Writer) { holdTable(env.Term, w, holds) })
		},
	}
}

func holdTable(t term.Terminal, w io.Writer, holds []host.Hold) {
	if len(holds) == 0 {
		term.Fprintf(w, "nothing is held back\n")
		return
	}
	rows := make([][]string, len(holds))
	for i := range holds {
		h := &holds[i]
		rows[i] = []string{cmp.Or(h.Action, string(h.Trigger)), holdState(h), strconv.FormatInt(h.Waiting, 10), since(h.Since), holdReason(h)}
	}
	t.Table(w, []string{"ACTION OR TRIGGER", "HELD BY", "WAITING", "SINCE", "WHY"}, rows)
}

func since(at time.Time) string {
	if at.IsZero() {
		return "-"
	}
	return at.Local().Format(time.DateTime)
}

// holdState names what holds an action back, in one word or two.
func holdState(h *host.Hold) string {
	switch h.Kind {
	case host.HoldPause:
		return "paused"
	case host.HoldBreaker:
		return fmt.Sprintf("breaker of v%d %s", h.Number, h.State)
	default:
		return "limit"
	}
}

func holdReason(h *host.Hold) string {
	switch h.Kind {
	case host.HoldPause:
		who := cmp.Or(h.Actor.Name, h.Actor.ID, "the host")
		return "by " + who + because(h.Reason)
	case host.HoldBreaker:
		next := ""
		if !h.ProbeAt.IsZero() {
			next = ", next probe " + h.ProbeAt.Local().Format(time.TimeOnly)
		}
		return cmp.Or(h.Error, "it was open before the restart") + next
	default:
		return limitLine(h.Rate, h.Concurrency)
	}
}

func limitLine(rate host.Rate, concurrency int) string {
	switch {
	case rate != "" && concurrency > 0:
		return fmt.Sprintf("rate=%s concurrency=%d", rate, concurrency)
	case rate != "":
		return "rate=" + string(rate)
	default:
		return fmt.Sprintf("concurrency=%d", concurrency)
	}
}

// stateOf says whether a bound action runs, or what holds it back: a pause of it or of its
// trigger before all else.
func stateOf(holds []host.Hold, b host.Binding) string {
	state := "runs"
	for i := range holds {
		h := &holds[i]
		if h.ActionID != "" && h.ActionID != b.ActionID {
			continue
		}
		state = holdState(h)
		if h.ActionID != "" {
			state += fmt.Sprintf(", %d wait", h.Waiting)
		}
		if h.Kind == host.HoldPause {
			return state
		}
	}
	return state
}
