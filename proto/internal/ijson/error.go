package ijson

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

func (d *decoder) fail(at int, detail string) *Error {
	before := d.text[:at]
	return &Error{
		Offset: at,
		Line:   strings.Count(before, "\n") + 1,
		Column: at - strings.LastIndexByte(before, '\n'),
		Detail: detail,
	}
}

// missing names what should stand where something else does.
func (d *decoder) missing(what string) *Error {
	if d.at == len(d.text) {
		return d.fail(d.at, "ends where "+what+" should be")
	}
	return d.fail(d.at, "has "+d.found()+" where "+what+" should be")
}

// found names the character that comes next.
func (d *decoder) found() string {
	r, _ := utf8.DecodeRuneInString(d.text[d.at:])
	if !unicode.IsPrint(r) {
		return fmt.Sprintf("U+%04X", r)
	}
	if r == '"' {
		return `'"'`
	}
	return `"` + string(r) + `"`
}

func (d *decoder) tooDeep() *Error {
	return d.fail(d.at, "is nested deeper than "+strconv.Itoa(MaxDepth)+" levels")
}
