package cli

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
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
)

func newAudit(env *command.Env) *cobra.Command {
	var q host.ChangeQuery
	var details bool
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Show who changed what, newest first",
		Example: `  usher audit
  usher audit --object notify-slack --details`,
		GroupID: command.GroupHost,
		Args:    command.Exactly(),
		RunE:    func(cmd *cobra.Command, _ []string) error { return audit(cmd.Context(), env, q, details) },
	}
	flags := cmd.Flags()
	flags.StringVar(&q.Object, "object", "", "only changes of this object: an action, an id or a trigger")
	flags.StringVar(&q.Actor, "actor", "", "only changes made with the API key of this id (see 'usher keys list')")
	flags.Int64Var(&q.Before, "before", 0, "only older than the change with this number (seq)")
	flags.IntVar(&q.Limit, "limit", 50, "how many, 500 at most")
	flags.BoolVar(&details, "details", false, "show the values before and after; secrets by name only")
	return cmd
}

func audit(ctx context.Context, env *command.Env, q host.ChangeQuery, details bool) error {
	c, err := env.Client()
	if err != nil {
		return err
	}
	page, err := c.Changes(ctx, q)
	if err != nil {
		return err
	}
	page.Changes = term.NotNil(page.Changes)
	return env.Term.Answer(page, func(w io.Writer) {
		switch {
		case len(page.Changes) == 0:
			env.Term.Note("no changes")
			return
		case details:
			changeDetails(env.Term, w, page.Changes)
		default:
			changeTable(env.Term, w, page.Changes)
		}
		if page.Next != 0 {
			env.Term.Note("there are more: --before %d", page.Next)
		}
	})
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
