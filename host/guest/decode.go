package guest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/usherhost/usher/host/sandbox"
)

// A guest can pass megabytes of JSON, which encoding/json reads in one go. What
// is short is read so. Of what is long only a body is honest: it is cut out and
// read piece by piece, and the rest must be short.

// shortBytes is what encoding/json reads in some milliseconds, whatever it is.
const shortBytes = 256 << 10

// decodeUnits is the fuel for each byte of JSON that is read or written.
const decodeUnits = 8

var errNoObject = errors.New("it is not one JSON object")

// decodeRequest reads a request to send.
func decodeRequest(s *sandbox.Call, text []byte, q *httpRequest) error {
	s.Burn(decodeUnits * int64(len(text)))
	if len(text) <= shortBytes {
		return json.Unmarshal(text, q)
	}
	return scanRequest(s.Check, text, q)
}

func scanRequest(check func(), text []byte, q *httpRequest) error {
	d := &scanner{check: check, text: text}
	rest := []byte{'{'}
	var body, encoded []byte // the last of its name counts, as in encoding/json
	err := d.members(func(name string, member, value []byte) {
		switch {
		case value[0] != '"':
			rest = appendMember(rest, member)
		case strings.EqualFold(name, "body"):
			body = value
		case strings.EqualFold(name, "body_base64"):
			encoded = value
		default:
			rest = appendMember(rest, member)
		}
	})
	if err != nil {
		return err
	}
	if len(rest) > shortBytes {
		return fmt.Errorf("without its body it has %d bytes (at most %d)", len(rest), shortBytes)
	}
	if err := json.Unmarshal(append(rest, '}'), q); err != nil {
		return err
	}
	return d.bodies(q, body, encoded)
}

func appendMember(object, member []byte) []byte {
	if len(object) > 1 {
		object = append(object, ',')
	}
	if len(object) > shortBytes { // too long in any case
		return object
	}
	return append(object, member...)
}

// scanner reads JSON and checks the run's deadline.
type scanner struct {
	check  func() // ends the run when its time is over
	text   []byte
	at     int
	looked int
}

// look ends the run when its time is over.
func (d *scanner) look() {
	if d.at-d.looked >= pieceBytes {
		d.looked = d.at
		d.check()
	}
}

// members calls each with every member of an object: its name, all of it and its
// value.
// It finds where they end, and leaves what they are to others.
func (d *scanner) members(each func(name string, member, value []byte)) error {
	if !d.next('{') {
		return errNoObject
	}
	for first := true; !d.next('}'); first = false {
		if !first && !d.next(',') {
			return errNoObject
		}
		d.space()
		from := d.at
		name, err := d.name()
		if err != nil || !d.next(':') {
			return errNoObject
		}
		d.space()
		begin := d.at
		if d.value(); d.at == begin {
			return errNoObject
		}
		each(name, d.text[from:d.at], d.text[begin:d.at])
	}
	if d.space(); d.at < len(d.text) {
		return errNoObject
	}
	return nil
}

func (d *scanner) name() (name string, err error) {
	from := d.at
	if d.peek() != '"' {
		return "", errNoObject
	}
	d.value()
	if d.at-from > maxNameBytes {
		return "", nil // not a name of ours; the reader of the member reports what is wrong with it
	}
	return name, json.Unmarshal(d.text[from:d.at], &name)
}

func (d *scanner) space() {
	for d.at < len(d.text) && strings.IndexByte(" \t\r\n", d.text[d.at]) >= 0 {
		d.at++
		d.look()
	}
}

// peek returns the next byte, 0 at the end.
func (d *scanner) peek() byte {
	if d.at < len(d.text) {
		return d.text[d.at]
	}
	return 0
}

// next passes a byte and the space before it, if it comes.
func (d *scanner) next(b byte) bool {
	if d.space(); d.peek() != b {
		return false
	}
	d.at++
	return true
}

// value passes a value: a string, what stands in brackets, or a word.
func (d *scanner) value() {
	depth := 0
	for ; d.at < len(d.text); d.look() {
		switch b := d.text[d.at]; {
		case b == '"':
			d.quoted()
		case b == '{' || b == '[':
			depth++
			d.at++
		case (b == '}' || b == ']') && depth > 0:
			depth--
			d.at++
		case depth == 0 && strings.IndexByte(",}] \t\r\n", b) >= 0:
			return
		default:
			d.at++
			continue
		}
		if depth == 0 {
			return
		}
	}
}

// quoted passes a string.
func (d *scanner) quoted() {
	for d.at++; d.at < len(d.text); d.at++ {
		switch d.text[d.at] {
		case '\\':
			d.at++
		case '"':
			d.at++
			return
		}
		d.look()
	}
	d.at = len(d.text)
}

// bodies reads the bodies of a request, which may be nil.
func (d *scanner) bodies(q *httpRequest, body, encoded []byte) error {
	text, err := d.unquote(body)
	if err != nil {
		return err
	}
	q.Body = string(text)
	if encoded == nil {
		return nil
	}
	if text, err = d.unquote(encoded); err != nil {
		return err
	}
	q.BodyBase64 = []byte{}
	text = bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("\n"), nil), []byte("\r"), nil)
	for len(text) > 0 {
		d.check()
		piece := text[:min(len(text), pieceBytes)] // a multiple of 4
		if q.BodyBase64, err = base64.StdEncoding.AppendDecode(q.BodyBase64, piece); err != nil {
			return err
		}
		if text = text[len(piece):]; len(text) > 0 && piece[len(piece)-1] == '=' {
			return base64.CorruptInputError(len(q.BodyBase64))
		}
	}
	return nil
}

// unquote reads a long string, nil for none. A piece of a string is a string
// too, when it is cut neither in an escape nor in a character.
func (d *scanner) unquote(literal []byte) ([]byte, error) {
	if literal == nil {
		return nil, nil
	}
	inner, closed := bytes.CutSuffix(literal[1:], []byte{'"'})
	if !closed {
		return nil, errNoObject
	}
	out := make([]byte, 0, len(inner))
	for len(inner) > 0 {
		d.check()
		n := pieceEnd(inner)
		var piece string
		if err := json.Unmarshal(append(append([]byte{'"'}, inner[:n]...), '"'), &piece); err != nil {
			return nil, err
		}
		out, inner = append(out, piece...), inner[n:]
	}
	return out, nil
}

// pieceEnd returns where a string may be cut.
func pieceEnd(s []byte) int {
	i := 0
	for i < len(s) && (i < pieceBytes || !utf8.RuneStart(s[i])) {
		switch {
		case s[i] != '\\':
			i++
		case i+1 < len(s) && s[i+1] == 'u' && isHighSurrogate(s[i:]):
			i += 12 // with the other half
		case i+1 < len(s) && s[i+1] == 'u':
			i += 6
		default:
			i += 2
		}
	}
	return min(i, len(s))
}

// isHighSurrogate reports whether an escape is the first half of a character.
func isHighSurrogate(s []byte) bool {
	return len(s) > 7 && (s[2] == 'd' || s[2] == 'D') && strings.IndexByte("89abAB", s[3]) >= 0 && s[6] == '\\' && s[7] == 'u'
}
