// Package term is the terminal of the command line: how answers, errors and hints
// are printed, and the exit codes.
package term

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	xterm "golang.org/x/term"
)

// Terminal is the terminal as a page: answers go to out, all else to err.
type Terminal struct {
	In    io.Reader
	Out   io.Writer
	Err   io.Writer
	TTY   io.Writer // err as it is, for programs of the user's own
	JSON  bool
	color bool
}

// New returns a terminal. It has colors when out is one and the environment allows
// them.
func New(in io.Reader, out, errOut io.Writer) Terminal {
	color := IsTerminal(out) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	return Terminal{In: in, Out: safeWriter{out}, Err: safeWriter{errOut}, TTY: errOut, color: color}
}

// IsTerminal reports whether stream is a file that is a terminal.
func IsTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && xterm.IsTerminal(int(f.Fd()))
}

// Answer prints v as JSON with --json, and through human without.
func (t Terminal) Answer(v any, human func(w io.Writer)) error {
	if t.JSON {
		return t.PrintJSON(v)
	}
	var text bytes.Buffer // written at once: a SafeWriter must not get half of a character
	human(&text)
	_, err := t.Out.Write(text.Bytes())
	return err
}

// PrintJSON prints v as indented JSON.
func (t Terminal) PrintJSON(v any) error {
	encoder := json.NewEncoder(t.Out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

// PrintLine prints v as one line of JSON, for streams.
func (t Terminal) PrintLine(v any) error {
	encoder := json.NewEncoder(t.Out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// Note prints a line that is not part of the answer.
func (t Terminal) Note(format string, args ...any) { Fprintf(t.Err, format+"\n", args...) }

// Table writes rows under a head in columns.
func (t Terminal) Table(w io.Writer, head []string, rows [][]string) {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(tw, strings.Join(head, "\t"))
	for _, row := range rows {
		cells := make([]string, len(row))
		for i := range row {
			cells[i] = oneLine(row[i])
		}
		fmt.Fprintln(tw, strings.Join(cells, "\t"))
	}
	_ = tw.Flush()
}

// Pairs writes "name  value" lines, values aligned. Empty values are left out.
func (t Terminal) Pairs(w io.Writer, pairs ...string) {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			Fprintf(tw, "%s\t%s\n", pairs[i], pairs[i+1])
		}
	}
	_ = tw.Flush()
}

func (t Terminal) paint(code, s string) string {
	if !t.color {
		return s
	}
	return colorSign + "[" + code + "m" + s + colorSign + "[0m"
}

// Red returns s in that color or style, where there are colors.
func (t Terminal) Red(s string) string { return t.paint("31", s) }

// Green returns s in that color or style, where there are colors.
func (t Terminal) Green(s string) string { return t.paint("32", s) }

// Yellow returns s in that color or style, where there are colors.
func (t Terminal) Yellow(s string) string { return t.paint("33", s) }

// Bold returns s in that color or style, where there are colors.
func (t Terminal) Bold(s string) string { return t.paint("1", s) }

// Dim returns s in that color or style, where there are colors.
func (t Terminal) Dim(s string) string { return t.paint("2", s) }

// DiffLine colors a line of a diff.
func (t Terminal) DiffLine(line string) string {
	text, end := strings.CutSuffix(line, "\n")
	switch {
	case strings.HasPrefix(text, "+"):
		text = t.Green(text)
	case strings.HasPrefix(text, "-"):
		text = t.Red(text)
	case strings.HasPrefix(text, "@@"):
		text = t.Dim(text)
	}
	if end {
		text += "\n"
	}
	return text
}
