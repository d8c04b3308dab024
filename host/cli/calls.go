package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/internal/text"
)

// callFlags are the flags of `usher executions calls`.
type callFlags struct {
	action  string
	attempt int
	first   int
	limit   int
}

func newExecutionsCalls(env *command.Env) *cobra.Command {
	var f callFlags
	cmd := &cobra.Command{
		Use:     "calls EXECUTION",
		Short:   "Show what an action asked and got, call by call, as its tape has it",
		Example: "  usher executions calls exe_01kaj5v7m3q9w8t6r4e2y0n1pz",
		Long: `Show the host calls of one attempt with their requests and answers, as its tape has
them. Tokens such as [secret API_KEY] stand for the values of secrets. Long messages
are cut on the terminal; --json has all of them.`,
		Args: command.Exactly("EXECUTION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := env.Client()
			if err != nil {
				return err
			}
			page, err := c.TapePage(cmd.Context(), args[0], host.ReplayQuery{Action: f.action, Attempt: f.attempt}, f.first, f.limit)
			if err != nil {
				return err
			}
			return env.Term.Answer(page, func(w io.Writer) { printCalls(env.Term, w, page) })
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.action, "action", "", "the action, a name or an id (default: the one that failed, or the only one)")
	flags.IntVar(&f.attempt, "attempt", 0, "the attempt, from 1 (default: the last)")
	flags.IntVar(&f.first, "first", 0, "the number of the first call to show")
	flags.IntVar(&f.limit, "limit", host.DefaultTapePage, "how many calls to show, at most 500")
	return cmd
}

func printCalls(t term.Terminal, w io.Writer, page host.TapePage) {
	clock, random := "not read", "none"
	if page.Start != nil {
		clock = page.Start.Format(time.RFC3339Nano)
	}
	if page.Random {
		random = "taken"
	}
	t.Pairs(w, "action", fmt.Sprintf("%s, attempt %d", page.Action, page.Attempt), "clock", clock, "random numbers", random,
		"secrets", strings.Join(page.Secrets, ", "), "calls", fmt.Sprint(page.Total))
	for _, c := range page.Calls {
		term.Fprintf(w, "%4d  %s at %s%s\n", c.Ordinal, c.Function, time.Duration(c.EndMicros)*time.Microsecond, fromAttempt(c.From))
		printMessage(w, "asked", c.Request, c.RequestCut)
		printMessage(w, "got", c.Answer, c.AnswerCut)
	}
	if n := len(page.Calls); n > 0 && page.Calls[n-1].Ordinal+1 < page.Total {
		term.Fprintf(w, "next: usher executions calls %s --first %d\n", page.ExecutionID, page.Calls[n-1].Ordinal+1)
	}
}

func fromAttempt(attempt int) string {
	if attempt == 0 {
		return ""
	}
	return fmt.Sprintf(", from the tape of attempt %d", attempt)
}

// printMessage prints a request or an answer in a line.
func printMessage(w io.Writer, what string, message json.RawMessage, cut int64) {
	const most = 500
	if len(message) == 0 {
		return
	}
	mark := ""
	if cut > 0 {
		mark = fmt.Sprintf(" (cut on the tape: it had %d bytes)", cut)
	}
	term.Fprintf(w, "      %-5s  %s%s\n", what, text.Cut(string(message), most), mark)
}
