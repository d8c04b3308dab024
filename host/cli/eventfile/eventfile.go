// Package eventfile reads events from files, one at a time and in little memory: a JSON
// document, an array, JSON lines or CSV, also compressed by gzip. It knows what a file
// holds; their use is its caller's business.
package eventfile

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// The formats.
const (
	JSON  = "json"   // one document, or several, each as long as it likes
	Array = "array"  // one JSON array
	Lines = "ndjson" // JSON lines
	CSV   = "csv"    // values between commas, semicolons or tabs, with a header
)

// Formats returns every format.
func Formats() []string { return []string{JSON, Array, Lines, CSV} }

// MaxRecordBytes is the longest record that is read.
const MaxRecordBytes = 64 << 20

// Options say how to read a file. The zero value finds out.
type Options struct {
	Name    string    // of the file; its extension names the format
	Format  string    // one of [Formats]; "" is by the name and the content
	Columns []Mapping // what columns of CSV are, besides those whose headers fit
	Trigger string    // of the events; its contract has the types of their fields
}

// Record is one event of a file.
type Record struct {
	Line int64 // where it begins, from 1
	Body []byte
	Err  error // why there is no event; those after it can still be read
}

// Reader reads the events of a file in their order. It is for one goroutine.
type Reader struct {
	Format  string
	Ignored []string // headers of columns that are no field

	source *counter
	next   func() (Record, error)
}

// Next returns the next event, and io.EOF after the last. Any other error ends the file.
func (r *Reader) Next() (Record, error) { return r.next() }

// Bytes returns how much of the file was read, compressed as it is.
func (r *Reader) Bytes() int64 { return r.source.n }

// sniffBytes is how much of a file is looked at to find its format.
const sniffBytes = 64 << 10

// Open begins to read.
func Open(in io.Reader, o Options) (*Reader, error) {
	r := &Reader{source: &counter{Reader: in}}
	text := bufio.NewReaderSize(r.source, sniffBytes)
	if head, _ := text.Peek(2); bytes.Equal(head, []byte("\x1f\x8b")) {
		plain, err := gzip.NewReader(text)
		if err != nil {
			return nil, fmt.Errorf("gzip: %w", err)
		}
		text = bufio.NewReaderSize(plain, sniffBytes)
	}
	if head, _ := text.Peek(3); bytes.Equal(head, []byte("\xef\xbb\xbf")) {
		_, _ = text.Discard(3)
	}
	head, err := text.Peek(sniffBytes)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return nil, err
	}
	if r.Format = o.Format; r.Format == "" {
		r.Format = formatOf(o.Name, head)
	}
	switch r.Format {
	case Lines:
		r.next = (&lines{in: text}).read
	case Array:
		r.next = newArray(text).read
	case JSON:
		r.next = newDocuments(text).read
	case CSV:
		table, err := newTable(text, head, o)
		if err != nil {
			return nil, err
		}
		r.next, r.Ignored = table.read, table.ignored
	default:
		return nil, fmt.Errorf("%q is none of the formats %s", r.Format, strings.Join(Formats(), ", "))
	}
	return r, nil
}

// formatOf finds the format by the file's name, or else by its first bytes.
func formatOf(name string, head []byte) string {
	switch strings.ToLower(filepath.Ext(strings.TrimSuffix(name, ".gz"))) {
	case ".csv", ".tsv":
		return CSV
	case ".ndjson", ".jsonl":
		return Lines
	}
	head = bytes.TrimLeft(head, " \t\r\n")
	switch {
	case len(head) == 0:
		return Lines
	case head[0] == '[':
		return Array
	case head[0] != '{':
		if header, _, _ := bytes.Cut(head, []byte("\n")); bytes.ContainsAny(header, ",;\t") {
			return CSV
		}
		return JSON // it is none: the host says why
	}
	first, rest, found := bytes.Cut(head, []byte("\n"))
	if found && json.Valid(first) && len(bytes.TrimSpace(rest)) > 0 {
		return Lines
	}
	return JSON
}

// counter counts what is read.
type counter struct {
	io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err //nolint:wrapcheck // it is the reader's
}
