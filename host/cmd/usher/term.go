package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	xterm "golang.org/x/term"
)

// term is the terminal as a page: answers go to out, all else to err.
type term struct {
	in    io.Reader
	out   io.Writer
	err   io.Writer
	tty   io.Writer // err as it is, for programs of the user's own
	json  bool
	color bool
}

func newTerm(in io.Reader, out, errOut io.Writer) term {
	color := isTerminal(out) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	return term{in: in, out: safeWriter{out}, err: safeWriter{errOut}, tty: errOut, color: color}
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && xterm.IsTerminal(int(f.Fd()))
}

// answer prints v as JSON with --json, and through human without.
func (t term) answer(v any, human func(w io.Writer)) error {
	if t.json {
		return t.printJSON(v)
	}
	var text bytes.Buffer // written at once: a safeWriter takes no half of a character
	human(&text)
	_, err := t.out.Write(text.Bytes())
	return err
}

func (t term) printJSON(v any) error {
	encoder := json.NewEncoder(t.out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

// printLine prints v as one line of JSON, for streams.
func (t term) printLine(v any) error {
	encoder := json.NewEncoder(t.out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// note tells something that is not the answer.
func (t term) note(format string, args ...any) { fprintf(t.err, format+"\n", args...) }

// table writes rows under a head in columns.
func (t term) table(w io.Writer, head []string, rows [][]string) {
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

// pairs writes "name  value" lines, values aligned. Empty values are left out.
func (t term) pairs(w io.Writer, pairs ...string) {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			fprintf(tw, "%s\t%s\n", pairs[i], pairs[i+1])
		}
	}
	_ = tw.Flush()
}

func (t term) paint(code, s string) string {
	if !t.color {
		return s
	}
	return colorSign + "[" + code + "m" + s + colorSign + "[0m"
}

func (t term) red(s string) string    { return t.paint("31", s) }
func (t term) green(s string) string  { return t.paint("32", s) }
func (t term) yellow(s string) string { return t.paint("33", s) }
func (t term) bold(s string) string   { return t.paint("1", s) }
func (t term) dim(s string) string    { return t.paint("2", s) }

// readSecret asks for a value without echo on a terminal, and otherwise reads
// all of the input, less one newline at its end.
func (t term) readSecret(prompt string) (string, error) {
	if f, ok := t.in.(*os.File); ok && isTerminal(f) {
		fmt.Fprint(t.err, prompt)
		value, err := xterm.ReadPassword(int(f.Fd()))
		fprintln(t.err)
		return string(value), err
	}
	value, err := io.ReadAll(io.LimitReader(t.in, 1<<20))
	if err != nil {
		return "", fmt.Errorf("read stdin: %w", err)
	}
	if len(value) == 0 {
		return "", errors.New("stdin is empty")
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(value), "\n"), "\r"), nil
}

func shortTime(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format("2006-01-02 15:04:05Z")
}

func micros(n int64) string {
	d := time.Duration(n) * time.Microsecond
	switch {
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d >= time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	default:
		return d.String()
	}
}

// amount writes a count with commas: exactly, since it may be compared.
func amount(n int64) string {
	text := strconv.FormatInt(n, 10)
	for at := len(text) - 3; at > 0 && text[at-1] != '-'; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

func byteSize(n int64) string {
	switch {
	case n >= 10<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	default:
		return fmt.Sprintf("%d B", n)
	}
}
