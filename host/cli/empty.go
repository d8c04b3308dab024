package cli

import (
	"context"
	"strings"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/internal/text"
)

// condition is a filter as it was given, and the query that has nothing else.
type condition[Q any] struct {
	flag  string
	hint  string // what to do when it selects nothing; "" for none
	alone Q
}

// emptyList says of a list with filters which of them selects nothing.
type emptyList[Q any] struct {
	noun       string // such as executions
	conditions []condition[Q]
	any        func(ctx context.Context, q Q) (bool, error) // reports whether a query selects something
	first      string                                       // what to do when there is none at all
}

// explain prints why the list is empty, and what to do next.
func (l emptyList[Q]) explain(ctx context.Context, t term.Terminal) error {
	if len(l.conditions) == 0 {
		t.Note("no %s yet; %s", l.noun, l.first)
		return nil
	}
	var nothing Q
	some, err := l.any(ctx, nothing)
	if err != nil {
		return err
	}
	if !some {
		t.Note("no %s at all yet, with or without filters; %s", l.noun, l.first)
		return nil
	}
	guilty := l.conditions
	if len(guilty) > 1 {
		if guilty, err = l.selectNothing(ctx); err != nil {
			return err
		}
	}
	if len(guilty) == 0 {
		t.Note("no %s with %s together; with each of them alone there are some", l.noun, flagsOf(l.conditions))
		return nil
	}
	t.Note("no %s with %s", l.noun, flagsOf(guilty))
	for _, c := range guilty {
		if c.hint != "" {
			t.Note("hint: %s", c.hint)
		}
	}
	return nil
}

// selectNothing returns the conditions that select nothing even alone.
func (l emptyList[Q]) selectNothing(ctx context.Context) (guilty []condition[Q], err error) {
	for _, c := range l.conditions {
		some, err := l.any(ctx, c.alone)
		if err != nil {
			return nil, err
		}
		if !some {
			guilty = append(guilty, c)
		}
	}
	return guilty, nil
}

func flagsOf[Q any](conditions []condition[Q]) string {
	flags := make([]string, len(conditions))
	for i, c := range conditions {
		flags[i] = c.flag
	}
	return strings.Join(flags, ", ")
}

// flagOf is a flag as it is typed.
func flagOf(name, value string) string { return "--" + name + " " + text.ShellQuote(value) }

// What to do when a filter selects nothing.
const (
	hintUser   = "the id has to be as the sender wrote it; 'usher events list' shows those of the newest events, and --email finds users by their address"
	hintAction = "it may not be bound yet: usher bindings list"
	hintText   = "words are compared whole; one that ends in * stands for all that begin so"
	hintTime   = "without it, the newest ones are shown with their times"
	hintEvent  = "'usher events list' shows the newest events"
)

// hintField is what to do when no event has a value.
func hintField(v host.FieldValue) string {
	value, isPrefix := v.Prefix()
	begin, _, _ := strings.Cut(value, "@")
	if runes := []rune(begin); !isPrefix && len(runes) >= host.MinFieldPrefixChars {
		return "what begins alike: --where " + text.ShellQuote(v.Field+"="+string(runes[:min(len(runes), 8)])+"*")
	}
	return "'usher events show EVENT' shows how senders write it"
}

// fieldConditions are those of fields, made by alone.
func fieldConditions[Q any](f fieldFlags, values []host.FieldValue, alone func(host.FieldValue) Q) []condition[Q] {
	var out []condition[Q]
	for i, v := range values {
		flag := flagOf("where", v.Field+"="+v.Value)
		if i == 0 && f.email != "" {
			flag = flagOf("email", f.email)
		}
		out = append(out, condition[Q]{flag, hintField(v), alone(v)})
	}
	return out
}

// timeConditions are those of times, made by since and until.
func timeConditions[Q any](f timeFlags, since, until time.Time, alone func(since, until time.Time) Q) []condition[Q] {
	var out []condition[Q]
	if f.since != "" {
		out = append(out, condition[Q]{flagOf("since", f.since), hintTime, alone(since, time.Time{})})
	}
	if f.until != "" {
		out = append(out, condition[Q]{flagOf("until", f.until), hintTime, alone(time.Time{}, until)})
	}
	return out
}
