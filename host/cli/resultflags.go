package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/term"
)

// resultFlags are the flags that select results, of logs and a tail alike.
type resultFlags struct {
	q      host.ResultQuery
	fields fieldFlags
	since  string
	limit  int
}

func (f *resultFlags) add(cmd *cobra.Command, limit int) {
	flags := cmd.Flags()
	flags.StringVar(&f.q.ActionID, "action", "", "only of this action, a name or an id")
	flags.StringVar((*string)(&f.q.Trigger), "trigger", "", "only of this trigger")
	flags.StringVar(&f.q.ExecutionID, "execution", "", "only of this execution")
	flags.StringVar(&f.q.UserID, "user", "", "only of this user")
	f.fields.add(cmd)
	flags.BoolVar(&f.q.Failed, "failed", false, "only of attempts that failed")
	flags.StringVar(&f.q.Level, "level", "", "only lines of this level or above, and of results that have one or failed: "+strings.Join(host.LogLevels(), ", "))
	flags.StringVar(&f.since, "since", "", "only recorded then or later: "+momentUsage)
	addLimit(cmd, &f.limit, limit)
	completeTrigger(cmd)
	_ = cmd.RegisterFlagCompletionFunc("level", cobra.FixedCompletions(host.LogLevels(), cobra.ShellCompDirectiveNoFileComp))
}

// query returns what the flags select, as of now.
func (f *resultFlags) query(now time.Time) (q host.ResultQuery, err error) {
	q = f.q
	if q.Level != "" && !slices.Contains(host.LogLevels(), q.Level) {
		return q, term.UsageError{
			Err:  fmt.Errorf("unknown level %q", q.Level),
			Hint: term.DidYouMean(q.Level, host.LogLevels(), "it is one of "+strings.Join(host.LogLevels(), ", ")),
		}
	}
	if q.Where, err = f.fields.values(); err != nil {
		return q, err
	}
	q.Since, err = moment("since", f.since, now)
	return q, err
}

// conditions are the filters one by one.
func (f *resultFlags) conditions(q host.ResultQuery) []condition[host.ResultQuery] {
	type query = host.ResultQuery
	out := fieldConditions(f.fields, q.Where, func(v host.FieldValue) query { return query{Where: []host.FieldValue{v}} })
	for _, c := range []struct {
		name, value, hint string
		alone             query
	}{
		{"action", q.ActionID, hintAction, query{ActionID: q.ActionID}},
		{"trigger", string(q.Trigger), "", query{Trigger: q.Trigger}},
		{"execution", q.ExecutionID, "none of its actions has run: usher executions show " + q.ExecutionID, query{ExecutionID: q.ExecutionID}},
		{"user", q.UserID, hintUser, query{UserID: q.UserID}},
		{"level", q.Level, "a lower level shows more: " + strings.Join(host.LogLevels(), ", "), query{Level: q.Level}},
	} {
		if c.value != "" {
			out = append(out, condition[query]{flagOf(c.name, c.value), c.hint, c.alone})
		}
	}
	if q.Failed {
		out = append(out, condition[query]{"--failed", "", query{Failed: true}})
	}
	return append(out, timeConditions(timeFlags{since: f.since}, q.Since, time.Time{}, func(since, _ time.Time) query { return query{Since: since} })...)
}
