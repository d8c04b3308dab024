package client

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
)

// maxEventBytes bounds one event of a stream: a result with all its logs stays
// below it.
const maxEventBytes = 128 << 20

// stream reads server-sent events, as the HTML standard has them.
type stream struct {
	lines  *bufio.Reader
	lastID string        // of the events so far; it outlives the stream
	retry  time.Duration // what the server asks to wait before another one; 0 when it did not
}

// streamEvent is one event with data.
type streamEvent struct {
	name string // "" is "message"
	data []byte
}

// next returns the next event with data. At the end of the stream it returns
// io.EOF, and drops an event that was not complete.
func (s *stream) next() (streamEvent, error) {
	var e streamEvent
	id, hasID, hasData := "", false, false
	for {
		line, err := s.line(maxEventBytes - len(e.data))
		if err != nil {
			return streamEvent{}, err
		}
		if len(line) == 0 {
			if hasID {
				s.lastID = id
			}
			if hasData {
				return e, nil
			}
			e, hasID = streamEvent{}, false
			continue
		}
		switch name, value := field(line); name {
		case "data":
			if hasData {
				e.data = append(e.data, '\n')
			}
			e.data, hasData = append(e.data, value...), true
		case "event":
			e.name = string(value)
		case "id":
			if bytes.IndexByte(value, 0) < 0 {
				id, hasID = string(value), true
			}
		case "retry":
			if millis, err := strconv.ParseUint(string(value), 10, 31); err == nil {
				s.retry = time.Duration(millis) * time.Millisecond
			}
		}
	}
}

// line returns a line without its end. It is valid until the next call.
func (s *stream) line(most int) ([]byte, error) {
	var long []byte
	for {
		part, err := s.lines.ReadSlice('\n')
		if len(long)+len(part) > most {
			return nil, fmt.Errorf("an event of the stream has more than %d bytes", maxEventBytes)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			long = append(long, part...)
			continue
		}
		if err != nil {
			return nil, err //nolint:wrapcheck // io.EOF is the stream's end
		}
		if long != nil {
			part = append(long, part...)
		}
		return bytes.TrimSuffix(part[:len(part)-1], []byte("\r")), nil
	}
}

// field splits a line. The name of a comment is empty.
func field(line []byte) (name string, value []byte) {
	before, value, _ := bytes.Cut(line, []byte(":"))
	return string(before), bytes.TrimPrefix(value, []byte(" "))
}

// newStream reads events from body, after one with the id lastID.
func newStream(body io.Reader, lastID string) *stream {
	return &stream{lines: bufio.NewReaderSize(body, 32<<10), lastID: lastID}
}
