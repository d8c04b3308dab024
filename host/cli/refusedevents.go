package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/client"
)

func newRefusedEvents(env *command.Env) *cobra.Command {
	cmd := command.Parent("refused", "Show events that were refused within a day, and send them again", "",
		newRefusedEventsList(env), newRefusedEventsShow(env), newSendAgain(env))
	cmd.Long = `Show events that were sent with a valid key and that the host refused, with the
reason, and send them again. They are stored for a day, encrypted and limited in
size. Values that look like a password, a key or a token are shown redacted.`
	return cmd
}

func newRefusedEventsList(env *command.Env) *cobra.Command {
	var q host.RefusedEventQuery
	var quiet bool
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List refused events, newest first",
		Example: `  usher events refused list --of-key key_01kaj5v7m3q9w8t6r4e2y0n1pz`,
		Args:    command.Exactly(),
		RunE:    func(cmd *cobra.Command, _ []string) error { return listRefusedEvents(cmd.Context(), env, q, quiet) },
	}
	addOfKey(cmd, &q)
	cmd.Flags().StringVar(&q.Before, "before", "", "only those older than this one: the next page")
	addLimit(cmd, &q.Limit, 50)
	addQuiet(cmd, &quiet)
	return cmd
}

func addOfKey(cmd *cobra.Command, q *host.RefusedEventQuery) {
	cmd.Flags().StringVar(&q.KeyID, "of-key", "", "only those sent with the API key of this id")
}

func listRefusedEvents(ctx context.Context, env *command.Env, q host.RefusedEventQuery, quiet bool) error {
	c, err := env.Client()
	if err != nil {
		return err
	}
	events, next, err := c.RefusedEvents(ctx, q)
	if err != nil {
		return err
	}
	if events == nil {
		events = []host.RefusedEvent{}
	}
	if quiet && !env.Term.JSON {
		ids := make([]string, len(events))
		for i := range events {
			ids[i] = events[i].ID
		}
		return printIDs(env.Term, ids)
	}
	return env.Term.Answer(map[string]any{"refused_events": events, "next": next}, func(w io.Writer) {
		if len(events) == 0 {
			env.Term.Note("%s", noRefusedEvents(q))
			return
		}
		var rows [][]string
		for _, e := range events {
			rows = append(rows, []string{e.ID, term.ShortTime(e.ReceivedAt), e.KeyID, term.ByteSize(e.SizeBytes), refusedReason(e)})
		}
		env.Term.Table(w, []string{"REFUSED EVENT", "RECEIVED", "KEY", "SIZE", "REASON"}, rows)
		env.Term.Note("next: usher events refused show ID; usher events refused send-again ID")
		if next != "" {
			env.Term.Note("there are more: --before %s", next)
		}
	})
}

// noRefusedEvents says why the list is empty.
func noRefusedEvents(q host.RefusedEventQuery) string {
	switch {
	case q.KeyID != "":
		return "no refused events with " + flagOf("of-key", q.KeyID) + "; 'usher keys list' shows the ids of keys"
	case q.Before != "":
		return "no refused events before " + q.Before + ": it was the last page"
	}
	return "no refused events: the host has accepted all that came within a day"
}

// refusedReason is the reason in one short line, with the first invalid field when
// there is one.
func refusedReason(e host.RefusedEvent) string {
	reason := e.Detail
	if len(e.Errors) > 0 {
		reason = e.Errors[0].Pointer + " " + e.Errors[0].Detail
	}
	if more := len(e.Errors) - 1; more > 0 {
		reason += " (and " + strconv.Itoa(more) + " more)"
	}
	line := []rune(term.FirstLine(reason))
	if len(line) > maxErrorChars {
		return string(line[:maxErrorChars-1]) + "…"
	}
	return string(line)
}

func newRefusedEventsShow(env *command.Env) *cobra.Command {
	return &cobra.Command{
		Use:     "show REFUSED-EVENT",
		Short:   "Show why an event was refused, and what was sent, with credentials redacted",
		Example: "  usher events refused show ref_01kaj5v7m3q9w8t6r4e2y0n1pz",
		Args:    command.Exactly("REFUSED-EVENT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := env.Client()
			if err != nil {
				return err
			}
			e, err := c.RefusedEvent(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return env.Term.Answer(e, func(w io.Writer) { printRefusedEvent(env.Term, w, e) })
		},
	}
}

func printRefusedEvent(t term.Terminal, w io.Writer, e client.RefusedEvent) {
	t.Pairs(w, "refused event", e.ID, "trigger", string(e.Trigger), "key", e.KeyID, "received", term.ShortTime(e.ReceivedAt),
		"stored until", term.ShortTime(e.ExpiresAt), "content type", e.ContentType, "size", term.ByteSize(e.SizeBytes), "reason", e.Detail)
	for _, f := range e.Errors {
		term.Fprintf(w, "  %s %s\n", f.Pointer, f.Detail)
	}
	var indented bytes.Buffer
	switch {
	case json.Indent(&indented, e.Body, "", "  ") == nil && len(e.Body) > 0:
		term.Fprintf(w, "%s\n", term.Block(indented.String()))
	case e.BodyText != "":
		term.Fprintf(w, "| %s\n", term.Hang(e.BodyText, "| ")) // its sender must not write the lines after it
	case !e.Kept:
		term.Fprintln(w, "the body was not stored: it was too large")
	default:
		term.Fprintln(w, "the body is not text")
	}
	again := "usher events refused send-again " + e.ID
	if !e.Kept {
		again += " --file FILE"
	}
	term.Fprintln(w, "next: "+again)
}

// sendAgainFlags are the flags of `usher events refused send-again`.
type sendAgainFlags struct {
	file        string
	contentType string
	all         bool
	of          host.RefusedEventQuery
}

func newSendAgain(env *command.Env) *cobra.Command {
	var f sendAgainFlags
	cmd := &cobra.Command{
		Use:   "send-again [REFUSED-EVENT...]",
		Short: "Send refused events again, as they were sent or corrected",
		Long: `Check refused events again, oldest first: as they were sent, for example after an
upgrade that accepts them, or one of them corrected with --file. An accepted event is
removed from the list; one that is refused again stays, and the command exits with
code 5.`,
		Example: `  usher events refused send-again ref_01kaj5v7m3q9w8t6r4e2y0n1pz --file fixed.json
  usher events refused send-again --all`,
		RunE: func(cmd *cobra.Command, args []string) error { return sendAgain(cmd.Context(), env, args, f) },
	}
	cmd.Flags().StringVar(&f.file, "file", "", "file with the event, or the array of events, to send instead ('-' reads stdin)")
	cmd.Flags().StringVar(&f.contentType, "content-type", "", "content type to send it with, such as application/json")
	cmd.Flags().BoolVar(&f.all, "all", false, "all of them")
	addOfKey(cmd, &f.of)
	return cmd
}

func sendAgain(ctx context.Context, env *command.Env, ids []string, f sendAgainFlags) error {
	switch {
	case len(ids) == 0 && !f.all:
		return term.UsageError{Err: errors.New("REFUSED-EVENT is missing"), Hint: "name one, as 'usher events refused list' shows them, or give --all"}
	case f.file != "" && len(ids) != 1:
		return term.UsageError{Err: errors.New("--file is the fix of one refused event"), Hint: "name that one"}
	}
	c, err := env.Client()
	if err != nil {
		return err
	}
	fix := host.Correction{ContentType: f.contentType}
	if f.file != "" {
		if fix.Body, err = command.ReadInput(env.Term, f.file); err != nil {
			return err
		}
		fix.Body = command.WithoutMark(fix.Body)
	}
	if len(ids) == 1 {
		return sendOneAgain(ctx, env.Term, c, ids[0], fix)
	}
	if f.all {
		if ids, err = allRefusedEvents(ctx, c, f.of); err != nil {
			return err
		}
	}
	return sendAllAgain(ctx, env.Term, c, ids, fix)
}

func sendOneAgain(ctx context.Context, t term.Terminal, c *client.Client, id string, fix host.Correction) error {
	accepted, err := c.SendAgain(ctx, id, fix)
	if err != nil {
		return err
	}
	return t.Answer(map[string]any{"events": accepted}, func(w io.Writer) {
		for _, one := range accepted {
			term.Fprintf(w, "accepted %s\nnext: usher executions show %s\n", one.EventID, one.ExecutionID)
		}
	})
}

// allRefusedEvents returns their ids, the oldest first.
func allRefusedEvents(ctx context.Context, c *client.Client, q host.RefusedEventQuery) ([]string, error) {
	var ids []string
	for q.Limit = 500; ; {
		events, next, err := c.RefusedEvents(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			ids = append([]string{e.ID}, ids...)
		}
		if q.Before = next; next == "" {
			return ids, nil
		}
	}
}

// sentAgainAnswer is what `usher events refused send-again --json` prints of
// several.
type sentAgainAnswer struct {
	Accepted int               `json:"accepted"`
	Refused  map[string]string `json:"refused"` // the reasons, by id
}

func sendAllAgain(ctx context.Context, t term.Terminal, c *client.Client, ids []string, fix host.Correction) error {
	answer := sentAgainAnswer{Refused: map[string]string{}}
	for _, id := range ids {
		_, err := c.SendAgain(ctx, id, fix)
		switch host.CodeOf(err) {
		case host.Invalid, host.Unsupported, host.TooLarge, host.KeyReused, host.Conflict, host.NotFound:
			answer.Refused[id] = err.Error()
			if !t.JSON {
				t.Note("usher: %s: %v", id, err)
			}
			continue
		}
		if err != nil {
			return fmt.Errorf("send %s again, after %d others: %w", id, answer.Accepted, err)
		}
		answer.Accepted++
	}
	if err := t.Answer(answer, func(w io.Writer) {
		term.Fprintf(w, "%d accepted, %d refused again\n", answer.Accepted, len(answer.Refused))
	}); err != nil {
		return err
	}
	if len(answer.Refused) > 0 {
		return term.SilentExit(term.ExitRefused)
	}
	return nil
}
