package admin

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
)

// The bounds of a filter.
const (
	defaultExecutions  = 50
	maxExecutions      = 500
	maxTextChars       = 1000
	maxBatchExecutions = 10_000
)

// executionFilter selects executions, in the query of a path or in a body.
type executionFilter struct {
	Status   host.Status  `json:"status,omitempty"`
	Decision host.Verdict `json:"decision,omitempty"`
	UserID   string       `json:"user_id,omitempty"`
	EventID  string       `json:"event_id,omitempty"`
	Action   string       `json:"action,omitempty"`
	Version  string       `json:"version,omitempty"`
	Since    string       `json:"since,omitempty"`
	Until    string       `json:"until,omitempty"`
	Text     string       `json:"text,omitempty"`
	Email    string       `json:"email,omitempty"`
	Where    []string     `json:"where,omitempty"`
	Before   string       `json:"before,omitempty"`
	Limit    int64        `json:"limit,omitempty"`
}

// executionQuery reads the filter in c's query. The limit is 0 when it is not
// there.
func (s *Server) executionQuery(c echo.Context) (host.ExecutionQuery, error) {
	q := queryOf(c, "status", "decision", "user_id", "event_id", "action", "version", "since", "until", "text", "email", "where", "before", "limit")
	f := executionFilter{
		Status: host.Status(q.text("status")), Decision: host.Verdict(q.text("decision")), UserID: q.text("user_id"), EventID: q.text("event_id"),
		Action: q.text("action"), Version: q.text("version"), Since: q.text("since"), Until: q.text("until"),
		Text: q.text("text"), Email: q.text("email"), Where: q.all("where"), Before: q.text("before"), Limit: q.number("limit", 1, maxExecutions, 0),
	}
	query := f.check(q.bad)
	if q.err != nil {
		return query, q.err
	}
	return query, s.nameActions(c, f, &query)
}

// bodyQuery is the filter that stands at a place in c's body.
func (s *Server) bodyQuery(c echo.Context, f executionFilter, pointer string) (host.ExecutionQuery, error) {
	var bad []host.Field
	add := func(name, format string, args ...any) {
		bad = append(bad, host.Field{Pointer: pointer + "/" + name, Detail: fmt.Sprintf(format, args...)})
	}
	query := f.check(add)
	if f.Limit < 0 || f.Limit > maxBatchExecutions {
		add("limit", "must be from 1 to %d, or 0 for the default", maxBatchExecutions)
	}
	if len(bad) > 0 {
		return query, &host.Error{Code: host.Invalid, Text: "the filter is not valid", Hint: "GET /v1/openapi.yaml describes it", Fields: bad}
	}
	return query, s.nameActions(c, f, &query)
}

// check checks the filter as far as that needs no look-up.
func (f executionFilter) check(bad func(name, format string, args ...any)) host.ExecutionQuery {
	query := host.ExecutionQuery{
		Status: f.Status, Decision: f.Decision, UserID: f.UserID, EventID: f.EventID, Text: f.Text, Before: f.Before, Limit: int(f.Limit),
	}
	if f.Status != "" && !slices.Contains(host.Statuses(), f.Status) {
		bad("status", "must be one of %s, not %q", join(host.Statuses()), f.Status)
	}
	if f.Decision != "" && f.Decision != host.Allow && f.Decision != host.Deny {
		bad("decision", "must be one of %s, %s, not %q", host.Allow, host.Deny, f.Decision)
	}
	if f.Version != "" && f.Action == "" && !strings.HasPrefix(f.Version, host.VersionPrefix) {
		bad("version", "must be a version's id, or its number together with its action; not %q", f.Version)
	}
	query.Since, query.Until = timeOf(bad, "since", f.Since), timeOf(bad, "until", f.Until)
	query.Where = conditions(bad, f.Email, f.Where)
	if n := utf8.RuneCountInString(f.Text); n > maxTextChars {
		bad("text", "must not have more than %d characters, not %d", maxTextChars, n)
	}
	if f.Before != "" && !strings.HasPrefix(f.Before, host.ExecutionPrefix) {
		bad("before", "must be an execution's id, not %q", f.Before)
	}
	return query
}

// nameActions finds the ids of the action and the version.
func (s *Server) nameActions(c echo.Context, f executionFilter, query *host.ExecutionQuery) (err error) {
	if query.ActionID, err = s.actionID(c, f.Action); err != nil || f.Version == "" {
		return err
	}
	query.VersionID = f.Version
	if strings.HasPrefix(f.Version, host.VersionPrefix) {
		return nil
	}
	v, err := s.Registry.Version(c.Request().Context(), query.ActionID, f.Version)
	query.VersionID = v.ID
	return err
}

// maxConditions is how many fields a filter may name.
const maxConditions = 16

// conditions are the values that a filter names, an e-mail address first.
func conditions(bad func(name, format string, args ...any), email string, where []string) []host.FieldValue {
	var out []host.FieldValue
	add := func(name, text string) {
		v, err := host.ParseFieldValue(text)
		if err != nil {
			bad(name, "must be as in user.email=ada@example.com: %v", err)
			return
		}
		out = append(out, v)
	}
	if email != "" {
		add("email", emailField+"="+email)
	}
	for _, text := range where {
		add("where", text)
	}
	if len(out) > maxConditions {
		bad("where", "must not name more than %d values, not %d", maxConditions, len(out))
	}
	return out
}

// emailField is the field that the filter email stands for.
const emailField = "user.email"

// timeOf reads a time of a filter, zero when it is not there.
func timeOf(bad func(name, format string, args ...any), name, value string) time.Time {
	if value == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339Nano, value)
	if err != nil {
		bad(name, "must be a time as in 2026-11-21T09:30:00Z (RFC 3339), not %q", value)
	}
	return at
}

func join[T ~string](words []T) string {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = string(w)
	}
	return strings.Join(list, ", ")
}
