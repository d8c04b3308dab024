package ijson

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// string reads a string from its opening to its closing quote.
func (d *decoder) string() (string, error) {
	d.at++
	start := d.at
	for d.at < len(d.text) {
		switch c := d.text[d.at]; {
		case c == '"':
			d.at++
			return d.text[start : d.at-1], nil
		case c == '\\':
			return d.escaped(start)
		case c < ' ':
			return "", d.fail(d.at, "has a control character in a string; write it as an escape")
		default:
			d.at++
		}
	}
	return "", d.fail(d.at, "ends inside a string")
}

// escaped reads on from the first escape of a string that began at start.
func (d *decoder) escaped(start int) (string, error) {
	var out strings.Builder
	for d.at < len(d.text) {
		switch c := d.text[d.at]; {
		case c == '"':
			out.WriteString(d.text[start:d.at])
			d.at++
			return out.String(), nil
		case c == '\\':
			out.WriteString(d.text[start:d.at])
			r, err := d.escape()
			if err != nil {
				return "", err
			}
			out.WriteRune(r)
			start = d.at
		case c < ' ':
			return "", d.fail(d.at, "has a control character in a string; write it as an escape")
		default:
			d.at++
		}
	}
	return "", d.fail(d.at, "ends inside a string")
}

const plainEscapes, plainEscaped = `"\/bfnrt`, "\"\\/\b\f\n\r\t"

// escape reads one escape, of a surrogate pair both.
func (d *decoder) escape() (rune, error) {
	start := d.at
	if d.at++; d.at == len(d.text) {
		return 0, d.fail(d.at, "ends inside a string")
	}
	c := d.text[d.at]
	if i := strings.IndexByte(plainEscapes, c); i >= 0 {
		d.at++
		return rune(plainEscaped[i]), nil
	}
	first, ok := d.unit(start)
	if !ok {
		return 0, d.fail(start, "has an escape in a string that JSON doesn't know")
	}
	if !utf16.IsSurrogate(first) {
		return first, nil
	}
	second, ok := d.unit(d.at)
	pair := utf16.DecodeRune(first, second)
	if !ok || pair == utf8.RuneError {
		return 0, d.fail(start, "has half a surrogate pair in a string")
	}
	return pair, nil
}

// unit reads \uXXXX at a place and goes behind it.
func (d *decoder) unit(at int) (rune, bool) {
	if len(d.text) < at+6 || d.text[at:at+2] != `\u` {
		return 0, false
	}
	digits := d.text[at+2 : at+6]
	n, err := strconv.ParseUint(digits, 16, 16)
	if err != nil {
		return 0, false
	}
	d.at = at + 6
	return rune(n), true
}
