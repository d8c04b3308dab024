package term

import (
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/usherhost/usher/host"
)

// What the command prints comes from untrusted servers, senders, guests and files.
// In a terminal it could set the title, fill the clipboard or rewrite earlier
// output; a line break in a name would forge a row. So all output passes safeWriter, which lets no character do anything but stand for
// itself, and values in a line pass oneLine, by fprintf and fprintln. Both write
// JSON's escapes, so that JSON stays the same JSON.

// safeWriter escapes all that is not [host.Printable], except tabs, ends of lines
// and the colors of [term.paint].
type safeWriter struct{ to io.Writer }

// Write implements io.Writer. What is passed must not end within a character.
func (w safeWriter) Write(p []byte) (int, error) {
	text := string(p)
	safe := host.Escape(text, "\n\t")
	if strings.Contains(text, colorSign) {
		safe = colored(text, "\n\t", "\x1b")
	}
	if _, err := io.WriteString(w.to, safe); err != nil {
		return 0, err
	}
	return len(p), nil
}

// colorSign begins a color in what is written to a safeWriter. It is not UTF-8,
// so no valid string has it.
const colorSign = "\xff"

// colors are the signs of [term.paint], less their first byte.
var colors = []string{"[0m", "[1m", "[2m", "[31m", "[32m", "[33m"}

// oneLine returns what a line shows of a value, with ends of lines escaped.
// Colors stay for the writer.
func oneLine(s string) string {
	if strings.Contains(s, colorSign) {
		return colored(s, "", colorSign)
	}
	return host.Escape(s, "")
}

// colored is [host.Escape] that begins colors with sign.
func colored(text, but, sign string) string {
	var b strings.Builder
	for i, part := range strings.Split(text, colorSign) {
		if i > 0 {
			at := slices.IndexFunc(colors, func(c string) bool { return strings.HasPrefix(part, c) })
			if at < 0 {
				b.WriteString(host.Escape(colorSign, ""))
			} else {
				b.WriteString(sign + colors[at])
				part = part[len(colors[at]):]
			}
		}
		b.WriteString(host.Escape(part, but))
	}
	return b.String()
}

// Block is text of several lines that fprintf and fprintln leave so. Indent its
// lines, so that none can be mistaken for another.
type Block string

// Hang makes a block of a string, with mark before each line but the first.
func Hang(text, mark string) Block {
	parts := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i := range parts {
		parts[i] = oneLine(strings.TrimSuffix(parts[i], "\r"))
	}
	return Block(strings.Join(parts, "\n"+mark))
}

// Fprintf is [fmt.Fprintf] with every string of args in one line, unless it is a
// block.
func Fprintf(w io.Writer, format string, args ...any) {
	for i := range args {
		args[i] = safeArg(args[i])
	}
	fmt.Fprintf(w, format, args...)
}

// Fprintln is [fmt.Fprintln] likewise.
func Fprintln(w io.Writer, args ...any) {
	for i := range args {
		args[i] = safeArg(args[i])
	}
	fmt.Fprintln(w, args...)
}

func safeArg(arg any) any {
	switch arg := arg.(type) {
	case Block:
		return string(arg)
	case string:
		return oneLine(arg)
	case []byte:
		return oneLine(string(arg))
	case error:
		return oneLine(arg.Error())
	case fmt.Stringer:
		return oneLine(arg.String())
	}
	if v := reflect.ValueOf(arg); v.Kind() == reflect.String {
		return oneLine(v.String())
	}
	return arg
}
