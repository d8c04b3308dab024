// Package dotenv reads files of names and values: .env files, and JSON objects of
// strings. It is strict, because the files hold credentials: what other readers
// understand in different ways is an error here, with its line, and no error ever
// contains a value.
//
// The form of a .env file:
//
//   - UTF-8, in lines that end with LF or CRLF. Empty lines are skipped, and those
//     that begin with #.
//   - NAME=VALUE, with spaces around the = or without; "export" may stand before it.
//     A name has letters, digits, "_", "-" and ".". No name may be given twice.
//   - A value without quotes goes to the end of its line, or to a # after a space. The
//     spaces at its ends are not part of it; all else is, backslashes and $ too.
//   - A value in single quotes is what stands between them, over several lines too.
//   - A value in double quotes may have several lines as well, and \n, \r, \t, \\, \"
//     and \$. After the closing quote, only a comment may follow.
//   - Variables are not expanded: ${ is an error, unless it is in single quotes, or
//     written as \${ in double quotes.
package dotenv

import (
	"bytes"
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/usherhost/usher/host"
)

// Pair is one name with its value, which may be empty.
type Pair struct {
	Name  string
	Value string
	Line  int // where the name is, from 1; 0 in JSON
}

// Parse reads a document: a .env file, or a JSON object of strings when it begins
// with "{". It returns the pairs in their order, each name once. The name of the
// document is for errors, which are [host.Invalid].
func Parse(name string, data []byte) ([]Pair, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		return parseJSON(name, data)
	}
	r := reader{name: name, rest: string(data), line: 1}
	if at := bytes.IndexByte(data, 0); at >= 0 || !utf8.Valid(data) {
		return nil, r.wrong(1+bytes.Count(data[:max(at, 0)], []byte("\n")), "the file is not UTF-8 text", "write a value that is not text in base64")
	}
	return r.pairs()
}

// Map returns the pairs as a map.
func Map(pairs []Pair) map[string]string {
	values := make(map[string]string, len(pairs))
	for _, p := range pairs {
		values[p.Name] = p.Value
	}
	return values
}

// reader reads a document from its beginning.
type reader struct {
	name string
	rest string
	line int // that rest begins on
}

var validName = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

func (r *reader) pairs() ([]Pair, error) {
	var pairs []Pair
	lines := map[string]int{}
	for r.rest != "" {
		line := r.line
		first, _, _ := strings.Cut(r.rest, "\n")
		if trimmed := strings.TrimSpace(first); trimmed == "" || trimmed[0] == '#' {
			r.take(len(first))
			continue
		}
		p, err := r.pair(first)
		if err != nil {
			return nil, err
		}
		if before := lines[p.Name]; before > 0 {
			return nil, r.wrong(line, fmt.Sprintf("%s was set in line %d already", p.Name, before), "remove one of the two lines")
		}
		lines[p.Name] = line
		pairs = append(pairs, p)
	}
	return pairs, nil
}

// pair reads a name and its value; line is the rest of the line.
func (r *reader) pair(line string) (Pair, error) {
	name, _, given := strings.Cut(line, "=")
	from := len(name) + 1
	name = strings.TrimSpace(name)
	if exported, found := strings.CutPrefix(name, "export"); found && strings.TrimLeft(exported, " \t") != exported {
		name = strings.TrimSpace(exported)
	}
	if !given || !validName.MatchString(name) {
		return Pair{}, r.wrong(r.line, "the line is not NAME=VALUE", "a name has letters, digits, '_', '-' and '.'; a comment begins with #; a value of several lines is in quotes")
	}
	p := Pair{Name: name, Line: r.line}
	r.rest = r.rest[from:]
	r.rest = strings.TrimLeft(r.rest, " \t")
	var err error
	switch {
	case strings.HasPrefix(r.rest, "`"):
		err = r.wrong(p.Line, name+" begins with a backtick", "put the value in single or double quotes")
	case strings.HasPrefix(r.rest, "'"):
		p.Value, err = r.quoted(name, '\'')
	case strings.HasPrefix(r.rest, `"`):
		p.Value, err = r.quoted(name, '"')
	default:
		p.Value, err = r.unquoted(name)
	}
	return p, err
}

// unquoted reads a value up to a comment or the end of its line.
func (r *reader) unquoted(name string) (string, error) {
	value, _, _ := strings.Cut(r.rest, "\n")
	length := len(value)
	for i := range value {
		if value[i] == '#' && (i == 0 || value[i-1] == ' ' || value[i-1] == '\t') {
			value = value[:i]
			break
		}
	}
	if strings.Contains(value, "${") {
		return "", r.expands(name, r.line)
	}
	if value = strings.TrimSpace(value); strings.Contains(value, "\r") {
		return "", r.wrong(r.line, name+" has a carriage return within its line", "end lines with LF or CRLF; in double quotes, write \\r")
	}
	r.take(length)
	return value, nil
}

// quoted reads a value between quotes, and then the end of its line.
func (r *reader) quoted(name string, quote byte) (string, error) {
	line := r.line
	var value strings.Builder
	for i := 1; i < len(r.rest); i++ {
		switch c := r.rest[i]; {
		case c == quote:
			r.line += strings.Count(r.rest[:i], "\n")
			r.rest = r.rest[i+1:]
			return value.String(), r.end(name)
		case c == '\r' && strings.HasPrefix(r.rest[i:], "\r\n"): // the end of a line is LF
		case quote == '"' && c == '$' && strings.HasPrefix(r.rest[i:], "${"):
			return "", r.expands(name, line+strings.Count(r.rest[:i], "\n"))
		case quote == '"' && c == '\\':
			i++
			known := strings.IndexByte(`nrt\"$`, (r.rest + "\x00")[i])
			if known < 0 {
				return "", r.wrong(line+strings.Count(r.rest[:i], "\n"), name+` has a backslash before a character that needs none`, `in double quotes, write \\ for a backslash; in single quotes it is one`)
			}
			value.WriteByte("\n\r\t\\\"$"[known])
		default:
			value.WriteByte(c)
		}
	}
	return "", r.wrong(line, fmt.Sprintf("the value of %s has no closing %c", name, quote), "a value that begins with a quote ends with the same one")
}

// end reads what is behind a quoted value: nothing, or a comment.
func (r *reader) end(name string) error {
	line, _, _ := strings.Cut(r.rest, "\n")
	if after := strings.TrimSpace(line); after != "" && after[0] != '#' {
		return r.wrong(r.line, "more follows after the closing quote of "+name, `put the whole value in quotes, and write \" for a quote in double ones`)
	}
	r.take(len(line))
	return nil
}

// take goes on behind n bytes, and the end of the line if it is there.
func (r *reader) take(n int) {
	if n < len(r.rest) && r.rest[n] == '\n' {
		n++
	}
	r.line += strings.Count(r.rest[:n], "\n")
	r.rest = r.rest[n:]
}

func (r *reader) expands(name string, line int) error {
	return r.wrong(line, name+" has ${, and variables are not expanded", "write the value itself, or put it in single quotes when ${ is part of it")
}

func (r *reader) wrong(line int, what, hint string) error {
	return invalid(fmt.Sprintf("%s:%d", r.name, line), what, hint)
}

func invalid(at, what, hint string) error {
	return &host.Error{Code: host.Invalid, Text: cmp.Or(at, ".env") + ": " + what, Hint: hint}
}
