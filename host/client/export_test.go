package client

import (
	"errors"
	"io"
)

// ReadEvents reads a stream to its end: each event as "name|data", and the
// last id behind them.
func ReadEvents(r io.Reader) (found []string, err error) {
	s := newStream(r, "")
	for {
		e, err := s.next()
		if errors.Is(err, io.EOF) {
			return append(found, s.lastID), nil
		}
		if err != nil {
			return found, err
		}
		found = append(found, e.name+"|"+string(e.data))
	}
}
