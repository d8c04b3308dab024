package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
)

func newAudit(a *app) *cobra.Command {
	var q host.ChangeQuery
	var details bool
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Show who changed what, newest first",
		Example: `  usher audit
  usher audit --object notify-slack --details`,
		GroupID: groupHost,
		Args:    exactly(),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.audit(cmd.Context(), q, details) },
	}
	flags := cmd.Flags()
	flags.StringVar(&q.Object, "object", "", "only changes of this: an action, or the id of anything, or a trigger")
	flags.StringVar(&q.Actor, "actor", "", "only by this key, an id (see 'usher keys list')")
	flags.Int64Var(&q.Before, "before", 0, "only older than the change with this number (seq)")
	flags.IntVar(&q.Limit, "limit", 50, "how many, 500 at most")
	flags.BoolVar(&details, "details", false, "show what it was before and after; secrets by name only")
	return cmd
}

func (a *app) audit(ctx context.Context, q host.ChangeQuery, details bool) error {
	c, err := a.client()
	if err != nil {
		return err
	}
	page, err := c.Changes(ctx, q)
	if err != nil {
		return err
	}
	page.Changes = notNil(page.Changes)
	return a.term.answer(page, func(w io.Writer) {
		switch {
		case len(page.Changes) == 0:
			a.term.note("no changes")
			return
		case details:
			a.changeDetails(w, page.Changes)
		default:
			a.changeTable(w, page.Changes)
		}
		if page.Next != 0 {
			a.term.note("there are more: --before %d", page.Next)
		}
	})
}

func (a *app) changeTable(w io.Writer, changes []host.Change) {
	rows := make([][]string, len(changes))
	for i, c := range changes {
		rows[i] = []string{fmt.Sprint(c.Seq), shortTime(c.At), actorName(c.Actor), c.Verb, objectName(c)}
	}
	a.term.table(w, []string{"SEQ", "WHEN", "WHO", "WHAT", "OBJECT"}, rows)
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
func (a *app) changeDetails(w io.Writer, changes []host.Change) {
	for _, c := range changes {
		fprintf(w, "%d %s %s %s %s\n", c.Seq, a.term.dim(shortTime(c.At)), actorName(c.Actor), a.term.bold(c.Verb), objectName(c))
		lines := strings.SplitAfterN(string(diff.Diff("before", page(c.Before), "after", page(c.After))), "\n", 4)
		for line := range strings.Lines(lines[len(lines)-1]) {
			fmt.Fprint(w, "  "+a.diffLine(line))
		}
	}
}

// page is JSON in lines; nothing when there is none.
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
