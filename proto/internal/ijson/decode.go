// Package ijson decodes I-JSON (RFC 7493): JSON that every parser reads alike.
// It refuses what encoding/json lets through and parsers disagree on: a key
// given twice, text that is not UTF-8, half a surrogate pair.
package ijson

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MaxDepth is how deep objects and arrays may be nested.
const MaxDepth = 128

// Error says why a text is not I-JSON.
type Error struct {
	Offset  int    // of the byte at fault, from 0
	Line    int    // from 1
	Column  int    // in bytes, from 1
	Pointer string // RFC 6901; to a key given twice, else ""
	Detail  string // e.g. `has "}" where a value should be`
}

// Error returns the detail and the place.
func (e *Error) Error() string {
	return fmt.Sprintf("%s at line %d, column %d (byte %d)", e.Detail, e.Line, e.Column, e.Offset)
}

// Decode returns the one value in text: nil, bool, json.Number, string, []any or
// map[string]any. Strings in it share one copy of text. Its error is an *Error.
func Decode(text []byte) (any, error) {
	d := decoder{text: string(text)}
	if at := invalidUTF8(d.text); at >= 0 {
		return nil, d.fail(at, "is not UTF-8")
	}
	d.space()
	v, err := d.value(0)
	if err != nil {
		return nil, err
	}
	d.space()
	if d.at < len(d.text) {
		return nil, d.fail(d.at, "has "+d.found()+" after the end of the document")
	}
	return v, nil
}

type decoder struct {
	text string
	at   int
	keys []string // the path of the object or array being read, for errors
}

func invalidUTF8(s string) int {
	if utf8.ValidString(s) {
		return -1
	}
	for i, r := range s {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				return i
			}
		}
	}
	return -1
}

func (d *decoder) value(depth int) (any, error) {
	if d.at == len(d.text) {
		return nil, d.fail(d.at, "ends where a value should be")
	}
	switch c := d.text[d.at]; {
	case c == '{':
		return d.object(depth)
	case c == '[':
		return d.array(depth)
	case c == '"':
		return d.string()
	case c == '-' || isDigit(c):
		return d.number()
	default:
		return d.literal()
	}
}

func (d *decoder) object(depth int) (any, error) {
	if depth == MaxDepth {
		return nil, d.tooDeep()
	}
	d.at++
	out := map[string]any{}
	if d.space(); d.skip('}') {
		return out, nil
	}
	for {
		key, err := d.key(out)
		if err != nil {
			return nil, err
		}
		d.keys = append(d.keys, key)
		if out[key], err = d.value(depth + 1); err != nil {
			return nil, err
		}
		d.keys = d.keys[:len(d.keys)-1]
		if d.space(); d.skip('}') {
			return out, nil
		}
		if !d.skip(',') {
			return nil, d.missing(`"," or "}"`)
		}
		d.space()
	}
}

// key reads a key and the colon behind it.
func (d *decoder) key(in map[string]any) (string, error) {
	start := d.at
	if start == len(d.text) || d.text[start] != '"' {
		return "", d.missing("a key in double quotes")
	}
	key, err := d.string()
	if err != nil {
		return "", err
	}
	if _, twice := in[key]; twice {
		e := d.fail(start, "is given twice")
		e.Pointer = Pointer(append(d.keys, key)...)
		return "", e
	}
	if d.space(); !d.skip(':') {
		return "", d.missing(`":"`)
	}
	d.space()
	return key, nil
}

func (d *decoder) array(depth int) (any, error) {
	if depth == MaxDepth {
		return nil, d.tooDeep()
	}
	d.at++
	out := []any{}
	if d.space(); d.skip(']') {
		return out, nil
	}
	for {
		d.keys = append(d.keys, strconv.Itoa(len(out)))
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		d.keys = d.keys[:len(d.keys)-1]
		out = append(out, v)
		if d.space(); d.skip(']') {
			return out, nil
		}
		if !d.skip(',') {
			return nil, d.missing(`"," or "]"`)
		}
		d.space()
	}
}

func (d *decoder) number() (any, error) {
	start := d.at
	d.skip('-')
	if !d.skip('0') && !d.digits() {
		return nil, d.missing("a digit")
	}
	if d.skip('.') && !d.digits() {
		return nil, d.missing("a digit")
	}
	if d.skip('e') || d.skip('E') {
		_ = d.skip('+') || d.skip('-')
		if !d.digits() {
			return nil, d.missing("a digit")
		}
	}
	return json.Number(d.text[start:d.at]), nil
}

func (d *decoder) digits() bool {
	start := d.at
	for d.at < len(d.text) && isDigit(d.text[d.at]) {
		d.at++
	}
	return d.at > start
}

func (d *decoder) literal() (any, error) {
	rest := d.text[d.at:]
	for _, l := range []struct {
		text  string
		value any
	}{{"true", true}, {"false", false}, {"null", nil}} {
		if strings.HasPrefix(rest, l.text) {
			d.at += len(l.text)
			return l.value, nil
		}
	}
	return nil, d.missing("a value")
}

func (d *decoder) space() {
	for d.at < len(d.text) {
		switch d.text[d.at] {
		case ' ', '\n', '\r', '\t':
			d.at++
		default:
			return
		}
	}
}

func (d *decoder) skip(c byte) bool {
	if d.at < len(d.text) && d.text[d.at] == c {
		d.at++
		return true
	}
	return false
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
