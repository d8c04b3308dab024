package bootstrap

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The data of npm's packages are JavaScript values whose order matters: what is written of
// them is what JSON.stringify writes. A value is nil (null), absent, literal, string, code,
// []any or *object.
type (
	literal string   // a number, true or false
	code    string   // a function
	absent  struct{} // undefined: a member that is not written
	object  struct {
		keys   []string
		values map[string]any
	}
)

func newObject() *object { return &object{values: map[string]any{}} }

// get returns a member, absent when there is none.
func (o *object) get(key string) any {
	if v, ok := o.values[key]; ok {
		return v
	}
	return absent{}
}

func (o *object) has(key string) bool { _, ok := o.values[key]; return ok }

// set sets a member, which keeps its place.
func (o *object) set(key string, v any) *object {
	if !o.has(key) {
		o.keys = append(o.keys, key)
	}
	o.values[key] = v
	return o
}

// with sets all members of another object.
func (o *object) with(other *object) *object {
	for _, key := range other.keys {
		o.set(key, other.values[key])
	}
	return o
}

// pick returns an object with those members that a function wants.
func (o *object) pick(want func(key string) bool) *object {
	picked := newObject()
	for _, key := range o.keys {
		if want(key) {
			picked.set(key, o.values[key])
		}
	}
	return picked
}

// object returns a member that is an object: an empty one when it is none.
func (o *object) object(key string) *object {
	if inner, ok := o.get(key).(*object); ok {
		return inner
	}
	return newObject()
}

// list returns a member that is an array of strings.
func (o *object) list(key string) (list []string) {
	values, _ := o.get(key).([]any)
	for _, v := range values {
		s, _ := v.(string)
		list = append(list, s)
	}
	return list
}

// stringify writes a value as JSON.stringify does.
func stringify(v any) string { return string(appendValue(nil, v)) }

func appendValue(out []byte, v any) []byte {
	switch v := v.(type) {
	case literal:
		return append(out, v...)
	case string:
		return appendString(out, v)
	case []any:
		out = append(out, '[')
		for i, e := range v {
			if i > 0 {
				out = append(out, ',')
			}
			out = appendValue(out, e)
		}
		return append(out, ']')
	case *object:
		out = append(out, '{')
		first := true
		for _, key := range v.ordered() {
			e := v.values[key]
			if _, undefined := e.(absent); undefined {
				continue
			}
			if !first {
				out = append(out, ',')
			}
			first = false
			out = appendValue(append(appendString(out, key), ':'), e)
		}
		return append(out, '}')
	default: // null, and what an array has in place of undefined
		return append(out, "null"...)
	}
}

// ordered returns the keys as JavaScript orders them: numbers first.
func (o *object) ordered() []string {
	number := func(key string) (int, bool) {
		n, err := strconv.Atoi(key)
		return n, err == nil && n >= 0 && strconv.Itoa(n) == key
	}
	if !slices.ContainsFunc(o.keys, func(key string) bool { _, is := number(key); return is }) {
		return o.keys
	}
	keys := slices.Clone(o.keys)
	slices.SortStableFunc(keys, func(a, b string) int {
		x, isX := number(a)
		y, isY := number(b)
		switch {
		case isX && isY:
			return x - y
		case isX:
			return -1
		case isY:
			return 1
		}
		return 0
	})
	return keys
}

// appendString writes a string; the data have no lone surrogates.
func appendString(out []byte, s string) []byte {
	out = append(out, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case c >= ' ':
			out = append(out, c)
		case c == '\n':
			out = append(out, `\n`...)
		case c == '\t':
			out = append(out, `\t`...)
		default:
			out = fmt.Appendf(out, `\u%04x`, c)
		}
	}
	return append(out, '"')
}

// parser reads JSON in which a value may also be a function.
type parser struct {
	text []byte
	at   int
}

var errMalformed = errors.New("malformed data")

// space skips white space and returns the next byte, 0 at the end.
func (p *parser) space() byte {
	for p.at < len(p.text) {
		switch c := p.text[p.at]; c {
		case ' ', '\n', '\t', '\r':
			p.at++
		default:
			return c
		}
	}
	return 0
}

func (p *parser) value() (any, error) {
	switch c := p.space(); c {
	case '{':
		return p.object()
	case '[':
		return p.array()
	case '"':
		return p.string()
	case 'f':
		if bytes.HasPrefix(p.text[p.at:], []byte("function")) {
			return p.function()
		}
	}
	end := p.at
	for end < len(p.text) && !strings.ContainsRune(",]} \n\r\t)", rune(p.text[end])) {
		end++
	}
	word := string(p.text[p.at:end])
	p.at = end
	switch {
	case word == "null":
		return nil, nil
	case json.Valid([]byte(word)):
		return literal(word), nil
	}
	return nil, fmt.Errorf("%w: %q", errMalformed, word)
}

func (p *parser) object() (any, error) {
	o := newObject()
	return o, p.members('}', func() error {
		key, err := p.string()
		if err != nil {
			return err
		}
		if p.space() != ':' {
			return errMalformed
		}
		p.at++
		v, err := p.value()
		o.set(key, v)
		return err
	})
}

func (p *parser) array() (any, error) {
	list := []any{}
	err := p.members(']', func() error {
		v, err := p.value()
		list = append(list, v)
		return err
	})
	return list, err
}

// members reads what is between brackets.
func (p *parser) members(end byte, member func() error) error {
	p.at++
	for first := true; ; first = false {
		switch c := p.space(); {
		case c == end:
			p.at++
			return nil
		case c == ',' && !first:
			p.at++
		case first:
		default:
			return errMalformed
		}
		p.space()
		if err := member(); err != nil {
			return err
		}
	}
}

func (p *parser) string() (string, error) {
	if p.space() != '"' {
		return "", errMalformed
	}
	start, escaped := p.at, false
	for p.at++; p.at < len(p.text); p.at++ {
		switch p.text[p.at] {
		case '\\':
			escaped = true
			p.at++
		case '"':
			p.at++
			raw := p.text[start:p.at]
			if !escaped {
				return string(raw[1 : len(raw)-1]), nil
			}
			var s string
			err := json.Unmarshal(raw, &s)
			return s, err
		}
	}
	return "", errMalformed
}

// function reads a function whose strings have no brackets.
func (p *parser) function() (any, error) {
	start, open := p.at, 0
	for ; p.at < len(p.text); p.at++ {
		switch p.text[p.at] {
		case '{':
			open++
		case '}':
			if open--; open == 0 {
				p.at++
				return code(p.text[start:p.at]), nil
			}
		}
	}
	return nil, errMalformed
}
