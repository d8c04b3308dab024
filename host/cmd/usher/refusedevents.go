package main

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
	"github.com/usherhost/usher/host/client"
)

func newRefusedEvents(a *app) *cobra.Command {
	cmd := parent("refused", "See events that were refused within a day, and send them again", "",
		newRefusedEventsList(a), newRefusedEventsShow(a), newSendAgain(a))
	cmd.Long = `See what senders with a valid key sent and the host did not accept, with the
reason, and send it again. It is kept for a day, encrypted and in bounds; what
looks like a password, a key or a token is shown masked.`
	return cmd
}

func newRefusedEventsList(a *app) *cobra.Command {
	var q host.RefusedEventQuery
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List refused events, newest first",
		Example: `  usher events refused list --of-key key_01kaj5v7m3q9w8t6r4e2y0n1pz`,
		Args:    exactly(),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.listRefusedEvents(cmd.Context(), q) },
	}
	addOfKey(cmd, &q)
	cmd.Flags().StringVar(&q.Before, "before", "", "only those older than this one: the next page")
	cmd.Flags().IntVar(&q.Limit, "limit", 50, "so many at most")
	return cmd
}

func addOfKey(cmd *cobra.Command, q *host.RefusedEventQuery) {
	cmd.Flags().StringVar(&q.KeyID, "of-key", "", "only those sent with the API key of this id")
}

func (a *app) listRefusedEvents(ctx context.Context, q host.RefusedEventQuery) error {
	c, err := a.client()
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
	return a.term.answer(map[string]any{"refused_events": events, "next": next}, func(w io.Writer) {
		if len(events) == 0 {
			a.term.note("no refused events")
			return
		}
		var rows [][]string
		for _, e := range events {
			rows = append(rows, []string{e.ID, shortTime(e.ReceivedAt), e.KeyID, byteSize(e.SizeBytes), refusedReason(e)})
		}
		a.term.table(w, []string{"REFUSED EVENT", "RECEIVED", "KEY", "SIZE", "REASON"}, rows)
		a.term.note("next: usher events refused show ID; usher events refused send-again ID")
		if next != "" {
			a.term.note("there are more: --before %s", next)
		}
	})
}

// refusedReason is the reason in one short line: what is wrong first, where
// that is told.
func refusedReason(e host.RefusedEvent) string {
	reason := e.Detail
	if len(e.Errors) > 0 {
		reason = e.Errors[0].Pointer + " " + e.Errors[0].Detail
	}
	if more := len(e.Errors) - 1; more > 0 {
		reason += " (and " + strconv.Itoa(more) + " more)"
	}
	line := []rune(firstLine(reason))
	if len(line) > maxErrorChars {
		return string(line[:maxErrorChars-1]) + "…"
	}
	return string(line)
}

func newRefusedEventsShow(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "show REFUSED-EVENT",
		Short: "Show why an event was refused, and what was sent, with credentials masked",
		Args:  exactly("REFUSED-EVENT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.client()
			if err != nil {
				return err
			}
			e, err := c.RefusedEvent(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return a.term.answer(e, func(w io.Writer) { a.printRefusedEvent(w, e) })
		},
	}
}

func (a *app) printRefusedEvent(w io.Writer, e client.RefusedEvent) {
	a.term.pairs(w, "refused event", e.ID, "trigger", string(e.Trigger), "key", e.KeyID, "received", shortTime(e.ReceivedAt),
		"kept until", shortTime(e.ExpiresAt), "content type", e.ContentType, "size", byteSize(e.SizeBytes), "reason", e.Detail)
	for _, f := range e.Errors {
		fprintf(w, "  %s %s\n", f.Pointer, f.Detail)
	}
	var indented bytes.Buffer
	switch {
	case json.Indent(&indented, e.Body, "", "  ") == nil && len(e.Body) > 0:
		fprintf(w, "%s\n", block(indented.String()))
	case e.BodyText != "":
		fprintf(w, "| %s\n", hang(e.BodyText, "| ")) // its sender must not write the lines after it
	case !e.Kept:
		fprintln(w, "what was sent is not kept: it was too large")
	default:
		fprintln(w, "what was sent is no text")
	}
	again := "usher events refused send-again " + e.ID
	if !e.Kept {
		again += " --file FILE"
	}
	fprintln(w, "next: "+again)
}

// sendAgainFlags are the flags of `usher events refused send-again`.
type sendAgainFlags struct {
	file        string
	contentType string
	all         bool
	of          host.RefusedEventQuery
}

func newSendAgain(a *app) *cobra.Command {
	var f sendAgainFlags
	cmd := &cobra.Command{
		Use:   "send-again [REFUSED-EVENT...]",
		Short: "Send refused events again, as they were sent or with a fix",
		Long: `Take refused events through the host's checks once more, oldest first: as their
senders sent them, after an upgrade that accepts them, or one of them with --file
in its place. What is accepted is no refused event any more; what is refused
again stays, and the command ends with code 5.`,
		Example: `  usher events refused send-again ref_01kaj5v7m3q9w8t6r4e2y0n1pz --file fixed.json
  usher events refused send-again --all`,
		RunE: func(cmd *cobra.Command, args []string) error { return a.sendAgain(cmd.Context(), args, f) },
	}
	cmd.Flags().StringVar(&f.file, "file", "", "file with the event, or the array of events, to send in its place ('-' reads stdin)")
	cmd.Flags().StringVar(&f.contentType, "content-type", "", "content type to send it with, such as application/json")
	cmd.Flags().BoolVar(&f.all, "all", false, "every one there is")
	addOfKey(cmd, &f.of)
	return cmd
}

func (a *app) sendAgain(ctx context.Context, ids []string, f sendAgainFlags) error {
	switch {
	case len(ids) == 0 && !f.all:
		return usageError{err: errors.New("REFUSED-EVENT is missing"), hint: "name one, as 'usher events refused list' shows them, or give --all"}
	case f.file != "" && len(ids) != 1:
		return usageError{err: errors.New("--file is the fix of one refused event"), hint: "name that one"}
	}
	c, err := a.client()
	if err != nil {
		return err
	}
	fix := host.Correction{ContentType: f.contentType}
	if f.file != "" {
		if fix.Body, err = readInput(a.term, f.file); err != nil {
			return err
		}
		fix.Body = withoutMark(fix.Body)
	}
	if len(ids) == 1 {
		return a.sendOneAgain(ctx, c, ids[0], fix)
	}
	if f.all {
		if ids, err = allRefusedEvents(ctx, c, f.of); err != nil {
			return err
		}
	}
	return a.sendAllAgain(ctx, c, ids, fix)
}

func (a *app) sendOneAgain(ctx context.Context, c *client.Client, id string, fix host.Correction) error {
	accepted, err := c.SendAgain(ctx, id, fix)
	if err != nil {
		return err
	}
	return a.term.answer(map[string]any{"events": accepted}, func(w io.Writer) {
		for _, one := range accepted {
			fprintf(w, "accepted %s\nnext: usher executions show %s\n", one.EventID, one.ExecutionID)
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

func (a *app) sendAllAgain(ctx context.Context, c *client.Client, ids []string, fix host.Correction) error {
	answer := sentAgainAnswer{Refused: map[string]string{}}
	for _, id := range ids {
		_, err := c.SendAgain(ctx, id, fix)
		switch host.CodeOf(err) {
		case host.Invalid, host.Unsupported, host.TooLarge, host.KeyReused, host.Conflict, host.NotFound:
			answer.Refused[id] = err.Error()
			if !a.term.json {
				a.term.note("usher: %s: %v", id, err)
			}
			continue
		}
		if err != nil {
			return fmt.Errorf("send %s again, after %d others: %w", id, answer.Accepted, err)
		}
		answer.Accepted++
	}
	if err := a.term.answer(answer, func(w io.Writer) {
		fprintf(w, "%d accepted, %d refused again\n", answer.Accepted, len(answer.Refused))
	}); err != nil {
		return err
	}
	if len(answer.Refused) > 0 {
		return silentExit(exitRefused)
	}
	return nil
}
