package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/term"
)

const executionExample = `  usher executions --status partial --action notify-slack
  usher executions --since 2h --text "status 503"
  usher executions --email ada@example.com
  usher executions --where user.app_metadata.plan=pro --user 'auth0|5f7c8ec7c33c6c004bbafe82'
  usher executions list --decision deny --since 1d`

// executionFlags are the flags that select executions.
type executionFlags struct {
	status string
	time   timeFlags
	fields fieldFlags
	quiet  bool
	q      host.ExecutionQuery
}

func (f *executionFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.status, "status", "", strings.Join(statusNames(), ", "))
	flags.StringVar((*string)(&f.q.Decision), "decision", "", "only those that decided so: allow, deny")
	flags.StringVar(&f.q.UserID, "user", "", "only of this user")
	flags.StringVar(&f.q.EventID, "event", "", "only of this event")
	flags.StringVar(&f.q.ActionID, "action", "", "only with results of this action, a name or an id")
	flags.StringVar(&f.q.VersionID, "version", "", "only with results of this version, an id (see 'usher versions ACTION')")
	f.fields.add(cmd)
	f.time.add(cmd, "accepted")
	flags.StringVar(&f.q.Text, "text", "", "only with these words in the error of an attempt")
	_ = cmd.RegisterFlagCompletionFunc("decision", cobra.FixedCompletions([]string{string(host.Allow), string(host.Deny)}, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("status", cobra.FixedCompletions(statusNames(), cobra.ShellCompDirectiveNoFileComp))
}

// addPage adds the flags for the beginning and the length of a list.
func (f *executionFlags) addPage(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.q.Before, "before", "", "only older than this execution")
	addLimit(cmd, &f.q.Limit, 50)
	addQuiet(cmd, &f.quiet)
}

// query returns what the flags select, as of now.
func (f *executionFlags) query(now time.Time) (q host.ExecutionQuery, err error) {
	q = f.q
	q.Status = host.Status(f.status)
	if f.status != "" && !slices.Contains(statusNames(), f.status) {
		return q, term.UsageError{
			Err:  fmt.Errorf("unknown status %q", f.status),
			Hint: term.DidYouMean(f.status, statusNames(), "it is one of "+strings.Join(statusNames(), ", ")),
		}
	}
	if q.Decision != "" && q.Decision != host.Allow && q.Decision != host.Deny {
		return q, term.UsageError{Err: fmt.Errorf("unknown decision %q", q.Decision), Hint: "it is one of allow, deny"}
	}
	if q.Where, err = f.fields.values(); err != nil {
		return q, err
	}
	q.Since, q.Until, err = f.time.times(now)
	return q, err
}

// conditions are the filters one by one.
func (f *executionFlags) conditions(q host.ExecutionQuery) []condition[host.ExecutionQuery] {
	type query = host.ExecutionQuery
	out := fieldConditions(f.fields, q.Where, func(v host.FieldValue) query { return query{Where: []host.FieldValue{v}} })
	for _, c := range []struct {
		name, value, hint string
		alone             query
	}{
		{"status", string(q.Status), "'usher executions list' shows those of every status", query{Status: q.Status}},
		{"decision", string(q.Decision), "only executions of triggers that decide have one", query{Decision: q.Decision}},
		{"user", q.UserID, hintUser, query{UserID: q.UserID}},
		{"event", q.EventID, hintEvent, query{EventID: q.EventID}},
		{"action", q.ActionID, hintAction, query{ActionID: q.ActionID}},
		{"version", q.VersionID, "'usher versions ACTION' shows the versions of an action", query{ActionID: q.ActionID, VersionID: q.VersionID}},
		{"text", q.Text, hintText, query{Text: q.Text}},
	} {
		if c.value != "" {
			out = append(out, condition[query]{flagOf(c.name, c.value), c.hint, c.alone})
		}
	}
	out = append(out, timeConditions(f.time, q.Since, q.Until, func(since, until time.Time) query { return query{Since: since, Until: until} })...)
	if q.Before != "" {
		out = append(out, condition[query]{flagOf("before", q.Before), "it was the last page", query{Before: q.Before}})
	}
	return out
}

// statusNames are the statuses of an execution.
func statusNames() []string {
	var names []string
	for _, s := range host.Statuses() {
		names = append(names, string(s))
	}
	return names
}

const momentUsage = "how long ago (30m, 2h, 7d), a day or a time (2026-11-22, 2026-11-22T10:00:00Z)"

// moment reads a point in time: a duration before now, a day or a time. "" is
// none.
func moment(flag, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if ago, err := ago(text); err == nil && ago >= 0 {
		return now.Add(-ago), nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05", "2006-01-02"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, term.UsageError{Err: fmt.Errorf("--%s %q is not a time", flag, text), Hint: "write " + momentUsage}
}

// ago reads a duration, which may also be a number of days such as 7d.
func ago(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseFloat(days, 64)
		return time.Duration(n * 24 * float64(time.Hour)), err
	}
	return time.ParseDuration(text)
}
