package cli

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/client"
	"github.com/usherhost/usher/proto"
)

func newEvents(env *command.Env) *cobra.Command {
	return command.Parent("events", "Send, list and show events", command.GroupWork, newEventsSend(env), newEventsList(env), newEventsShow(env), newEventsFields(env), newRefusedEvents(env))
}

// sendFlags are the flags of `usher events send`.
type sendFlags struct {
	trigger string
	key     string
	wait    time.Duration
}

func newEventsSend(env *command.Env) *cobra.Command {
	var f sendFlags
	cmd := &cobra.Command{
		Use:   "send FILE",
		Short: "Send an event ('-' reads stdin), and with --wait show the result",
		Long: `Send an event. One whose actions run in the background is accepted, and --wait shows
their result. One that asks for a decision is answered with it; a deny is no error.`,
		Example: `  usher events send event.json
  usher events send event.json --wait 30s`,
		Args: command.Exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error { return sendEvent(cmd.Context(), env, args[0], f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.trigger, "trigger", "", "trigger of the event (default: the one whose contract it fits)")
	flags.StringVar(&f.key, "idempotency-key", "", "key that identifies a repeat (default: the tenant and the user; of an event that asks for a decision none)")
	flags.DurationVar(&f.wait, "wait", 0, "wait until its actions have run, and show them; code 7 when one failed, 8 when the key may not see them")
	return cmd
}

func sendEvent(ctx context.Context, env *command.Env, path string, f sendFlags) error {
	body, err := command.ReadInput(env.Term, path)
	if err != nil {
		return err
	}
	c, err := env.Client()
	if err != nil {
		return err
	}
	trigger := triggerOf(f.trigger, body)
	if trigger.Decides() {
		decision, err := c.Decide(ctx, trigger, body, f.key)
		if err != nil {
			return err
		}
		return env.Term.Answer(decision, func(w io.Writer) { printDecision(env.Term, w, decision) })
	}
	accepted, err := c.SendEvent(ctx, trigger, body, f.key)
	if err != nil {
		return err
	}
	if accepted.Repeat && !env.Term.JSON {
		env.Term.Note("usher: a repeat: this event was sent before, and its actions do not run again")
		env.Term.Note("usher: hint: to run them again: usher executions rerun %s", accepted.ExecutionID)
	}
	if f.wait == 0 {
		return printAccepted(env.Term, accepted)
	}
	err = showExecution(ctx, env.Term, c, accepted.ExecutionID, showFlags{wait: f.wait, exitCode: true})
	if host.CodeOf(err) == host.Forbidden && err != nil {
		return acceptedUnseen(env.Term, accepted)
	}
	return err
}

// triggerOf returns the trigger that was named, or else the one whose contract the
// event fits. What fits none is left to the host, which says why.
func triggerOf(named string, body []byte) host.Trigger {
	if named != "" {
		return host.Trigger(named)
	}
	for _, t := range host.Triggers() {
		if _, violations := proto.CheckEvent(string(t), command.WithoutMark(body)); len(violations) == 0 {
			return t
		}
	}
	return host.PostUserRegistration
}

func printDecision(t term.Terminal, w io.Writer, d host.Decision) {
	var wrong []string
	for _, e := range d.ValidationErrors {
		wrong = append(wrong, e.Code+": "+e.Message)
	}
	verdict := t.Green(string(d.Verdict))
	if d.Verdict == host.Deny {
		verdict = t.Red(string(d.Verdict))
	}
	t.Pairs(w, "decision", verdict, "reason", d.Reason, "user reads", d.UserMessage, "invalid", strings.Join(wrong, "; "),
		"user metadata", members(d.UserMetadata), "app metadata", members(d.AppMetadata), "user id", d.UserID,
		"failed", strings.Join(d.FailedActions, ", "))
}

// members is metadata on one line.
func members(metadata map[string]json.RawMessage) string {
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		parts = append(parts, key+"="+string(metadata[key]))
	}
	return strings.Join(parts, " ")
}

func printAccepted(t term.Terminal, accepted host.Accepted) error {
	return t.Answer(accepted, func(w io.Writer) {
		term.Fprintf(w, "accepted %s\nnext: usher executions show %s\n", accepted.EventID, accepted.ExecutionID)
	})
}

// acceptedUnseen prints an event that a key may send, but not follow. It has its
// own exit code: nothing failed, and the result is unknown.
func acceptedUnseen(t term.Terminal, accepted host.Accepted) error {
	if err := printAccepted(t, accepted); err != nil {
		return err
	}
	if !t.JSON {
		t.Note("usher: the event is accepted and its actions run, but this key may not read the result")
		t.Note("usher: hint: to follow it, use a key with the scope read: usher keys create NAME --scope read")
	}
	return term.SilentExit(term.ExitUnseen)
}

func newEventsShow(env *command.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "show EVENT",
		Short: "Show an event as it was sent",
		Args:  command.Exactly("EVENT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := env.Client()
			if err != nil {
				return err
			}
			event, err := c.Event(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return env.Term.Answer(event, func(w io.Writer) { printEvent(env.Term, w, event) })
		},
	}
}

func printEvent(t term.Terminal, w io.Writer, event client.Event) {
	t.Pairs(w, "event", event.ID, "trigger", string(event.Trigger), "tenant", event.Tenant,
		"user", event.UserID, "received", term.ShortTime(event.ReceivedAt), "traceparent", event.Traceparent)
	body, err := json.MarshalIndent(event.Body, "", "  ")
	if err == nil {
		term.Fprintf(w, "%s\n", term.Block(body))
	}
}
