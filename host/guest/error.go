package guest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox"
)

// SourceMaps maps the positions in strings that a guest wrote to the author's own
// files. It must be safe for concurrent use, and must not block for long.
type SourceMaps interface {
	// Matches reports whether text may have positions to map. It is cheap.
	Matches(text []byte) bool

	// Map returns text with every position in the module's bundle replaced by
	// the one in the author's source. Positions that are not in the source map
	// stay. Digest is the module's.
	Map(ctx context.Context, digest, text string) string
}

// locate maps the positions in text. Without a map they stay as they are.
func (c *call) locate(text string) string {
	if c.runner.SourceMaps == nil {
		return text
	}
	return c.runner.SourceMaps.Map(c.ctx, c.run.Step.Digest, text)
}

// locateIn maps the positions in a guest's output, which may have uncaught errors.
// It only maps JSON, and only to JSON.
func (c *call) locateIn(output []byte) []byte {
	if c.runner.SourceMaps == nil || !c.runner.SourceMaps.Matches(output) || !json.Valid(output) {
		return output
	}
	if located := []byte(c.locate(string(output))); json.Valid(located) {
		return located
	}
	return output
}

// guestError is the parts of an error that a guest set as JSON.
type guestError struct {
	Name    string  `json:"name"`
	Message *string `json:"message"`
	Code    string  `json:"code"`
	Stack   string  `json:"stack"`

	// NonRetryable says that a further attempt would not help, whatever the name.
	NonRetryable bool `json:"non_retryable"`

	// Unset names secrets that are not set and that the code has read.
	Unset []string `json:"unset"`
}

// parseError reads an error that a guest set. It is text unless it is exactly the
// JSON of a guestError.
func parseError(said string) (guestError, bool) {
	var e guestError
	if !strings.HasPrefix(said, "{") {
		return e, false
	}
	d := json.NewDecoder(strings.NewReader(said))
	d.DisallowUnknownFields()
	if d.Decode(&e) != nil || e.Message == nil {
		return e, false
	}
	_, err := d.Token()
	return e, errors.Is(err, io.EOF)
}

// line returns the error in one piece, as people write it.
func (e guestError) line() string {
	return host.ResultError{Name: e.Name, Message: *e.Message, Code: e.Code}.Line()
}

// errorOf returns a fault's error for its author. An error that the guest set in
// parts stays in parts, unless something else ended the run.
func (c *call) errorOf(f *sandbox.Fault) *host.ResultError {
	failed := &host.ResultError{Message: f.Message, Stack: f.Stack, Fix: c.fix}
	said, parts := parseError(f.GuestError)
	if !parts {
		return failed
	}
	if said.Stack != "" {
		failed.Stack = said.Stack
	}
	c.unset = said.Unset
	if f.Message != f.GuestError {
		failed.Message = strings.Replace(f.Message, f.GuestError, said.line(), 1)
		return failed
	}
	failed.Name, failed.Message, failed.Code = said.Name, *said.Message, said.Code
	return failed
}
