package jsbuild

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Message is one thing that is wrong in an action, and what to do about it.
type Message struct {
	Text     string `json:"text"`
	File     string `json:"file,omitempty"`   // as the author knows it; "" when no place is to blame
	Line     int    `json:"line,omitempty"`   // from 1
	Column   int    `json:"column,omitempty"` // from 1, in characters
	LineText string `json:"line_text,omitempty"`
	Hint     string `json:"hint,omitempty"` // what to do
}

// String prints the message over up to three lines: place and text, the source
// line, and what to do below the column.
func (m Message) String() string {
	var b strings.Builder
	b.WriteString(m.place())
	b.WriteString(m.Text)
	line, column := m.excerpt()
	if line != "" {
		fmt.Fprintf(&b, "\n    %s", line)
	}
	if line != "" || m.Hint != "" {
		b.WriteString("\n    " + strings.TrimRight(strings.Repeat(" ", column)+"^ "+m.Hint, " "))
	}
	return b.String()
}

func (m Message) place() string {
	switch {
	case m.File == "":
		return ""
	case m.Line == 0:
		return m.File + ": "
	default:
		return fmt.Sprintf("%s:%d:%d: ", m.File, m.Line, m.Column)
	}
}

// maxExcerpt is how many characters of a source line are shown: a minified
// file has one line, which nobody wants to see whole.
const maxExcerpt = 120

// excerpt returns the source line without its indent, cut around the column,
// and the column's offset in it.
func (m Message) excerpt() (line string, column int) {
	runes := []rune(strings.ReplaceAll(strings.TrimRight(m.LineText, "\r\n"), "\t", " "))
	column = min(max(m.Column-1, 0), len(runes))
	if start := column - maxExcerpt/2; len(runes) > maxExcerpt && start > 0 {
		runes, column = runes[start:], column-start
	}
	runes = runes[:min(len(runes), maxExcerpt)]
	line = strings.TrimLeft(string(runes), " ")
	column -= len(runes) - utf8.RuneCountInString(line)
	return strings.TrimRight(line, " "), max(column, 0)
}

// Error is why an action could not be built: everything that is wrong with it,
// so that its author can mend it all at once.
type Error struct {
	Messages []Message
}

// Error prints every message, each with its place, source line and hint.
func (e *Error) Error() string {
	texts := make([]string, len(e.Messages))
	for i, m := range e.Messages {
		texts[i] = m.String()
	}
	return strings.Join(texts, "\n")
}
