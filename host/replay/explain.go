package replay

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/internal/text"
	"github.com/usherhost/usher/host/tape"
)

// The bounds of what is shown of a divergence.
const (
	maxChanges    = 20
	maxValueBytes = 300
)

// explain makes a divergence readable, without secrets.
func explain(m *tape.Masker, d *guest.Divergence) *host.ReplayDivergence {
	out := &host.ReplayDivergence{Part: string(d.Part), Recorded: shownCall(m, d.Recorded), Replayed: shownCall(m, d.Replayed), Changes: []host.ReplayChange{}}
	var c changes
	switch {
	case d.Part == guest.PartAnswer && d.Recorded != nil && d.Replayed != nil:
		was, is := m.Call(*d.Recorded), m.Call(*d.Replayed)
		c.compare("answer", document(was.Answer), document(is.Answer))
		c.compare("end_us", was.EndMicros, is.EndMicros)
	case d.Part == guest.PartCall && d.Recorded != nil && d.Replayed != nil:
		was, is := m.Call(*d.Recorded), m.Call(*d.Replayed)
		c.compare("function", was.Function, is.Function)
		if was.Function == is.Function {
			c.compare("", request(was.Request), request(is.Request))
		}
	case d.Part == guest.PartCall:
		c.compare("", request(maskedRequest(m, d.Recorded)), request(maskedRequest(m, d.Replayed)))
	default:
		c.compare(string(d.Part), document(d.Was), document(d.Is))
	}
	if len(c.list) == 0 {
		c.list = append(c.list, host.ReplayChange{Path: string(d.Part), Recorded: "(not shown: a secret differs, or how JSON is written)"})
	}
	out.Changes = append(out.Changes, c.list[:min(len(c.list), maxChanges)]...)
	out.More = len(c.list) - len(out.Changes)
	return out
}

func maskedRequest(m *tape.Masker, c *host.Call) json.RawMessage {
	if c == nil {
		return nil
	}
	return m.Call(*c).Request
}

// shownCall names a call, without secrets.
func shownCall(m *tape.Masker, c *host.Call) *host.ReplayCall {
	if c == nil {
		return nil
	}
	return &host.ReplayCall{Ordinal: c.Ordinal, Function: c.Function, Target: target(m.Call(*c).Request)}
}

// target is what a call is about: a method and a URL, or a name.
func target(request json.RawMessage) string {
	var q struct {
		Method, URL, Name, Key, Operation, Level, Message string
		Timeout                                           *int64 `json:"timeout_ms"`
	}
	_ = json.Unmarshal(request, &q)
	if q.URL != "" {
		return cut(strings.ToUpper(cmp.Or(q.Method, "GET")) + " " + q.URL)
	}
	return cut(cmp.Or(q.Name, q.Key, q.Operation, strings.TrimSpace(q.Level+" "+q.Message)))
}

// document decodes JSON; what is not JSON is a string.
func document(raw json.RawMessage) any {
	if raw == nil {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return string(raw)
	}
	return v
}

// request decodes a request. A body that is JSON is compared by its members.
func request(raw json.RawMessage) any {
	v := document(raw)
	object, ok := v.(map[string]any)
	if !ok {
		return v
	}
	for _, member := range []string{"body", "message"} {
		s, _ := object[member].(string)
		if trimmed := strings.TrimSpace(s); strings.HasPrefix(trimmed, "{") || strings.HasPrefix(trimmed, "[") {
			if inner := document(json.RawMessage(trimmed)); json.Valid([]byte(trimmed)) {
				object[member] = inner
			}
		}
	}
	return v
}

// changes collects what differs between two decoded values.
type changes struct{ list []host.ReplayChange }

func (c *changes) compare(path string, was, is any) {
	wasObject, _ := was.(map[string]any)
	isObject, _ := is.(map[string]any)
	wasList, wasIsList := was.([]any)
	isList, isIsList := is.([]any)
	switch {
	case wasObject != nil && isObject != nil:
		names := maps.Clone(wasObject)
		maps.Copy(names, isObject)
		for _, name := range slices.Sorted(maps.Keys(names)) {
			c.member(join(path, name), wasObject, isObject, name)
		}
	case wasIsList && isIsList:
		for i := range max(len(wasList), len(isList)) {
			c.compare(join(path, strconv.Itoa(i)), at(wasList, i), at(isList, i))
		}
	default:
		if a, b := shown(was), shown(is); a != b {
			a, b = around(a, b)
			c.list = append(c.list, host.ReplayChange{Path: path, Recorded: a, Replayed: b})
		}
	}
}

func (c *changes) member(path string, was, is map[string]any, name string) {
	a, inWas := was[name]
	b, inIs := is[name]
	if inWas && inIs {
		c.compare(path, a, b)
		return
	}
	change := host.ReplayChange{Path: path}
	if inWas {
		change.Recorded = cut(shown(a))
	} else {
		change.Replayed = cut(shown(b))
	}
	c.list = append(c.list, change)
}

func at(list []any, i int) any {
	if i < len(list) {
		return list[i]
	}
	return nil
}

func join(path, name string) string { return strings.TrimPrefix(path+"."+name, ".") }

// shown is a value as people read it; "" stands for no value.
func shown(v any) string {
	if v == nil {
		return ""
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

// around cuts two strings to where they begin to differ.
func around(a, b string) (string, string) {
	if len(a) <= maxValueBytes && len(b) <= maxValueBytes {
		return a, b
	}
	same := 0
	for same < min(len(a), len(b)) && a[same] == b[same] {
		same++
	}
	const before = 60
	from := max(same-before, 0)
	for from > 0 && !utf8.RuneStart(a[from]) {
		from--
	}
	if from == 0 {
		return cut(a), cut(b)
	}
	return "…" + cut(a[from:]), "…" + cut(b[from:])
}

func cut(s string) string { return text.Cut(s, maxValueBytes) }
