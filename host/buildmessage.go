package host

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// BuildMessage is an error or a warning of a build, for the author of the
// source.
type BuildMessage struct {
	Text     string `json:"text"`
	File     string `json:"file,omitempty"`   // by the name that its author gave it; "" when the message is about no place
	Line     int    `json:"line,omitempty"`   // from 1
	Column   int    `json:"column,omitempty"` // from 1, in characters
	LineText string `json:"line_text,omitempty"`
	Hint     string `json:"hint,omitempty"` // what to do about it
	Fix      *Fix   `json:"fix,omitempty"`  // as in [ResultError]
}

// String returns the message on up to three lines: place and text, the source
// line, and the hint below the column.
func (m BuildMessage) String() string {
	var b strings.Builder
	b.WriteString(m.Headline())
	line, column := m.excerpt()
	if line != "" {
		fmt.Fprintf(&b, "\n    %s", line)
	}
	if line != "" || m.Hint != "" {
		b.WriteString("\n    " + strings.TrimRight(strings.Repeat(" ", column)+"^ "+m.Hint, " "))
	}
	return b.String()
}

// Headline returns the place and the text, on one line: "action.js:3:14: text".
func (m BuildMessage) Headline() string {
	switch {
	case m.File == "":
		return m.Text
	case m.Line == 0:
		return m.File + ": " + m.Text
	default:
		return fmt.Sprintf("%s:%d:%d: %s", m.File, m.Line, m.Column, m.Text)
	}
}

// maxExcerpt is how many characters of a source line are shown: the one line of
// a minified file may be megabytes.
const maxExcerpt = 120

// excerpt returns the source line without its indent, cut around the column,
// and the column's offset in it.
func (m BuildMessage) excerpt() (line string, column int) {
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

// BuildFailure is the error of a source that can't be built. It holds every
// message, so that its author can fix everything at once.
type BuildFailure struct {
	Messages []BuildMessage // at least one
}

// Error returns every message, each with its place, source line and hint.
func (e *BuildFailure) Error() string {
	lines := make([]string, len(e.Messages))
	for i, m := range e.Messages {
		lines[i] = m.String()
	}
	return strings.Join(lines, "\n")
}
