package main

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/client"
)

func newEvents(a *app) *cobra.Command {
	return parent("events", "Send events and look at them", groupWork, newEventsSend(a), newEventsShow(a), newRefusedEvents(a))
}

// sendFlags are the flags of `usher events send`.
type sendFlags struct {
	trigger string
	key     string
	wait    time.Duration
}

func newEventsSend(a *app) *cobra.Command {
	var f sendFlags
	cmd := &cobra.Command{
		Use:   "send FILE",
		Short: "Send an event ('-' reads stdin), and with --wait show what became of it",
		Example: `  usher events send event.json
  usher events send event.json --wait 30s`,
		Args: exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.sendEvent(cmd.Context(), args[0], f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.trigger, "trigger", string(host.PostUserRegistration), "what happened")
	flags.StringVar(&f.key, "idempotency-key", "", "key that tells a repeat (default: the tenant and the user)")
	flags.DurationVar(&f.wait, "wait", 0, "wait until its actions have run, and show them; code 7 when one failed, 8 when the key may not see them")
	return cmd
}

func (a *app) sendEvent(ctx context.Context, path string, f sendFlags) error {
	body, err := readInput(a.term, path)
	if err != nil {
		return err
	}
	c, err := a.client()
	if err != nil {
		return err
	}
	accepted, err := c.SendEvent(ctx, host.Trigger(f.trigger), body, f.key)
	if err != nil {
		return err
	}
	if accepted.Repeat && !a.term.json {
		a.term.note("usher: a repeat: this event was sent before, and its actions do not run again")
		a.term.note("usher: hint: to run them again: usher executions replay %s", accepted.ExecutionID)
	}
	if f.wait == 0 {
		return a.printAccepted(accepted)
	}
	err = a.showExecution(ctx, c, accepted.ExecutionID, showFlags{wait: f.wait, exitCode: true})
	if host.CodeOf(err) == host.Forbidden && err != nil {
		return a.acceptedUnseen(accepted)
	}
	return err
}

func (a *app) printAccepted(accepted host.Accepted) error {
	return a.term.answer(accepted, func(w io.Writer) {
		fprintf(w, "accepted %s\nnext: usher executions show %s\n", accepted.EventID, accepted.ExecutionID)
	})
}

// acceptedUnseen tells of an event that a key may send, but not follow. It has
// a code of its own: nothing failed, and nothing is known.
func (a *app) acceptedUnseen(accepted host.Accepted) error {
	if err := a.printAccepted(accepted); err != nil {
		return err
	}
	if !a.term.json {
		a.term.note("usher: the event is accepted and its actions run, but this key may not see what becomes of it")
		a.term.note("usher: hint: to follow it, use a key with the scope read: usher keys create NAME --scope read")
	}
	return silentExit(exitUnseen)
}

func newEventsShow(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "show EVENT",
		Short: "Show an event as it was sent",
		Args:  exactly("EVENT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.client()
			if err != nil {
				return err
			}
			event, err := c.Event(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return a.term.answer(event, func(w io.Writer) { a.printEvent(w, event) })
		},
	}
}

func (a *app) printEvent(w io.Writer, event client.Event) {
	a.term.pairs(w, "event", event.ID, "trigger", string(event.Trigger), "tenant", event.Tenant,
		"user", event.UserID, "received", shortTime(event.ReceivedAt), "traceparent", event.Traceparent)
	body, err := json.MarshalIndent(event.Body, "", "  ")
	if err == nil {
		fprintf(w, "%s\n", block(body))
	}
}
