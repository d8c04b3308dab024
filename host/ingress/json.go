package ingress

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"unicode/utf8"
)

// checkJSON refuses a body that is not one JSON value in UTF-8, with the position
// of the error. The functions below are only for bodies that have passed it: they
// walk over the bytes, so that each event can be stored exactly as it was sent.
func checkJSON(body []byte) error {
	if firstByte(body) == 0 {
		return invalid("the body is empty", "send an event as JSON")
	}
	if !json.Valid(body) {
		return syntaxError(body)
	}
	if !utf8.Valid(body) {
		return invalid("the body is not UTF-8 "+position(body, firstBadRune(body)),
			"JSON must be UTF-8; check how the sender encodes text")
	}
	return nil
}

// byteOrderMark is what some editors and frameworks begin a UTF-8 document with.
var byteOrderMark = []byte("\xef\xbb\xbf")

func trimMark(text []byte) []byte { return bytes.TrimPrefix(text, byteOrderMark) }

// foreignUnicode names the encoding of a document whose first bytes show that it is
// not UTF-8: JSON begins with two ASCII characters, or has only one character.
func foreignUnicode(body []byte) string {
	for _, e := range []struct{ mark, name string }{
		{"\xff\xfe\x00\x00", "UTF-32"}, {"\x00\x00", "UTF-32"}, {"\xff\xfe", "UTF-16"}, {"\xfe\xff", "UTF-16"}, {"\x00", "UTF-16"},
	} {
		if bytes.HasPrefix(body, []byte(e.mark)) {
			return e.name
		}
	}
	if len(body) > 1 && body[1] == 0 {
		return "UTF-16"
	}
	return ""
}

func syntaxError(body []byte) error {
	var whole json.RawMessage
	err := json.Unmarshal(body, &whole)
	e := invalid("the body is not JSON", "check the body with a JSON tool; nothing was stored")
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		at := max(0, int(syntax.Offset)-1) // the offset is after the byte at fault
		e.Text = fmt.Sprintf("the body is not JSON: %s %s", syntax.Error(), position(body, at))
	}
	return e
}

func firstBadRune(body []byte) int {
	for i := 0; i < len(body); {
		r, size := utf8.DecodeRune(body[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(body)
}

// position names the byte at offset, counted from 0, as people and editors do:
// both count from 1.
func position(body []byte, offset int) string {
	before := body[:min(offset, len(body))]
	line := 1 + bytes.Count(before, []byte{'\n'})
	column := 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
	return fmt.Sprintf("(line %d, column %d, byte %d)", line, column, len(before)+1)
}

// elements yields the values of a JSON array, each exactly as it stands in
// array.
func elements(array []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for i := skipSpace(array, skipSpace(array, 0)+1); array[i] != ']'; {
			end := skipValue(array, i)
			if !yield(array[i:end:end]) {
				return
			}
			if i = skipSpace(array, end); array[i] == ',' {
				i = skipSpace(array, i+1)
			}
		}
	}
}

// members yields the names, still quoted, and the values of a JSON object,
// each exactly as it stands in object.
func members(object []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(name, value []byte) bool) {
		for i := skipSpace(object, skipSpace(object, 0)+1); object[i] != '}'; {
			name := object[i:skipValue(object, i)]
			i = skipSpace(object, skipSpace(object, i+len(name))+1)
			end := skipValue(object, i)
			if !yield(name, object[i:end:end]) {
				return
			}
			if i = skipSpace(object, end); object[i] == ',' {
				i = skipSpace(object, i+1)
			}
		}
	}
}

// skipValue returns the index after the value that begins at i.
func skipValue(b []byte, i int) int {
	switch b[i] {
	case '"':
		return skipString(b, i)
	case '{', '[':
		return skipNested(b, i)
	}
	for i < len(b) && b[i] != ',' && b[i] != ']' && b[i] != '}' && !isSpace(b[i]) {
		i++
	}
	return i
}

func skipNested(b []byte, i int) int {
	for depth := 0; ; i++ {
		switch b[i] {
		case '"':
			i = skipString(b, i) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
}

func skipString(b []byte, i int) int {
	for i++; b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return i + 1
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && isSpace(b[i]) {
		i++
	}
	return i
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// firstByte is the first that is not white space, 0 when there is none.
func firstByte(b []byte) byte {
	if i := skipSpace(b, 0); i < len(b) {
		return b[i]
	}
	return 0
}
