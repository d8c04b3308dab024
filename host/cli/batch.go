package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/client"
	"github.com/usherhost/usher/host/internal/text"
)

// batchFlags are the flags of the commands that do something to one execution, to several,
// or to all that a filter selects.
type batchFlags struct {
	executionFlags
	all, dryRun, yes bool
	rate             float64
}

// add adds the flags. Verb is what the command does.
func (f *batchFlags) add(cmd *cobra.Command, verb string) {
	f.executionFlags.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.q.Text, "error", "", "the same as --text")
	flags.StringVar(&f.q.Before, "before", "", "only older than this execution")
	flags.IntVar(&f.q.Limit, "limit", 0, "most executions to "+verb+", newest first (0: no limit)")
	flags.BoolVar(&f.all, "all", false, verb+" all of them; required when nothing else selects some")
	flags.BoolVar(&f.dryRun, "dry-run", false, "only count what would be done")
	command.AddYes(cmd, &f.yes)
}

func (f *batchFlags) addRate(cmd *cobra.Command, rate float64) {
	cmd.Flags().Float64Var(&f.rate, "rate", rate, "executions per second, so that new events do not wait behind them (0: no limit)")
}

// selection fills b with what the arguments or the flags select.
func (f *batchFlags) selection(b *client.Batch, args []string) (err error) {
	q, err := f.query(time.Now())
	if err != nil {
		return err
	}
	selects := q.Selects() || q.Before != ""
	switch {
	case f.rate < 0:
		return term.UsageError{Err: fmt.Errorf("--rate %v is negative", f.rate), Hint: "give executions per second, or 0 for no limit"}
	case len(args) > 0 && (selects || f.all):
		return term.UsageError{Err: errors.New("executions are named, and selected by flags too"), Hint: "give one of both"}
	case len(args) == 0 && !selects && !f.all:
		return term.UsageError{Err: errors.New("nothing selects executions"), Hint: "name some, or select some, as with --action or --since, or give --all"}
	}
	for _, id := range args {
		if !strings.HasPrefix(id, host.ExecutionPrefix) {
			return term.UsageError{Err: fmt.Errorf("%q is not the id of an execution", id), Hint: "ids begin with exe_: usher executions list"}
		}
	}
	b.Query, b.IDs, b.DryRun = q, args, f.dryRun
	return nil
}

// batchWords are how a batch is worded.
type batchWords struct {
	noun   string   // "dead letters"
	verb   string   // "retry"
	done   string   // "due again"
	resume []string // the arguments that go on with it, without --before
}

// runBatch counts what b selects, asks, and does it part by part.
func runBatch(ctx context.Context, env *command.Env, b client.Batch, f *batchFlags, words batchWords) error {
	c, err := env.Client()
	if err != nil {
		return err
	}
	if len(b.IDs) == 0 || f.dryRun {
		count, err := countBatch(ctx, c, b, f.q.Limit)
		if err != nil {
			return err
		}
		noteIndexing(env.Term, count.Indexing)
		if f.dryRun || count.Done == 0 {
			return noBatch(ctx, env.Term, c, b, f, count, words)
		}
		if !f.yes {
			printSkipped(env.Term, env.Term.Err, &count)
			if err := confirmBatch(env.Term, words.verb, term.Count(count.Done, "execution")); err != nil {
				return err
			}
		}
		return doBatch(ctx, env.Term, c, b, f, words, count.Selected)
	}
	return doBatch(ctx, env.Term, c, b, f, words, len(b.IDs))
}

// noBatch answers when nothing is done, and says why if nothing is selected.
func noBatch(ctx context.Context, t term.Terminal, c *client.Client, b client.Batch, f *batchFlags, count host.Batch, words batchWords) error {
	if err := answerBatch(t, count, words); err != nil || count.Selected > 0 || t.JSON || len(b.IDs) > 0 {
		return err
	}
	return emptyList[host.ExecutionQuery]{
		noun: words.noun, conditions: f.conditions(b.Query), first: "usher executions list",
		any: func(ctx context.Context, q host.ExecutionQuery) (bool, error) {
			q.Limit = 1
			part, err := c.DoBatch(ctx, client.Batch{Operation: b.Operation, Query: q, Now: b.Now, DryRun: true})
			return part.Selected > 0, err
		},
	}.explain(ctx, t)
}

// confirmBatch asks; without a terminal, only --yes confirms.
func confirmBatch(t term.Terminal, verb, count string) error {
	err := t.Ask(verb + " " + count + "?")
	if errors.Is(err, term.ErrNoTerminal) {
		return term.UsageError{
			Err:  fmt.Errorf("to %s %s needs a confirmation, and stdin is not a terminal", verb, count),
			Hint: "give --yes, or count with --dry-run",
		}
	}
	return err
}

// countBatch asks what would be done.
func countBatch(ctx context.Context, c *client.Client, b client.Batch, most int) (count host.Batch, err error) {
	b.DryRun = true
	for {
		b.Query.Limit = max(most-count.Selected, 0)
		b.Query.Limit = min(b.Query.Limit, maxCounted)
		part, err := c.DoBatch(ctx, b)
		if err != nil {
			return count, err
		}
		count.Add(part)
		if part.Next == "" || most > 0 && count.Selected >= most {
			return count, nil
		}
		b.Query.Before = part.Next
	}
}

// How many executions one request counts, and changes, at most.
const (
	maxCounted = 10_000
	maxChanged = 100
)

// doBatch does it, part by part, at the rate that was asked for.
func doBatch(ctx context.Context, t term.Terminal, c *client.Client, b client.Batch, f *batchFlags, words batchWords, total int) error {
	began, shown := time.Now(), time.Now()
	done := host.Batch{Skipped: []host.BatchSkipped{}}
	left := b.IDs
	for {
		n := partSize(f, done.Selected)
		if len(b.IDs) > 0 {
			n = min(n, len(left))
			b.IDs, left = left[:n], left[n:]
		}
		b.Query.Limit = n
		part, err := c.DoBatch(ctx, b)
		if err == nil {
			done.Add(part)
			b.Query.Before = part.Next
		}
		over := part.Next == "" && len(left) == 0 || f.q.Limit > 0 && done.Selected >= f.q.Limit
		if err == nil && !over {
			if time.Since(shown) > time.Second {
				shown = time.Now()
				t.Note("%d of %d executions, %d %s", done.Selected, total, done.Done, words.done)
			}
			err = pace(ctx, f.rate, done.Selected, began)
		}
		if err != nil {
			return interrupted(t, err, &done, b, left, words)
		}
		if over {
			return answerBatch(t, done, words)
		}
	}
}

// partSize is how many executions the next request is for: those of a second, at a rate.
func partSize(f *batchFlags, selected int) int {
	n := maxChanged
	if f.rate > 0 {
		n = min(n, max(int(f.rate), 1))
	}
	if f.q.Limit > 0 {
		n = min(n, f.q.Limit-selected)
	}
	return n
}

// pace waits until so many executions are no more than the rate allows.
func pace(ctx context.Context, rate float64, done int, began time.Time) error {
	if rate <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(time.Until(began.Add(time.Duration(float64(done) / rate * float64(time.Second)))))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// interrupted says how to go on with a batch that ended in the middle.
func interrupted(t term.Terminal, err error, done *host.Batch, b client.Batch, left []string, words batchWords) error {
	if done.Selected == 0 {
		return err
	}
	t.Note("interrupted: %d executions are %s", done.Done, words.done)
	resume := words.resume
	if len(b.IDs) > 0 {
		resume = append(slices.Clone(resume), append(b.IDs, left...)...)
	} else if b.Query.Before != "" {
		resume = append(slices.Clone(resume), "--before", b.Query.Before)
	}
	t.Note("go on with: %s", commandLine(resume))
	if errors.Is(err, context.Canceled) {
		return term.SilentExit(term.ExitFailure)
	}
	return err
}

// commandLine is a command of usher for a shell.
func commandLine(args []string) string {
	line := "usher"
	for _, arg := range args {
		line += " " + text.ShellQuote(arg)
	}
	return line
}

func answerBatch(t term.Terminal, b host.Batch, words batchWords) error {
	return t.Answer(b, func(w io.Writer) {
		switch {
		case b.DryRun && b.Selected > 0:
			term.Fprintf(w, "%s would be %s (dry run)\n", term.Count(b.Done, "execution"), words.done)
		case b.Selected == 0:
			term.Fprintf(w, "nothing to %s\n", words.verb)
		default:
			term.Fprintf(w, "%s %s\n", term.CountAre(b.Done, "execution"), words.done)
		}
		printSkipped(t, w, &b)
		if b.Done > 0 && !b.DryRun && words.verb != "cancel" {
			term.Fprintln(w, "next: usher tail")
		}
	})
}

func printSkipped(_ term.Terminal, w io.Writer, b *host.Batch) {
	for _, s := range b.Skipped {
		term.Fprintf(w, "skipped %s: %s (%s)\n", term.Count(s.Executions, "execution"), s.Reason, s.Example)
	}
}
