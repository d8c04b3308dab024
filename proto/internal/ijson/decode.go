// Package ijson decodes I-JSON (RFC 7493): JSON that every parser reads alike.
// It refuses what encoding/json lets through and parsers disagree on: a key
// given twice, text that is not UTF-8, half a surrogate pair.
package ijson

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/usherhost/usher/host"
)

// MaxDepth is how deep objects and arrays may be nested.
const MaxDepth = 128

// Error is the reason why a document is not I-JSON.
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

type decoder struct {
	text  string
	at    int
	nodes []Node
	keys  []string
}

func (d *decoder) document() error {
	if at := invalidUTF8(d.text); at >= 0 {
		return d.fail(at, "is not UTF-8")
	}
	d.space()
	if err := d.value("", 0); err != nil {
		return err
	}
	d.space()
	if d.at < len(d.text) {
		return d.fail(d.at, "has "+d.found()+" after the end of the document")
	}
	return nil
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

// value reads a value and adds its node, and those in it.
func (d *decoder) value(key string, depth int) error {
	if d.at == len(d.text) {
		return d.fail(d.at, "ends where a value should be")
	}
	index := len(d.nodes)
	d.nodes = append(d.nodes, Node{Key: key})
	var kind Kind
	var text string
	var err error
	switch c := d.text[d.at]; {
	case c == '{':
		kind, err = Object, d.object(index, depth)
	case c == '[':
		kind, err = Array, d.array(depth)
	case c == '"':
		kind = String
		text, err = d.string()
	case c == '-' || isDigit(c):
		kind = Number
		text, err = d.number()
	default:
		kind, text, err = d.literal()
	}
	if err != nil {
		return err
	}
	n := &d.nodes[index]
	n.Kind, n.Text, n.End = kind, text, len(d.nodes)
	return nil
}

func (d *decoder) object(index, depth int) error {
	if depth == MaxDepth {
		return d.tooDeep()
	}
	d.at++
	if d.space(); d.skip('}') {
		return nil
	}
	seen := keySet{first: index + 1}
	for {
		key, err := d.key(&seen)
		if err != nil {
			return err
		}
		d.keys = append(d.keys, key)
		if err := d.value(key, depth+1); err != nil {
			return err
		}
		d.keys = d.keys[:len(d.keys)-1]
		if d.space(); d.skip('}') {
			return nil
		}
		if !d.skip(',') {
			return d.missing(`"," or "}"`)
		}
		d.space()
	}
}

// key reads a key and the colon behind it.
func (d *decoder) key(seen *keySet) (string, error) {
	start := d.at
	if start == len(d.text) || d.text[start] != '"' {
		return "", d.missing("a key in double quotes")
	}
	key, err := d.string()
	if err != nil {
		return "", err
	}
	if !seen.add(d.nodes, key) {
		e := d.fail(start, "is given twice")
		e.Pointer = host.Pointer(append(d.keys, key)...)
		return "", e
	}
	if d.space(); !d.skip(':') {
		return "", d.missing(`":"`)
	}
	d.space()
	return key, nil
}

// keySet are the keys of the object being read, whose nodes begin at first. Few
// are looked for one by one, many in a map.
type keySet struct {
	first, count int
	many         map[string]bool
}

// fewKeys is up to where looking one by one is the faster.
const fewKeys = 32

// add reports whether key is new.
func (s *keySet) add(nodes []Node, key string) bool {
	s.count++
	if s.count <= fewKeys {
		for i := s.first; i < len(nodes); i = nodes[i].End {
			if nodes[i].Key == key {
				return false
			}
		}
		return true
	}
	if s.many == nil {
		s.many = map[string]bool{}
		for i := s.first; i < len(nodes); i = nodes[i].End {
			s.many[nodes[i].Key] = true
		}
	}
	if s.many[key] {
		return false
	}
	s.many[key] = true
	return true
}

func (d *decoder) array(depth int) error {
	if depth == MaxDepth {
		return d.tooDeep()
	}
	d.at++
	if d.space(); d.skip(']') {
		return nil
	}
	for i := 0; ; i++ {
		d.keys = append(d.keys, strconv.Itoa(i))
		if err := d.value("", depth+1); err != nil {
			return err
		}
		d.keys = d.keys[:len(d.keys)-1]
		if d.space(); d.skip(']') {
			return nil
		}
		if !d.skip(',') {
			return d.missing(`"," or "]"`)
		}
		d.space()
	}
}

func (d *decoder) number() (string, error) {
	start := d.at
	d.skip('-')
	if !d.skip('0') && !d.digits() {
		return "", d.missing("a digit")
	}
	if d.skip('.') && !d.digits() {
		return "", d.missing("a digit")
	}
	if d.skip('e') || d.skip('E') {
		_ = d.skip('+') || d.skip('-')
		if !d.digits() {
			return "", d.missing("a digit")
		}
	}
	return d.text[start:d.at], nil
}

func (d *decoder) digits() bool {
	start := d.at
	for d.at < len(d.text) && isDigit(d.text[d.at]) {
		d.at++
	}
	return d.at > start
}

func (d *decoder) literal() (Kind, string, error) {
	rest := d.text[d.at:]
	for _, text := range [...]string{"true", "false", "null"} {
		if strings.HasPrefix(rest, text) {
			d.at += len(text)
			if text == "null" {
				return Null, "", nil
			}
			return Boolean, text, nil
		}
	}
	return 0, "", d.missing("a value")
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
