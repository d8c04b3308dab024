package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/time/rate"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/eventfile"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/client"
	"github.com/usherhost/usher/proto"
)

func newEvents(env *command.Env) *cobra.Command {
	return command.Parent("events", "Send, list, show and delete events", command.GroupWork, newEventsSend(env), newEventsList(env), newEventsShow(env), newEventsFields(env), newEventsDelete(env), newRefusedEvents(env))
}

// sendFlags are the flags of `usher events send`.
type sendFlags struct {
	trigger string
	key     string
	wait    time.Duration

	format      string
	columns     []string
	rate        float64
	dryRun      bool
	stopOnError bool
	resume      string
	restart     bool
}

func newEventsSend(env *command.Env) *cobra.Command {
	var f sendFlags
	cmd := &cobra.Command{
		Use:   "send FILE",
		Short: "Send an event, or all events of a file ('-' reads stdin)",
		Long: `Send an event. One whose actions run in the background is accepted, and --wait shows
their result. One that asks for a decision is answered with it; a deny is no error.

A file may hold many events: a JSON array, JSON lines, or CSV with a header, also
compressed by gzip. All are checked; those that are not valid are listed at the end
with their lines, and the others are sent, up to 500 in a request. When the host has
too much to do, they wait and are sent again. An event is recognized by its tenant and
user: one that was sent before is not accepted twice, so a file can be sent again.

How far a file is sent is stored in FILE.resume while it is sent: after an interrupt
the same command goes on there.

Columns of CSV whose headers are fields are taken by themselves: email, user_id and the
other members of user, and paths such as app_metadata.plan or user.email. --map names
others, and the kind of their values: string, number, boolean or json. Empty values are
left out.`,
		Example: `  usher events send event.json
  usher events send event.json --wait 30s
  usher events send users.csv --map mail=user.email --map seats=user.app_metadata.seats:number --dry-run
  zcat users.ndjson.gz | usher events send - --rate 200`,
		Args: command.Exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error { return sendEvents(cmd.Context(), env, args[0], f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.trigger, "trigger", "", "trigger of the events (default: the one whose contract the first fits)")
	flags.StringVar(&f.key, "idempotency-key", "", "key that identifies a repeat of one event (default: the tenant and the user; of an event that asks for a decision none)")
	flags.DurationVar(&f.wait, "wait", 0, "wait until the actions of one event have run, and show them; code 7 when one failed, 8 when the key may not see them, 10 when they have not ended by then")
	flags.StringVar(&f.format, "format", "", "format of the file: "+strings.Join(eventfile.Formats(), ", ")+" (default: by its name and content)")
	flags.StringArrayVar(&f.columns, "map", nil, "field that a column of CSV is, COLUMN=FIELD or COLUMN=FIELD:KIND; COLUMN= leaves it out; repeatable")
	flags.Float64Var(&f.rate, "rate", 0, "most events in a second (0: as fast as the host accepts them)")
	flags.BoolVar(&f.dryRun, "dry-run", false, "check all events, and send none")
	flags.BoolVar(&f.stopOnError, "stop-on-error", false, "end at the first event that is refused")
	flags.StringVar(&f.resume, "resume", "", "file that remembers how far FILE is sent (default: FILE.resume)")
	flags.BoolVar(&f.restart, "restart", false, "begin at the first event, whatever an earlier command has sent")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(eventfile.Formats(), cobra.ShellCompDirectiveNoFileComp))
	completeTrigger(cmd)
	return cmd
}

// sendEvents sends one event, or all of a file that has several.
func sendEvents(ctx context.Context, env *command.Env, path string, f sendFlags) error {
	file := env.Term.In
	if path != "-" {
		opened, err := command.OpenFile(path)
		if err != nil {
			return err
		}
		defer func() { _ = opened.Close() }()
		file = opened
	}
	columns, err := mappings(f.columns)
	if err != nil {
		return err
	}
	options := eventfile.Options{Name: path, Format: f.format, Columns: columns, Trigger: cmp.Or(f.trigger, string(host.PostUserRegistration))}
	if f.trigger != "" && !host.Trigger(f.trigger).Valid() {
		options.Trigger = string(host.PostUserRegistration) // the host says what is wrong with it
	}
	return sendFrom(ctx, env, path, file, options, f)
}

// mappings reads --map.
func mappings(columns []string) ([]eventfile.Mapping, error) {
	out := make([]eventfile.Mapping, len(columns))
	for i, text := range columns {
		var err error
		if out[i], err = eventfile.ParseMapping(text); err != nil {
			return nil, term.UsageError{Err: fmt.Errorf("--map: %w", err), Hint: "write it as in --map mail=user.email, or --map seats=user.app_metadata.seats:number"}
		}
	}
	return out, nil
}

// sendEvent sends one event.
func sendEvent(ctx context.Context, env *command.Env, body []byte, f sendFlags) error {
	trigger := triggerOf(f.trigger, body)
	if f.dryRun {
		return dryRunOne(env.Term, trigger, body)
	}
	c, err := env.Client()
	if err != nil {
		return err
	}
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

// dryRunOne checks one event.
func dryRunOne(t term.Terminal, trigger host.Trigger, body []byte) error {
	s := &batchSender{term: t, trigger: trigger, limiter: rate.NewLimiter(rate.Inf, eventsInOne)}
	if err := s.take(context.Background(), eventfile.Record{Line: 1, Body: body}); err != nil {
		return err
	}
	if s.report.Refused == 0 {
		s.report.Accepted = 1
	}
	return s.answer(&s.report)
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
		Use:     "show EVENT",
		Short:   "Show an event as it was sent",
		Example: "  usher events show evt_01kaj5v7m3q9w8t6r4e2y0n1pz",
		Args:    command.Exactly("EVENT"),
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
