package tape

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"time"

	"github.com/usherhost/usher/host"
)

// Recording is one attempt of a step with all that a replay of it needs.
type Recording struct {
	ExecutionID string
	Index       int // of the step in its plan
	Attempt     int // from 1
	Step        host.Step
	Event       host.Event // with its body
	Tape        host.Tape
	Result      host.Result
	Module      []byte // nil: it is left out; Step.Digest names it
	SourceMap   []byte // of a JavaScript action; nil: it has none

	// Masker makes what a replay does comparable with the recording. It is nil when
	// nothing was left out, and set by Read, whose tape and event have placeholders.
	Masker *Masker
}

// FileVersion is the version of exported files that Write writes, and the newest that
// Read reads.
const FileVersion = 1

const (
	fileFormat = "usher tape"

	// MaxFileBytes is the largest file that Read reads.
	MaxFileBytes = 256 << 20
	maxPartBytes = 128 << 20 // of a module or a source map, unpacked
)

// file is an exported recording, in JSON.
type file struct {
	Format       string                 `json:"format"`
	Version      int                    `json:"version"`
	Digest       string                 `json:"digest,omitempty"` // of all the rest, in compact JSON
	ExecutionID  string                 `json:"execution_id"`
	Index        int                    `json:"step"`
	Attempt      int                    `json:"attempt"`
	Step         host.Step              `json:"plan"`
	Masked       []string               `json:"masked,omitempty"`              // the paths of personal data
	Placeholders map[string]string      `json:"placeholders,omitempty"`        // by token: what the event has, and a replay gets
	Numbers      map[string]json.Number `json:"number_placeholders,omitempty"` // likewise, of numbers
	Event        fileEvent              `json:"event"`
	Tape         host.Tape              `json:"tape"`
	Result       host.Result            `json:"result"`
	Module       []byte                 `json:"module_zstd,omitempty"`
	SourceMap    []byte                 `json:"source_map_zstd,omitempty"`
}

type fileEvent struct {
	ID          string          `json:"id"`
	Tenant      string          `json:"tenant"`
	Trigger     host.Trigger    `json:"trigger"`
	UserID      string          `json:"user_id"`
	Traceparent string          `json:"traceparent,omitempty"`
	ReceivedAt  time.Time       `json:"received_at,omitzero"`
	Body        json.RawMessage `json:"body"` // or, with blanks outside of strings, a string that has it
}

// Write writes a recording as one file that Read reads on any machine. It has no value of
// a secret, and no personal data that the paths in mask lead to: "email" is every member
// of that name, "user.address" all that is in the member address of a user, in the
// event, in requests and in answers. What is found in the event and in answers is
// masked wherever else it is, too, when it has four bytes or more.
func Write(w io.Writer, r *Recording, mask []string) error {
	f, err := export(r, mask)
	if err != nil {
		return err
	}
	if f.Digest, err = f.digest(); err != nil {
		return err
	}
	b, err := f.encode()
	if err != nil {
		return err
	}
	var page bytes.Buffer
	if err := json.Indent(&page, b, "", "  "); err != nil {
		return fmt.Errorf("export tape: %w", err)
	}
	if _, err := page.WriteTo(w); err != nil {
		return fmt.Errorf("export tape: %w", err)
	}
	return nil
}

// encode returns the file in compact JSON, in which requests, answers and the event are
// byte for byte as they are.
func (f *file) encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(f); err != nil {
		return nil, fmt.Errorf("export tape: %w", err)
	}
	return b.Bytes(), nil
}

// export returns the file of a recording, without its digest.
func export(r *Recording, mask []string) (*file, error) {
	paths, err := parsePaths(mask)
	if err != nil {
		return nil, err
	}
	personal := map[string]datum{}
	personalIn(r.Event.Body, paths, false, personal)
	for i := range r.Tape.Calls {
		personalIn(r.Tape.Calls[i].Answer, paths, true, personal)
	}
	secrets := secretTokens(r.Tape.Secrets)
	f := &file{
		Format: fileFormat, Version: FileVersion,
		ExecutionID: r.ExecutionID, Index: r.Index, Attempt: r.Attempt, Masked: mask,
		Module: packPart(r.Module), SourceMap: packPart(r.SourceMap),
	}
	if err := f.choosePlaceholders(secrets, personal); err != nil {
		return nil, err
	}
	cover := covering{values: secrets, placeholders: maps.Clone(f.Placeholders)}
	for token, n := range f.Numbers {
		cover.placeholders[token] = string(n)
	}
	if len(secrets)+len(paths) > 0 {
		cover.masker = newMasker(r.Tape.Key, secrets, personal, paths)
	}
	for token, d := range personal {
		cover.values[token] = d.value
	}
	return f, f.fill(r, cover)
}

// fill puts the recording into the file.
func (f *file) fill(r *Recording, cover covering) (err error) {
	f.Event = fileEvent{
		ID: r.Event.ID, Tenant: r.Event.Tenant, Trigger: r.Event.Trigger, UserID: cover.user(r.Event.UserID),
		Traceparent: r.Event.Traceparent, ReceivedAt: r.Event.ReceivedAt, Body: packBody(cover.event(r.Event.Body)),
	}
	f.Tape = cover.masker.tape(&r.Tape)
	if f.Result, err = cover.masker.Result(r.Result); err != nil {
		return err
	}
	return f.fillSettings(r, cover)
}

// fillSettings puts the recording's settings into the file. They have no personal data.
func (f *file) fillSettings(r *Recording, cover covering) (err error) {
	if cover.masker != nil {
		cover.masker = newMasker(nil, secretTokens(r.Tape.Secrets), nil, nil)
	}
	f.Step = r.Step
	if f.Step.Settings, err = cover.settings(r.Step.Settings); err != nil {
		return err
	}
	if f.Step.Declared, err = cover.settings(r.Step.Declared); err != nil || r.Tape.Settings == nil {
		return err
	}
	s, err := cover.settings(*r.Tape.Settings)
	f.Tape.Settings = &s
	return err
}

// maxPlaceholderBytes is the most that all placeholders of a file have: what is masked
// is looked for everywhere, which takes memory.
const maxPlaceholderBytes = 4 << 20

// choosePlaceholders gives each token its placeholder, no two of them alike if that can
// be had.
func (f *file) choosePlaceholders(secrets map[string]string, personal map[string]datum) error {
	f.Placeholders, f.Numbers = map[string]string{}, map[string]json.Number{}
	bytes, used := 0, map[string]bool{}
	choose := func(token, value string, secret bool) (stands string) {
		const most = 100
		for n := range most {
			seed := token
			if n > 0 {
				seed = fmt.Sprint(token, n)
			}
			if stands = placeholder(seed, value, secret); !used[stands] && stands != value {
				break
			}
		}
		used[stands], bytes = true, bytes+len(stands)
		return stands
	}
	for _, token := range sortedKeys(secrets) {
		f.Placeholders[token] = choose(token, secrets[token], true)
	}
	for _, token := range sortedKeys(personal) {
		if d := personal[token]; d.number {
			f.Numbers[token] = json.Number(choose(token, d.value, false))
		} else {
			f.Placeholders[token] = choose(token, d.value, false)
		}
	}
	if bytes > maxPlaceholderBytes {
		return &host.Error{
			Code: host.Invalid, Text: fmt.Sprintf("the secrets and what is to be masked have %d bytes, at most %d can be", bytes, maxPlaceholderBytes),
			Hint: "mask by longer paths, which lead to less",
		}
	}
	return nil
}

// packBody returns an event's body as the file has it: blanks in the file do not count,
// and those of the body do.
func packBody(body []byte) json.RawMessage {
	var compact bytes.Buffer
	if err := json.Compact(&compact, body); err == nil && bytes.Equal(compact.Bytes(), body) {
		return body
	}
	return quote(string(body))
}

// packPart compresses a part of a file.
func packPart(part []byte) []byte {
	if part == nil {
		return nil
	}
	return zstdLong.EncodeAll(part, nil)
}
