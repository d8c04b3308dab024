package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/term"
)

// timeFlags are the flags that select by time.
type timeFlags struct{ since, until string }

func (f *timeFlags) add(cmd *cobra.Command, done string) {
	cmd.Flags().StringVar(&f.since, "since", "", "only "+done+" then or later: "+momentUsage)
	cmd.Flags().StringVar(&f.until, "until", "", "only "+done+" before then: "+momentUsage)
}

// times reads the flags, as of now.
func (f *timeFlags) times(now time.Time) (since, until time.Time, err error) {
	if since, err = moment("since", f.since, now); err != nil {
		return since, until, err
	}
	until, err = moment("until", f.until, now)
	return since, until, err
}

// fieldFlags are the flags that select by fields of events.
type fieldFlags struct {
	email string
	where []string
}

func (f *fieldFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.email, "email", "", "only of users with this e-mail address")
	cmd.Flags().StringArrayVar(&f.where, "where", nil,
		"only of events with this value at a searchable field: FIELD=VALUE, or FIELD=BEGIN* for all that begin so; repeatable (see 'usher events fields')")
}

func (f *fieldFlags) values() ([]host.FieldValue, error) {
	var out []host.FieldValue
	where := f.where
	if f.email != "" {
		where = append([]string{emailField + "=" + f.email}, where...)
	}
	for _, text := range where {
		v, err := host.ParseFieldValue(text)
		if err != nil {
			return nil, term.UsageError{Err: fmt.Errorf("--where: %w", err), Hint: "write it as in --where user.email=ada@example.com"}
		}
		out = append(out, v)
	}
	return out, nil
}

// emailField is the field that --email stands for.
const emailField = "user.email"

// addLimit adds the flag for the length of a list: how many of the newest.
func addLimit(cmd *cobra.Command, limit *int, initial int) {
	cmd.Flags().IntVarP(limit, "limit", "n", initial, "how many of the newest, 500 at most")
}

func addQuiet(cmd *cobra.Command, quiet *bool) {
	cmd.Flags().BoolVarP(quiet, "quiet", "q", false, "print ids only, one on each line")
}

// listing is a page of what a command lists.
type listing[Q any] struct {
	ids      []string
	answer   any               // what --json prints
	table    func(w io.Writer) // of a page that is not empty
	next     string            // the --before of the next page
	indexing []host.SearchableField
	empty    emptyList[Q]
}

// show prints the page, or why it is empty.
func (l listing[Q]) show(ctx context.Context, t term.Terminal, quiet bool) error {
	if quiet && !t.JSON {
		return printIDs(t, l.ids)
	}
	if err := t.Answer(l.answer, func(w io.Writer) {
		if len(l.ids) > 0 {
			l.table(w)
		}
		if l.next != "" {
			t.Note("there are more: --before %s", l.next)
		}
	}); err != nil || t.JSON {
		return err
	}
	noteIndexing(t, l.indexing)
	if len(l.ids) > 0 {
		return nil
	}
	return l.empty.explain(ctx, t)
}

// printIDs prints ids for other commands, such as xargs.
func printIDs(t term.Terminal, ids []string) error {
	return t.Answer(nil, func(w io.Writer) {
		for _, id := range ids {
			term.Fprintln(w, id)
		}
	})
}

// noteIndexing says of a list that it may not be whole yet.
func noteIndexing(t term.Terminal, fields []host.SearchableField) {
	for _, f := range fields {
		t.Note("usher: %s became searchable lately: %d%% of the older events are indexed, the newest first; others are not found yet", f.Field, f.Percent)
	}
}
