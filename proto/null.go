package proto

import (
	"bytes"
	"encoding/json"

	"github.com/usherhost/usher/proto/internal/ijson"
)

// value returns the node of d at index i as [ijson.Document.Value] does, without
// the nulls that stand for a value which may be missing.
func (s *shape) value(d *ijson.Document, i int) any {
	switch n := d.Nodes[i]; {
	case s == nil:
		return d.Value(i)
	case n.Kind == ijson.Array:
		out := []any{}
		for j := i + 1; j < n.End; j = d.Nodes[j].End {
			out = append(out, s.items.value(d, j))
		}
		return out
	case n.Kind == ijson.Object:
		out := map[string]any{}
		for j := i + 1; j < n.End; j = d.Nodes[j].End {
			key := d.Nodes[j].Key
			below := s.below(key)
			if d.Nodes[j].Kind != ijson.Null || !s.needless(key, below) {
				out[key] = below.value(d, j)
			}
		}
		return out
	}
	return d.Value(i)
}

// below returns the shape of what stands at key, nil for anything.
func (s *shape) below(key string) *shape {
	if below, known := s.properties[key]; known {
		return below
	}
	return s.others
}

// needless reports whether a null at key, of the shape below, stands for a value
// that may be missing and can't be null.
func (s *shape) needless(key string, below *shape) bool {
	return below != nil && !below.orNull && below.types&(1<<ijson.Null) == 0 && s.mayMiss(key)
}

// WithoutNulls returns an event of trigger as the contract's types have it: a
// field that may be missing, but not null, is left out where [CheckEvent] let a
// null through. It is body itself when there is none, or when body is no event.
func WithoutNulls(trigger string, body []byte) []byte {
	c, known := contracts[trigger]
	if !known || !mayHaveNull(body) {
		return body
	}
	t := trimmer{in: body, out: make([]byte, 0, len(body))}
	t.space()
	if !t.value(c.shape) || !t.dropped {
		return body
	}
	return t.out
}

// mayHaveNull reports whether "null" stands in body. It searches for the letter
// of it that is rarest in events.
func mayHaveNull(body []byte) bool {
	for at := 1; at < len(body); at++ {
		next := bytes.IndexByte(body[at:], 'u')
		if next < 0 {
			return false
		}
		if at += next; body[at-1] == 'n' && bytes.HasPrefix(body[at+1:], []byte("ll")) {
			return true
		}
	}
	return false
}

// Member returns the value at a path of keys in an event that [CheckEvent] let through,
// as it stands there; nil when there is none.
func Member(body []byte, path ...string) json.RawMessage {
	t := trimmer{in: body}
	t.space()
	for _, key := range path {
		if !t.member(key) {
			return nil
		}
	}
	start := t.at
	if !t.skip() {
		return nil
	}
	return t.in[start:t.at]
}

// trimmer copies a JSON text without its needless nulls and the space between
// what it copies piece by piece. Its methods answer false where the text is no
// JSON.
type trimmer struct {
	in      []byte
	at      int
	out     []byte
	dropped bool
}

// value copies one value of the shape; nil is anything.
func (t *trimmer) value(s *shape) bool {
	switch {
	case s != nil && t.is('{'):
		return t.object(s)
	case s != nil && s.items != nil && t.is('['):
		return t.array(s.items)
	}
	start := t.at
	if !t.skip() {
		return false
	}
	t.out = append(t.out, t.in[start:t.at]...)
	return true
}

func (t *trimmer) object(s *shape) bool {
	if t.copy('{'); t.is('}') {
		return t.copy('}')
	}
	for first := true; ; {
		quoted, ok := t.key()
		if !ok {
			return false
		}
		key := unquote(quoted)
		below := s.below(key)
		if bytes.HasPrefix(t.in[t.at:], []byte("null")) && s.needless(key, below) {
			t.at += len("null")
			t.dropped = true
		} else {
			if !first {
				t.out = append(t.out, ',')
			}
			first = false
			t.out = append(append(t.out, quoted...), ':')
			if !t.value(below) {
				return false
			}
		}
		if t.space(); !t.is(',') {
			return t.copy('}')
		}
		t.at++
		t.space()
	}
}

func (t *trimmer) array(items *shape) bool {
	if t.copy('['); t.is(']') {
		return t.copy(']')
	}
	for {
		if !t.value(items) {
			return false
		}
		if t.space(); !t.is(',') {
			return t.copy(']')
		}
		t.copy(',')
	}
}

func (t *trimmer) is(c byte) bool { return t.at < len(t.in) && t.in[t.at] == c }

// copy copies c when it is next, and goes past the space behind it.
func (t *trimmer) copy(c byte) bool {
	if !t.is(c) {
		return false
	}
	t.out = append(t.out, c)
	t.at++
	t.space()
	return true
}

func (t *trimmer) space() {
	for t.at < len(t.in) && (t.in[t.at] == ' ' || t.in[t.at] == '\n' || t.in[t.at] == '\r' || t.in[t.at] == '\t') {
		t.at++
	}
}

// skip goes past one value.
func (t *trimmer) skip() bool {
	for depth, start := 0, t.at; t.at < len(t.in); {
		switch c := t.in[t.at]; c {
		case '"':
			if !t.skipString() {
				return false
			}
			if depth == 0 {
				return true
			}
			continue
		case '{', '[':
			depth++
		case '}', ']', ',', ' ', '\n', '\r', '\t':
			if depth == 0 { // the end of a number or a name
				return t.at > start
			}
			if c == '}' || c == ']' {
				depth--
			}
			if depth == 0 {
				t.at++
				return true
			}
		}
		t.at++
	}
	return false
}

// member goes to the value of a key of the object that begins here, and reports whether
// it has one.
func (t *trimmer) member(key string) bool {
	if !t.is('{') {
		return false
	}
	for t.at++; ; t.at++ {
		t.space()
		quoted, ok := t.key()
		if !ok {
			return false
		}
		if unquotes(quoted, key) {
			return true
		}
		if !t.skip() {
			return false
		}
		if t.space(); !t.is(',') {
			return false
		}
	}
}

// key goes past a key and its colon to the value, and returns the key as it is quoted.
func (t *trimmer) key() (quoted []byte, ok bool) {
	start := t.at
	if !t.is('"') || !t.skip() {
		return nil, false
	}
	quoted = t.in[start:t.at]
	if t.space(); !t.is(':') {
		return nil, false
	}
	t.at++
	t.space()
	return quoted, true
}

// unquotes reports whether a string is the quoted one.
func unquotes(quoted []byte, s string) bool {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1:len(quoted)-1]) == s
	}
	return unquote(quoted) == s
}

func (t *trimmer) skipString() bool {
	for t.at++; t.at < len(t.in); t.at++ {
		switch t.in[t.at] {
		case '"':
			t.at++
			return true
		case '\\':
			t.at++
		}
	}
	return false
}

func unquote(quoted []byte) string {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1 : len(quoted)-1])
	}
	var key string
	_ = json.Unmarshal(quoted, &key) // what is no string has no shape
	return key
}
