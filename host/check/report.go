package check

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/text"
	"github.com/usherhost/usher/host/redact"
)

// place is which run of which execution.
type place struct {
	executionID   string
	step, attempt int
}

func (p place) example(d *Difference) host.CheckExample {
	return host.CheckExample{ExecutionID: p.executionID, Step: p.step, Attempt: p.attempt, Old: d.Old, New: d.New}
}

// maxKinds is how many kinds of differences a report has one by one; what is more is
// counted as one kind of its class.
const maxKinds = 1000

// groups collects differences by their kinds.
type groups struct {
	byKey map[string]*host.CheckGroup
}

// add adds the differences of one run, without the secrets that it had.
func (g *groups) add(at place, found []Difference, secrets map[string]string) {
	if len(found) == 0 {
		return
	}
	redactor := redact.New(secrets)
	seen := map[string]bool{}
	for _, d := range found {
		d.Target, d.What = visible(redactor, d.Target), visible(redactor, d.What)
		key := d.Key()
		if g.byKey[key] == nil && len(g.byKey) >= maxKinds {
			d.Target, d.What = "", "more kinds than are listed"
			key = d.Key()
		}
		group := g.byKey[key]
		if group == nil {
			d.Old, d.New = visible(redactor, d.Old), visible(redactor, d.New)
			group = &host.CheckGroup{Class: string(d.Class), Key: key, Example: at.example(&d)}
			if g.byKey == nil {
				g.byKey = map[string]*host.CheckGroup{}
			}
			g.byKey[key] = group
		}
		group.Places++
		if !seen[key] {
			seen[key] = true
			group.Runs++
		}
	}
}

// visible returns what people see of a value: without secrets, on one line, cut.
func visible(r *redact.Redactor, value string) string {
	shown := strings.Map(func(c rune) rune {
		if !host.Printable(c) {
			return ' '
		}
		return c
	}, r.Text(value))
	return text.Cut(shown, maxValue)
}

// list returns the groups by class, the most frequent first.
func (g *groups) list(allow *allowances) []host.CheckGroup {
	list := make([]host.CheckGroup, 0, len(g.byKey))
	for _, key := range slices.Sorted(maps.Keys(g.byKey)) {
		group := *g.byKey[key]
		group.Allowed = allow.reason(key)
		list = append(list, group)
	}
	slices.SortStableFunc(list, func(a, b host.CheckGroup) int {
		return cmp.Or(
			cmp.Compare(slices.Index(classes, Class(a.Class)), slices.Index(classes, Class(b.Class))),
			cmp.Compare(b.Runs, a.Runs))
	})
	return list
}

// allowances are the reviewed differences, and which of them were met.
type allowances struct {
	list []host.Allowance
	met  map[int]bool
}

// reason returns why a difference is allowed, "" when it is not.
func (a *allowances) reason(key string) string {
	reason := ""
	for i := range a.list {
		if a.list[i].Matches(key) {
			if a.met == nil {
				a.met = map[int]bool{}
			}
			a.met[i] = true
			reason = cmp.Or(reason, a.list[i].Reason)
		}
	}
	return reason
}

func (a *allowances) unused() []string {
	unused := []string{}
	for i := range a.list {
		if !a.met[i] {
			unused = append(unused, a.list[i].Difference)
		}
	}
	return unused
}

// addCost adds what one run costs with either version.
func addCost(c *host.CheckCost, old, now int64) {
	c.Old, c.New = c.Old+old, c.New+now
	if old > 0 {
		c.Most = max(c.Most, float64(now)/float64(old))
	}
}

// took is the time of the last answer that a run waited for, or of its last sleep, from
// its start.
func took(t *host.Tape) int64 {
	for _, c := range slices.Backward(t.Calls) {
		switch c.Function {
		case "http_send", "http_wait", "clock_sleep":
			return c.EndMicros
		}
	}
	return 0
}
