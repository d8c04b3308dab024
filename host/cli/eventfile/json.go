package eventfile

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// lines reads JSON lines. A line that is wrong is only its own record's error.
type lines struct {
	in   *bufio.Reader
	line int64
}

func (l *lines) read() (Record, error) {
	for {
		text, tooLong, err := l.readLine()
		if len(text) == 0 && !tooLong && err != nil {
			return Record{}, err
		}
		l.line++
		text = bytes.TrimSpace(text)
		r := Record{Line: l.line, Body: text}
		switch {
		case tooLong:
			r.Err = fmt.Errorf("the line has more than %d bytes", MaxRecordBytes)
		case len(text) == 0:
			continue
		case !json.Valid(text):
			r.Err = invalidJSON(text)
		}
		return r, nil
	}
}

// readLine reads a line. What is over the longest is dropped.
func (l *lines) readLine() (text []byte, tooLong bool, err error) {
	for {
		part, err := l.in.ReadSlice('\n')
		if len(text)+len(part) > MaxRecordBytes {
			tooLong = true
		} else {
			text = append(text, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return text, tooLong, err
		}
	}
}

// invalidJSON says where a line is no JSON.
func invalidJSON(text []byte) error {
	var value json.RawMessage
	err := json.Unmarshal(text, &value)
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("is not JSON: %w (column %d)", err, syntax.Offset)
	}
	return fmt.Errorf("is not JSON: %w", err)
}

// stream reads JSON values and knows their lines.
type stream struct {
	decoder *json.Decoder
	breaks  *breaks
}

func newStream(in io.Reader) stream {
	b := &breaks{Reader: in, line: 1}
	return stream{json.NewDecoder(b), b}
}

// value reads the next value.
func (s stream) value() (Record, error) {
	var body json.RawMessage
	before := s.decoder.InputOffset()
	if err := s.decoder.Decode(&body); err != nil {
		return Record{}, s.failed(err, before)
	}
	return Record{Line: s.breaks.lineAt(s.decoder.InputOffset() - int64(len(body))), Body: body}, nil
}

// failed is an error of the decoder, which can't go on after it.
func (s stream) failed(err error, at int64) error {
	if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return io.EOF
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = syntax.Offset
	}
	return fmt.Errorf("line %d is not JSON, and what follows can't be read: %w", s.breaks.lineAt(at), err)
}

// breaks remembers where lines end, as far as a decoder has not gone over them.
type breaks struct {
	io.Reader
	read int64   // bytes
	ends []int64 // of lines, by offset
	line int64   // before the first of ends
}

func (b *breaks) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	for i, c := range p[:n] {
		if c == '\n' {
			b.ends = append(b.ends, b.read+int64(i))
		}
	}
	b.read += int64(n)
	return n, err //nolint:wrapcheck // it is the reader's
}

// lineAt returns the line of an offset, which is not below that of an earlier call.
func (b *breaks) lineAt(offset int64) int64 {
	passed := 0
	for passed < len(b.ends) && b.ends[passed] < offset {
		passed++
	}
	b.line += int64(passed)
	b.ends = append(b.ends[:0], b.ends[passed:]...)
	return b.line
}

// array reads the values of one array.
type array struct {
	stream
	begun bool
}

func newArray(in io.Reader) *array { return &array{stream: newStream(in)} }

func (a *array) read() (Record, error) {
	if !a.begun {
		a.begun = true
		if token, err := a.decoder.Token(); err != nil || token != json.Delim('[') {
			return Record{}, errors.New("the file is not a JSON array")
		}
	}
	if a.decoder.More() {
		r, err := a.value()
		if errors.Is(err, io.EOF) {
			err = a.endless()
		}
		return r, err
	}
	before := a.decoder.InputOffset()
	if _, err := a.decoder.Token(); errors.Is(err, io.EOF) {
		return Record{}, a.endless()
	} else if err != nil {
		return Record{}, a.failed(err, before)
	}
	if a.decoder.More() {
		return Record{}, fmt.Errorf("line %d: something follows the array", a.breaks.lineAt(a.decoder.InputOffset()))
	}
	return Record{}, io.EOF
}

func (a *array) endless() error {
	return fmt.Errorf("the array has no end: the file ends in line %d", a.breaks.lineAt(a.breaks.read))
}

// documents reads values that follow one another. When the first is no JSON, the whole
// file is its body, for the host to say what is wrong.
type documents struct {
	stream
	in   io.Reader
	seen *bytes.Buffer // what was read of in; nil after the first
	over bool          // there is nothing more to read
}

func newDocuments(in io.Reader) *documents {
	d := &documents{in: in, seen: &bytes.Buffer{}}
	d.stream = newStream(d)
	return d
}

// Read implements io.Reader for the decoder.
func (d *documents) Read(p []byte) (int, error) {
	n, err := d.in.Read(p)
	if d.seen != nil {
		d.seen.Write(p[:n])
	}
	return n, err //nolint:wrapcheck // it is the reader's
}

func (d *documents) read() (Record, error) {
	if d.over {
		return Record{}, io.EOF
	}
	r, err := d.value()
	seen := d.seen
	d.seen = nil
	if seen != nil && err != nil && !errors.Is(err, io.EOF) {
		rest, readErr := io.ReadAll(io.LimitReader(d.in, MaxRecordBytes))
		if readErr != nil {
			return r, readErr
		}
		d.over = true
		return Record{Line: 1, Body: append(seen.Bytes(), rest...)}, nil
	}
	return r, err
}
