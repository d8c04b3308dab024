package eventfile

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// table reads the rows of CSV as events.
type table struct {
	rows    *csv.Reader
	columns []column
	ignored []string
}

// column is one column; its field is nil for none.
type column struct {
	header string
	field  []string
	kind   string
}

func newTable(in *bufio.Reader, head []byte, o Options) (*table, error) {
	t := &table{rows: csv.NewReader(in)}
	t.rows.Comma, t.rows.FieldsPerRecord, t.rows.ReuseRecord = delimiterOf(head), -1, true
	header, err := t.rows.Read()
	if err != nil {
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		return nil, fmt.Errorf("the header of the CSV can't be read: %w", err)
	}
	t.columns = make([]column, len(header))
	mapped, contract := map[string]bool{}, contractOf(o.Trigger)
	for i, name := range header {
		t.columns[i] = column{header: strings.Clone(strings.TrimSpace(name))}
		if err := t.columns[i].assign(contract, o.Columns, mapped); err != nil {
			return nil, err
		}
		if c := t.columns[i]; c.field == nil && c.kind == "" {
			t.ignored = append(t.ignored, c.header)
		}
	}
	for _, m := range o.Columns {
		if !mapped[m.Column] {
			return nil, fmt.Errorf("the CSV has no column %q; it has %s", m.Column, strings.Join(headers(t.columns), ", "))
		}
	}
	return t, t.check()
}

// delimiterOf is the one of comma, semicolon and tab that the header has most often.
func delimiterOf(head []byte) rune {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	best, most := ',', bytes.Count(line, []byte(","))
	for _, other := range []rune{';', '\t'} {
		if n := bytes.Count(line, []byte(string(other))); n > most {
			best, most = other, n
		}
	}
	return best
}

// check refuses columns that are the same field, or of which one would hold another.
func (t *table) check() error {
	some := false
	for i, a := range t.columns {
		some = some || a.field != nil
		for _, b := range t.columns[:i] {
			if a.field != nil && b.field != nil && overlaps(a.field, b.field) {
				return fmt.Errorf("the columns %q and %q are the same field, or one in the other", b.header, a.header)
			}
		}
	}
	if !some {
		return fmt.Errorf("no column of the CSV is a field of events: %s; say which with --map COLUMN=FIELD, such as --map mail=user.email", strings.Join(t.ignored, ", "))
	}
	return nil
}

func overlaps(a, b []string) bool {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func headers(columns []column) []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.header
	}
	return names
}

func (t *table) read() (Record, error) {
	if len(t.columns) == 0 {
		return Record{}, io.EOF
	}
	row, err := t.rows.Read()
	if parse, ok := errors.AsType[*csv.ParseError](err); ok {
		return Record{Line: int64(parse.StartLine), Err: fmt.Errorf("is not CSV: %w (column %d)", parse.Err, parse.Column)}, nil
	}
	if err != nil {
		return Record{}, err
	}
	line, _ := t.rows.FieldPos(0)
	r := Record{Line: int64(line)}
	if len(row) != len(t.columns) {
		r.Err = fmt.Errorf("has %d values, and the header %d", len(row), len(t.columns))
		return r, nil
	}
	event := map[string]any{}
	for i, c := range t.columns {
		if c.field == nil || row[i] == "" {
			continue
		}
		value, err := c.value(row[i])
		if err != nil {
			r.Err = fmt.Errorf("column %q: %w", c.header, err)
			return r, nil
		}
		put(event, c.field, value)
	}
	r.Body, r.Err = json.Marshal(event)
	return r, nil
}

// put sets a value at a path of keys.
func put(into map[string]any, path []string, value any) {
	for _, key := range path[:len(path)-1] {
		below, ok := into[key].(map[string]any)
		if !ok {
			below = map[string]any{}
			into[key] = below
		}
		into = below
	}
	into[path[len(path)-1]] = value
}
