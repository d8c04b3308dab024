package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
)

// eventFlags are the flags of `usher events list`.
type eventFlags struct {
	q      host.EventQuery
	time   timeFlags
	fields fieldFlags
	quiet  bool
}

func newEventsList(env *command.Env) *cobra.Command {
	var f eventFlags
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List events, newest first",
		Example: `  usher events list --email ada@example.com
  usher events list --where user.app_metadata.plan=pro --since 1d
  usher events list -q -n 10 | xargs -n 1 usher events show`,
		Args: command.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error { return listEvents(cmd.Context(), env, f) },
	}
	cmd.Flags().StringVar((*string)(&f.q.Trigger), "trigger", "", "only of this trigger")
	cmd.Flags().StringVar(&f.q.UserID, "user", "", "only of this user")
	f.fields.add(cmd)
	f.time.add(cmd, "accepted")
	cmd.Flags().StringVar(&f.q.Before, "before", "", "only older than this event")
	addLimit(cmd, &f.q.Limit, 50)
	addQuiet(cmd, &f.quiet)
	completeTrigger(cmd)
	return cmd
}

// completeTrigger completes the flag --trigger.
func completeTrigger(cmd *cobra.Command) {
	var names []string
	for _, t := range host.Triggers() {
		names = append(names, string(t))
	}
	_ = cmd.RegisterFlagCompletionFunc("trigger", cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp))
}

func (f *eventFlags) query(now time.Time) (q host.EventQuery, err error) {
	q = f.q
	if q.Where, err = f.fields.values(); err != nil {
		return q, err
	}
	q.Since, q.Until, err = f.time.times(now)
	return q, err
}

func listEvents(ctx context.Context, env *command.Env, f eventFlags) error {
	q, err := f.query(time.Now())
	if err != nil {
		return err
	}
	c, err := env.Client()
	if err != nil {
		return err
	}
	page, err := c.Events(ctx, q)
	if err != nil {
		return err
	}
	page.Events = term.NotNil(page.Events)
	ids := make([]string, len(page.Events))
	for i := range page.Events {
		ids[i] = page.Events[i].ID
	}
	return listing[host.EventQuery]{
		ids: ids, answer: page, next: page.Next, indexing: page.Indexing,
		table: func(w io.Writer) { eventTable(env.Term, w, page.Events) },
		empty: emptyList[host.EventQuery]{
			noun: "events", conditions: f.conditions(q), first: "send one: usher events send FILE",
			any: func(ctx context.Context, q host.EventQuery) (bool, error) {
				q.Limit = 1
				page, err := c.Events(ctx, q)
				return len(page.Events) > 0, err
			},
		},
	}.show(ctx, env.Term, f.quiet)
}

// conditions are the filters one by one.
func (f *eventFlags) conditions(q host.EventQuery) []condition[host.EventQuery] {
	type query = host.EventQuery
	out := fieldConditions(f.fields, q.Where, func(v host.FieldValue) query { return query{Where: []host.FieldValue{v}} })
	if q.UserID != "" {
		out = append(out, condition[query]{flagOf("user", q.UserID), hintUser, query{UserID: q.UserID}})
	}
	if q.Trigger != "" {
		out = append(out, condition[query]{flagOf("trigger", string(q.Trigger)), "", query{Trigger: q.Trigger}})
	}
	out = append(out, timeConditions(f.time, q.Since, q.Until, func(since, until time.Time) query { return query{Since: since, Until: until} })...)
	if q.Before != "" {
		out = append(out, condition[query]{flagOf("before", q.Before), "it was the last page", query{Before: q.Before}})
	}
	return out
}

func eventTable(t term.Terminal, w io.Writer, events []host.Event) {
	rows := make([][]string, len(events))
	for i, e := range events {
		rows[i] = []string{e.ID, e.UserID, string(e.Trigger), term.ShortTime(e.ReceivedAt)}
	}
	t.Table(w, []string{"EVENT", "USER", "TRIGGER", "RECEIVED"}, rows)
}

func newEventsFields(env *command.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "fields",
		Short: "List the fields of events that can be searched by, as with --where",
		Long: `List the fields of events by whose values executions, events and results are found.
The host's setting searchable_fields names them (serve --searchable-field). After one
was added, older events are indexed in the background, the newest first.

A string is found as it stands; in a field named email without regard to case. A number
is found in its shortest form (10 for 10.0), a boolean as true or false, and an array
by each of its first 32 values. null, objects and missing fields are not found.`,
		Example: `  usher events fields`,
		Args:    command.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := env.Client()
			if err != nil {
				return err
			}
			fields, err := c.SearchableFields(cmd.Context())
			if err != nil {
				return err
			}
			return env.Term.Answer(map[string]any{"fields": term.NotNil(fields)}, func(w io.Writer) {
				if len(fields) == 0 {
					env.Term.Note("no field is searchable; name some in the host's setting searchable_fields")
					return
				}
				var rows [][]string
				for _, f := range fields {
					rows = append(rows, []string{f.Field, fmt.Sprintf("%d%%", f.Percent)})
				}
				env.Term.Table(w, []string{"FIELD", "OLDER EVENTS INDEXED"}, rows)
			})
		},
	}
}
