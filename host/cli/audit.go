package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
)

func newAudit(env *command.Env) *cobra.Command {
	var q host.ChangeQuery
	var times timeFlags
	var details bool
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Show who changed what, newest first",
		Example: `  usher audit
  usher audit --since 1d
  usher audit --object notify-slack --details`,
		GroupID: command.GroupHost,
		Args:    command.Exactly(),
		RunE:    func(cmd *cobra.Command, _ []string) error { return audit(cmd.Context(), env, q, times, details) },
	}
	flags := cmd.Flags()
	flags.StringVar(&q.Object, "object", "", "only changes of this object: an action, an id or a trigger")
	flags.StringVar(&q.Actor, "actor", "", "only changes made with the API key of this id (see 'usher keys list')")
	flags.Int64Var(&q.Before, "before", 0, "only older than the change with this number (seq)")
	times.add(cmd, "made")
	addLimit(cmd, &q.Limit, 50)
	flags.BoolVar(&details, "details", false, "show the values before and after; secrets by name only")
	return cmd
}

func audit(ctx context.Context, env *command.Env, q host.ChangeQuery, times timeFlags, details bool) (err error) {
	if q.Since, q.Until, err = times.times(time.Now()); err != nil {
		return err
	}
	c, err := env.Client()
	if err != nil {
		return err
	}
	page, err := c.Changes(ctx, q)
	if err != nil {
		return err
	}
	page.Changes = term.NotNil(page.Changes)
	if err := env.Term.Answer(page, func(w io.Writer) {
		switch {
		case len(page.Changes) == 0:
			return
		case details:
			changeDetails(env.Term, w, page.Changes)
		default:
			changeTable(env.Term, w, page.Changes)
		}
		if page.Next != 0 {
			env.Term.Note("there are more: --before %d", page.Next)
		}
	}); err != nil || env.Term.JSON || len(page.Changes) > 0 {
		return err
	}
	return emptyList[host.ChangeQuery]{
		noun: "changes", conditions: changeConditions(q, times), first: "what is changed over the API is shown here",
		any: func(ctx context.Context, q host.ChangeQuery) (bool, error) {
			q.Limit = 1
			page, err := c.Changes(ctx, q)
			return len(page.Changes) > 0, err
		},
	}.explain(ctx, env.Term)
}

// changeConditions are the filters one by one.
func changeConditions(q host.ChangeQuery, times timeFlags) []condition[host.ChangeQuery] {
	type query = host.ChangeQuery
	var out []condition[query]
	if q.Object != "" {
		out = append(out, condition[query]{flagOf("object", q.Object), "an object is an action's name, an id or a trigger", query{Object: q.Object}})
	}
	if q.Actor != "" {
		out = append(out, condition[query]{flagOf("actor", q.Actor), "'usher keys list' shows the ids of keys", query{Actor: q.Actor}})
	}
	out = append(out, timeConditions(times, q.Since, q.Until, func(since, until time.Time) query { return query{Since: since, Until: until} })...)
	if q.Before != 0 {
		out = append(out, condition[query]{fmt.Sprintf("--before %d", q.Before), "it was the last page", query{Before: q.Before}})
	}
	return out
}

func changeTable(t term.Terminal, w io.Writer, changes []host.Change) {
	rows := make([][]string, len(changes))
	for i, c := range changes {
		rows[i] = []string{fmt.Sprint(c.Seq), term.ShortTime(c.At), actorName(c.Actor), c.Verb, objectName(c)}
	}
	t.Table(w, []string{"SEQ", "WHEN", "WHO", "WHAT", "OBJECT"}, rows)
}

func actorName(actor host.Actor) string {
	return cmp.Or(actor.Name, actor.ID, "the host")
}

func objectName(c host.Change) string {
	if c.Name == "" || c.Name == c.Object {
		return c.Object
	}
	return c.Name + " (" + c.Object + ")"
}

// changeDetails shows each change with the lines that differ.
func changeDetails(t term.Terminal, w io.Writer, changes []host.Change) {
	for _, c := range changes {
		term.Fprintf(w, "%d %s %s %s %s\n", c.Seq, t.Dim(term.ShortTime(c.At)), actorName(c.Actor), t.Bold(c.Verb), objectName(c))
		lines := strings.SplitAfterN(string(diff.Diff("before", page(c.Before), "after", page(c.After))), "\n", 4)
		for line := range strings.Lines(lines[len(lines)-1]) {
			fmt.Fprint(w, "  "+t.DiffLine(line))
		}
	}
}

// page is indented JSON, or empty.
func page(value json.RawMessage) []byte {
	var tree any
	if json.Unmarshal(value, &tree) != nil || tree == nil {
		return nil
	}
	text, err := json.MarshalIndent(tree, "", "  ")
	if err != nil {
		return nil
	}
	return append(text, '\n')
}
