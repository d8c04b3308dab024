package check

import (
	"bytes"
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/text"
)

// Compare returns how the run of a new version differs from that of the old one on the
// same event: its effects, its result and its logs. Fuel and time are no differences.
//
// Effects are matched by what they are, then by their target in its order, then by their
// place in the order and their origin.
func Compare(old, now *Run) []Difference {
	c := comparison{old: effectsOf(old), now: effectsOf(now)}
	c.effects()
	c.faults(&old.Result, &now.Result)
	c.output(old.Result.Output, now.Result.Output)
	c.logs(old.Result.Logs, now.Result.Logs)
	slices.SortStableFunc(c.found, func(a, b Difference) int {
		return cmp.Compare(slices.Index(classes, a.Class), slices.Index(classes, b.Class))
	})
	return c.found
}

type comparison struct {
	old, now []effect
	found    []Difference
}

func (c *comparison) add(class Class, target, what, old, now string) {
	c.found = append(c.found, Difference{class, target, what, old, now})
}

// effects compares what the two runs did.
func (c *comparison) effects() {
	pairs := c.match()
	taken := map[int]bool{}
	for i, j := range pairs {
		if j < 0 {
			c.add(Missing, c.old[i].name, "", string(c.old[i].message), "")
			continue
		}
		taken[j] = true
		c.messages(&c.old[i], &c.now[j])
	}
	for j := range c.now {
		if !taken[j] {
			c.add(New, c.now[j].name, "", "", string(c.now[j].message))
		}
	}
	c.order(pairs)
}

// match returns for each effect of the old run the index of the new run's, -1 for
// one that is missing.
func (c *comparison) match() []int {
	pairs, taken := make([]int, len(c.old)), make([]bool, len(c.now))
	for i := range pairs {
		pairs[i] = -1
	}
	c.pair(pairs, taken, func(e *effect, _ int) string { return e.kind + string(e.message) })
	c.pair(pairs, taken, func(e *effect, _ int) string { return e.kind + e.name })
	c.pair(pairs, taken, func(e *effect, place int) string {
		if e.origin == "" {
			return ""
		}
		return fmt.Sprint(place, e.origin)
	})
	return pairs
}

// pair pairs the effects that are left with the first ones that have the same key; those
// with an empty key stay.
func (c *comparison) pair(pairs []int, taken []bool, key func(e *effect, place int) string) {
	left := map[string][]int{} // indexes in now, by key
	for j := range c.now {
		if name := key(&c.now[j], j); !taken[j] && name != "" {
			left[name] = append(left[name], j)
		}
	}
	for i := range c.old {
		if pairs[i] >= 0 {
			continue
		}
		name := key(&c.old[i], i)
		if list := left[name]; len(list) > 0 {
			pairs[i], left[name] = list[0], list[1:]
			taken[list[0]] = true
		}
	}
}

// order reports the fewest effects that, taken out, leave the others in the same order.
func (c *comparison) order(pairs []int) {
	var matched []int // indexes in old
	for i, j := range pairs {
		if j >= 0 {
			matched = append(matched, i)
		}
	}
	if slices.IsSortedFunc(matched, func(a, b int) int { return cmp.Compare(pairs[a], pairs[b]) }) {
		return
	}
	stay := longestRising(matched, pairs)
	for _, i := range matched {
		if !stay[i] {
			c.add(Reordered, c.old[i].name, "", fmt.Sprintf("effect %d", i+1), fmt.Sprintf("effect %d", pairs[i]+1))
		}
	}
}

// longestRising returns the members of the longest subsequence of matched whose pairs
// rise.
func longestRising(matched, pairs []int) map[int]bool {
	length, before, best := make([]int, len(matched)), make([]int, len(matched)), -1
	for k, i := range matched {
		length[k], before[k] = 1, -1
		for m, h := range matched[:k] {
			if pairs[h] < pairs[i] && length[m] >= length[k] {
				length[k], before[k] = length[m]+1, m
			}
		}
		if best < 0 || length[k] > length[best] {
			best = k
		}
	}
	stay := map[int]bool{}
	for k := best; k >= 0; k = before[k] {
		stay[matched[k]] = true
	}
	return stay
}

// messages compares two effects that belong together.
func (c *comparison) messages(old, now *effect) {
	if bytes.Equal(old.message, now.message) {
		return
	}
	if old.kind != "http" {
		c.documents(old.name, "", old.message, now.message)
		return
	}
	a, b := requestOf(old.message), requestOf(now.message)
	if a.method() != b.method() {
		c.add(Changed, old.name, "method", a.method(), b.method())
	}
	c.urls(old.name, a.URL, b.URL)
	c.headers(old.name, "header", folded(a.Headers), folded(b.Headers))
	c.bodies(old.name, a, b)
	if a.TimeoutMillis != b.TimeoutMillis {
		c.add(Changed, old.name, "timeout", fmt.Sprintf("%d ms", a.TimeoutMillis), fmt.Sprintf("%d ms", b.TimeoutMillis))
	}
	if a.Redirect != b.Redirect {
		c.add(Changed, old.name, "redirect", a.Redirect, b.Redirect)
	}
}

func (c *comparison) urls(target, old, now string) {
	if old == now {
		return
	}
	a, errA := url.Parse(old)
	b, errB := url.Parse(now)
	if errA != nil || errB != nil {
		c.add(Changed, target, "URL", old, now)
		return
	}
	queryA, queryB := a.Query(), b.Query()
	a.RawQuery, b.RawQuery = "", ""
	if a.String() != b.String() {
		c.add(Changed, target, "URL", a.String(), b.String())
	}
	before := len(c.found)
	c.headers(target, "query", queryA, queryB)
	if a.String() == b.String() && len(c.found) == before {
		c.add(Changed, target, "URL: the same, in another spelling", old, now)
	}
}

// headers compares names with their values: headers, a query, or a form.
func (c *comparison) headers(target, where string, old, now map[string][]string) {
	names := map[string]bool{}
	for name := range old {
		names[name] = true
	}
	for name := range now {
		names[name] = true
	}
	for _, name := range sorted(names) {
		a, had := old[name]
		b, has := now[name]
		what := where + " " + template(name)
		switch {
		case !had:
			what += " added"
		case !has:
			what += " removed"
		case slices.Equal(a, b):
			continue
		}
		c.add(Changed, target, what, strings.Join(a, ", "), strings.Join(b, ", "))
	}
}

func (c *comparison) bodies(target string, a, b request) {
	old, now := a.body(), b.body()
	if bytes.Equal(old, now) {
		return
	}
	if isForm(a) && isForm(b) {
		x, errX := url.ParseQuery(string(old))
		y, errY := url.ParseQuery(string(now))
		before := len(c.found)
		if errX == nil && errY == nil {
			c.headers(target, "form", x, y)
		}
		if len(c.found) > before {
			return
		}
	}
	c.documents(target, "body", old, now)
}

func isForm(q request) bool {
	for _, value := range folded(q.Headers)["content-type"] {
		if strings.HasPrefix(strings.ToLower(value), "application/x-www-form-urlencoded") {
			return true
		}
	}
	return false
}

// documents compares two documents: by JSON paths, or as a whole.
func (c *comparison) documents(target, where string, old, now []byte) {
	found, areJSON := jsonDifferences(old, now)
	switch {
	case !areJSON:
		c.add(Changed, target, where, string(old), string(now))
	case len(found) == 0:
		c.add(Changed, target, strings.TrimLeft(where+": the same JSON in other bytes", ": "), string(old), string(now))
	}
	for i := range found {
		c.add(Changed, target, strings.TrimLeft(where+" "+found[i].what(), " "), shown(found[i].old), shown(found[i].now))
	}
}

// faults compares how the runs ended.
func (c *comparison) faults(old, now *host.Result) {
	a, b := ending(old), ending(now)
	switch {
	case a == b:
	case old.Succeeded:
		c.add(Fault, "", "fails: "+template(b), a, b)
	case now.Succeeded:
		c.add(Fault, "", "no longer fails: "+template(a), a, b)
	default:
		c.add(Fault, "", "fails in another way: "+template(b), a, b)
	}
}

// ending describes how a run ended on one line.
func ending(r *host.Result) string {
	if r.Succeeded {
		return "succeeded"
	}
	line := string(r.Fault)
	if r.Limit != "" {
		line += " " + r.Limit
	}
	if r.Error != nil {
		line += ": " + r.Error.Line()
	}
	line, _, _ = strings.Cut(line, "\n")
	return text.Cut(line, maxValue)
}

func (c *comparison) output(old, now []byte) {
	if bytes.Equal(old, now) {
		return
	}
	found, areJSON := jsonDifferences(old, now)
	if !areJSON || len(found) == 0 {
		c.add(Output, "", "output", string(old), string(now))
	}
	for i := range found {
		c.add(Output, "", "output "+found[i].what(), shown(found[i].old), shown(found[i].now))
	}
}

// folded returns headers with their names in lower case.
func folded(headers map[string][]string) map[string][]string {
	out := make(map[string][]string, len(headers))
	for name, values := range headers {
		out[strings.ToLower(name)] = append(out[strings.ToLower(name)], values...)
	}
	return out
}
