package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
)

// noticeFlags are the flags that select notices.
type noticeFlags struct {
	kind, since string
	q           host.NoticeQuery
}

func newNotices(env *command.Env) *cobra.Command {
	cmd := newNoticesList(env, "notices")
	cmd.Short = "Show what an operator should know of: dead letters, open breakers, refused events"
	cmd.Long = `Show what an operator should know of, newest first: dead letters, breakers that
opened or closed, events that were refused, and webhooks that were disabled. Notices about
the same that come within a minute are counted in one. The newest 10,000 are stored.
Each is also a line at level WARN in the host's log, and goes to the webhooks that ask
for its kind (see 'usher webhooks --help').`
	cmd.Example = `  usher notices
  usher notices --kind dead_letter.created --action notify-slack --since 1d
  usher notices show ntc_01kaj5v7m3q9w8t6r4e2y0n1pz`
	cmd.GroupID, cmd.Args = command.GroupWork, command.SubcommandOnly
	cmd.AddCommand(newNoticesList(env, "list"), newNoticesShow(env))
	return cmd
}

// newNoticesList returns the command that lists notices, under a name.
func newNoticesList(env *command.Env, name string) *cobra.Command {
	var f noticeFlags
	cmd := &cobra.Command{
		Use:     name,
		Short:   "List the notices, newest first",
		Example: `  usher notices list --kind event.refused`,
		Args:    command.Exactly(),
		RunE:    func(cmd *cobra.Command, _ []string) error { return listNotices(cmd.Context(), env, f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.kind, "kind", "", "only of this kind: "+strings.Join(kindNames(), ", "))
	flags.StringVar(&f.q.ActionID, "action", "", "only about this action, a name or an id")
	flags.StringVar(&f.since, "since", "", "only what happened then or later: "+momentUsage)
	flags.StringVar(&f.q.Before, "before", "", "only older than this notice: the next page")
	addLimit(cmd, &f.q.Limit, 50)
	_ = cmd.RegisterFlagCompletionFunc("kind", cobra.FixedCompletions(kindNames(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// kindNames are the kinds that a webhook may ask for.
func kindNames() []string {
	var names []string
	for _, k := range host.NoticeKinds() {
		names = append(names, string(k))
	}
	return names
}

// noticeKind reads the name of a kind.
func noticeKind(name string) (host.NoticeKind, error) {
	if !slices.Contains(kindNames(), name) {
		return "", term.UsageError{
			Err:  fmt.Errorf("unknown kind of notice %q", name),
			Hint: term.DidYouMean(name, kindNames(), "it is one of "+strings.Join(kindNames(), ", ")),
		}
	}
	return host.NoticeKind(name), nil
}

func listNotices(ctx context.Context, env *command.Env, f noticeFlags) (err error) {
	q := f.q
	if f.kind != "" {
		if q.Kind, err = noticeKind(f.kind); err != nil {
			return err
		}
	}
	if q.Since, err = moment("since", f.since, time.Now()); err != nil {
		return err
	}
	c, err := env.Client()
	if err != nil {
		return err
	}
	page, err := c.Notices(ctx, q)
	if err != nil {
		return err
	}
	page.Notices = term.NotNil(page.Notices)
	return env.Term.Answer(page, func(w io.Writer) {
		if len(page.Notices) == 0 {
			env.Term.Note("%s", noNotices(f))
			return
		}
		var rows [][]string
		for _, n := range page.Notices {
			rows = append(rows, []string{n.ID, term.ShortTime(n.LastAt), string(n.Kind), strconv.FormatInt(n.Count, 10), aboutNotice(n), noticeLine(n)})
		}
		env.Term.Table(w, []string{"NOTICE", "LAST", "KIND", "COUNT", "ABOUT", "WHAT"}, rows)
		env.Term.Note("next: usher notices show NOTICE")
		if page.Next != "" {
			env.Term.Note("there are more: --before %s", page.Next)
		}
	})
}

// noNotices says which filters found nothing.
func noNotices(f noticeFlags) string {
	var filters []string
	for _, one := range [][2]string{{"--kind", f.kind}, {"--action", f.q.ActionID}, {"--since", f.since}, {"--before", f.q.Before}} {
		if one[1] != "" {
			filters = append(filters, one[0]+" "+one[1])
		}
	}
	if len(filters) == 0 {
		return "no notices: there is nothing that an operator should know of"
	}
	return "no notices with " + strings.Join(filters, " and ")
}

// aboutNotice names what a notice is about.
func aboutNotice(n host.Notice) string {
	switch {
	case n.Action != "" && n.Number > 0:
		return fmt.Sprintf("%s v%d", n.Action, n.Number)
	case n.Action != "":
		return n.Action
	}
	return cmp.Or(n.KeyID, n.WebhookID, string(n.Trigger))
}

// noticeLine is a notice in one short line.
func noticeLine(n host.Notice) string {
	line := n.Summary
	switch {
	case n.Error != nil:
		line = n.Error.Line()
	case len(n.Errors) > 0:
		line = n.Errors[0].Pointer + " " + n.Errors[0].Detail
		if more := len(n.Errors) - 1; more > 0 {
			line += " (and " + strconv.Itoa(more) + " more)"
		}
	}
	short := []rune(term.FirstLine(line))
	if len(short) > maxErrorChars {
		return string(short[:maxErrorChars-1]) + "…"
	}
	return string(short)
}

func newNoticesShow(env *command.Env) *cobra.Command {
	return &cobra.Command{
		Use:     "show NOTICE",
		Short:   "Show one notice, and what to do about it",
		Example: `  usher notices show ntc_01kaj5v7m3q9w8t6r4e2y0n1pz`,
		Args:    command.Exactly("NOTICE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := env.Client()
			if err != nil {
				return err
			}
			n, err := c.Notice(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return env.Term.Answer(n, func(w io.Writer) { printNotice(env.Term, w, n) })
		},
	}
}

func printNotice(t term.Terminal, w io.Writer, n host.Notice) {
	var failed, attempt string
	if n.Error != nil {
		failed = term.FirstLine(n.Error.Line())
	}
	if n.Attempt > 0 {
		attempt = strconv.Itoa(n.Attempt)
	}
	t.Pairs(w, "notice", n.ID, "kind", string(n.Kind), "what", n.Summary, "happened", happened(n), "trigger", string(n.Trigger),
		"action", aboutAction(n), "execution", n.ExecutionID, "attempt", attempt, "fault", string(n.Fault), "error", failed,
		"key", n.KeyID, "refused event", n.RefusedEventID, "webhook", n.WebhookID)
	for _, f := range n.Errors {
		term.Fprintf(w, "  %s %s\n", f.Pointer, f.Detail)
	}
	if n.Hint != "" {
		term.Fprintf(w, "hint: %s\n", n.Hint)
	}
}

func aboutAction(n host.Notice) string {
	if n.Action == "" {
		return ""
	}
	return aboutNotice(n)
}

// happened says when, and how often.
func happened(n host.Notice) string {
	if n.Count == 1 {
		return term.ShortTime(n.At)
	}
	return fmt.Sprintf("%d times from %s to %s; this is the first", n.Count, term.ShortTime(n.At), term.ShortTime(n.LastAt))
}
