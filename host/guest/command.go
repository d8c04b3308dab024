package guest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"unicode/utf8"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/text"
	"github.com/usherhost/usher/host/sandbox"
)

// An action of a trigger that decides says what it wants by commands to the host.
// Each counts from the moment of its call, so that a deny stands even if the run is
// ended by a limit right after it. What they mean together is [host.Flow]'s business.

// commands are what the run gave the host.
type commands struct {
	given     []host.Command
	shown     []host.Command // given, without secrets
	user, app metadata
}

// metadata counts what the run set of one kind of metadata.
type metadata struct {
	bytes int            // with those that earlier actions of the flow set
	keys  map[string]int // the bytes that each key has in it
}

// set counts a key, unless that would be more than the limit.
func (m *metadata) set(key string, value json.RawMessage) bool {
	after := m.bytes - m.keys[key] + len(key) + len(value)
	if after > host.MaxMetadataBytes {
		return false
	}
	if m.keys == nil {
		m.keys = map[string]int{}
	}
	m.bytes, m.keys[key] = after, len(key)+len(value)
	return true
}

// commandError is the error of a command that was not recorded.
type commandError struct {
	Code    string `json:"code"` // "trigger", "invalid" or "limit"
	Message string `json:"message"`
}

func invalidCommand(format string, args ...any) *commandError {
	return &commandError{"invalid", fmt.Sprintf(format, args...)}
}

// commandRequest is a command as the tape has it.
type commandRequest struct{ host.Command }

func (q commandRequest) measure(m *measure) {
	m.bytes += structBytes
	for _, s := range []string{q.Reason, q.UserMessage, q.Code, q.Message, q.Key, q.UserID} {
		m.text(s)
	}
	m.bytes += int64(len(q.Value))
}

func (e *commandError) measure(m *measure) {
	m.bytes += structBytes
	if e != nil {
		m.text(e.Message)
	}
}

// commandFunctions are the host functions that record commands.
func commandFunctions() []sandbox.Function {
	i64 := []sandbox.ValueType{sandbox.I64}
	return []sandbox.Function{
		function("access_deny", i64, i64, command("access_deny", host.CommandDeny)),
		function("validation_error", i64, i64, command("validation_error", host.CommandValidationError)),
		function("user_metadata_set", i64, i64, command("user_metadata_set", host.CommandUserMetadata)),
		function("app_metadata_set", i64, i64, command("app_metadata_set", host.CommandAppMetadata)),
		function("user_id_set", i64, i64, command("user_id_set", host.CommandUserID)),
	}
}

// command returns the host function that reads a command of one type and records it.
// It returns offset 0, or an error.
func command(name string, kind host.CommandType) func(*sandbox.Call, *call, []uint64) {
	return func(s *sandbox.Call, c *call, stack []uint64) {
		given, failed := readCommand(s, name, kind, stack[0])
		answer := do(c, name, commandRequest{given}, func(note *host.CallNote) *commandError {
			if failed == nil {
				failed = c.accept(name, given)
			}
			note.Target = targetOf(&given)
			if failed != nil {
				note.Error = failed.Message
			}
			return failed
		})
		stack[0] = 0
		if answer != nil {
			stack[0] = s.Put(encode(answer))
		}
	}
}

// readCommand reads a command from the guest's memory. A deny that can't be read is
// one without a reason: it must not be lost for what its author wrote.
func readCommand(s *sandbox.Call, name string, kind host.CommandType, offset uint64) (host.Command, *commandError) {
	n := s.Length(name, offset)
	if n > shortBytes {
		if kind == host.CommandDeny {
			return host.Command{Type: kind, Reason: fmt.Sprintf("(the reason and the message have %d bytes in JSON, and are not read)", n)}, nil
		}
		return host.Command{Type: kind}, &commandError{"limit", fmt.Sprintf("it has %d bytes in JSON (limit %d)", n, shortBytes)}
	}
	s.Burn(decodeUnits * int64(n))
	var in host.Command
	err := json.Unmarshal(s.Bytes(name, offset), &in)
	switch {
	case err != nil && kind == host.CommandDeny:
		return host.Command{Type: kind, Reason: fmt.Sprintf("(the deny is not valid JSON: %v)", err)}, nil
	case err != nil:
		return host.Command{Type: kind}, invalidCommand("it is not valid: %v", err)
	}
	return checkCommand(kind, &in)
}

var userID = regexp.MustCompile(`^[a-zA-Z0-9@._+-]+$`)

// checkCommand returns of in what the type has, if that is in its bounds.
func checkCommand(kind host.CommandType, in *host.Command) (host.Command, *commandError) {
	out := host.Command{Type: kind}
	switch kind {
	case host.CommandDeny:
		out.Reason, out.UserMessage = text.Cut(in.Reason, host.MaxReasonBytes), text.Cut(in.UserMessage, host.MaxReasonBytes)
	case host.CommandValidationError:
		out.Code, out.Message = text.Cut(in.Code, host.MaxReasonBytes), text.Cut(in.Message, host.MaxReasonBytes)
		for _, field := range []struct{ name, value string }{{"code", in.Code}, {"message", in.Message}} {
			if chars := utf8.RuneCountInString(field.value); chars > host.MaxValidationErrorChars {
				return out, invalidCommand("its %s has %d characters (limit %d)", field.name, chars, host.MaxValidationErrorChars)
			}
		}
	case host.CommandUserMetadata, host.CommandAppMetadata:
		out.Key = text.Cut(in.Key, maxNameBytes)
		if in.Value == nil {
			return out, invalidCommand("it has no value; null removes the key")
		}
		if len(in.Key)+len(in.Value) > host.MaxMetadataBytes {
			return out, overMetadata(kind)
		}
		var compact bytes.Buffer
		_ = json.Compact(&compact, in.Value) // it is valid: it was read
		out.Key, out.Value = in.Key, compact.Bytes()
	case host.CommandUserID:
		out.UserID = text.Cut(in.UserID, maxNameBytes)
		if !userID.MatchString(in.UserID) || len(in.UserID) > host.MaxUserIDChars {
			return out, invalidCommand("its user_id must have 1 to %d of the characters a-z, A-Z, 0-9 and @ . _ + -", host.MaxUserIDChars)
		}
	}
	return out, nil
}

func overMetadata(kind host.CommandType) *commandError {
	what := "user"
	if kind == host.CommandAppMetadata {
		what = "app"
	}
	return &commandError{"limit", fmt.Sprintf("the %s metadata that this flow's actions set is larger than %d bytes", what, host.MaxMetadataBytes)}
}

// accept records a command.
func (c *call) accept(function string, given host.Command) *commandError {
	if t := c.run.Event.Trigger; !t.Decides() {
		return &commandError{"trigger", fmt.Sprintf("actions of %s decide nothing: %s has no effect", t, function)}
	}
	switch {
	case given.Type == host.CommandUserMetadata && !c.commands.user.set(given.Key, given.Value),
		given.Type == host.CommandAppMetadata && !c.commands.app.set(given.Key, given.Value):
		return overMetadata(given.Type)
	}
	shown := c.redactCommand(given)
	m := measure{exact: true}
	commandRequest{shown}.measure(&m)
	c.leave(function, m.bytes)
	c.commands.given = append(c.commands.given, given)
	c.commands.shown = append(c.commands.shown, shown)
	return nil
}

// redactCommand takes secrets out of what people see of a command.
func (c *call) redactCommand(given host.Command) host.Command {
	if c.redactor() == nil {
		return given
	}
	shown := given
	for _, s := range []*string{&shown.Reason, &shown.UserMessage, &shown.Code, &shown.Message, &shown.Key, &shown.UserID} {
		*s = c.redact(*s)
	}
	if shown.Value != nil {
		shown.Value = c.redactor().JSON(shown.Value)
	}
	return shown
}

// targetOf names a command in the note about its call.
func targetOf(given *host.Command) string {
	switch given.Type {
	case host.CommandDeny:
		return given.Reason
	case host.CommandValidationError:
		return given.Code
	case host.CommandUserID:
		return given.UserID
	default:
		return given.Key
	}
}
