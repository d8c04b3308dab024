package tape

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/usherhost/usher/host"
)

// Read reads what Write wrote. Its tape has placeholders for secrets. A [host.Error] is
// Corrupt when the file is not what Write wrote, byte for byte but for blanks, and Refused
// when a newer version wrote it.
func Read(from io.Reader) (*Recording, error) {
	b, err := io.ReadAll(io.LimitReader(from, MaxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read tape: %w", err)
	}
	if len(b) > MaxFileBytes {
		return nil, corrupt("the file has more than %d bytes, the most that is read", MaxFileBytes)
	}
	f, err := parse(b)
	if err != nil {
		return nil, err
	}
	return f.recording()
}

// parse returns a file whose digest is right.
func parse(b []byte) (*file, error) {
	var head struct {
		Format  string `json:"format"`
		Version int    `json:"version"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok && syntax.Offset >= int64(len(b)) && len(b) > 0 {
			return nil, corrupt("the file was cut after %d bytes", len(b))
		}
		return nil, corrupt("the file is no exported tape: %v", err)
	}
	switch {
	case head.Format != fileFormat:
		return nil, corrupt("the file is no exported tape: its format is %q, not %q", head.Format, fileFormat)
	case head.Version > FileVersion:
		return nil, &host.Error{
			Code: host.Refused,
			Text: fmt.Sprintf("the exported tape has format %d, this usher knows formats up to %d", head.Version, FileVersion),
			Hint: "use the version of usher that exported it, or a newer one",
		}
	case head.Version < 1:
		return nil, corrupt("the exported tape has format %d, which is none", head.Version)
	}
	var f file
	var compact bytes.Buffer
	if err := json.Compact(&compact, b); err != nil {
		return nil, corrupt("the exported tape is damaged: %v", err)
	}
	d := json.NewDecoder(&compact)
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return nil, corrupt("the exported tape is damaged: %v", err)
	}
	digest := f.Digest
	f.Digest = ""
	want, err := f.digest()
	if err != nil {
		return nil, err
	}
	if digest != want {
		return nil, corrupt("the exported tape was changed: its digest is %s, its content has %s", digest, want)
	}
	return &f, nil
}

// digest returns the digest of a file whose Digest is empty.
func (f *file) digest() (string, error) {
	b, err := f.encode()
	return host.Digest(b), err
}

// recording returns what the file has.
func (f *file) recording() (*Recording, error) {
	for i := range f.Tape.Calls {
		if f.Tape.Calls[i].Ordinal != i {
			return nil, misplaced(i, f.Tape.Calls[i].Ordinal)
		}
	}
	r := &Recording{
		ExecutionID: f.ExecutionID, Index: f.Index, Attempt: f.Attempt, Step: f.Step, Tape: f.Tape, Result: f.Result,
		Event: host.Event{
			ID: f.Event.ID, Tenant: f.Event.Tenant, Trigger: f.Event.Trigger, UserID: f.Event.UserID,
			Traceparent: f.Event.Traceparent, ReceivedAt: f.Event.ReceivedAt, Body: unpackBody(f.Event.Body),
		},
	}
	var err error
	if r.Module, err = unpackPart(f.Module); err != nil {
		return nil, corrupt("the module in the exported tape is damaged: %v", err)
	}
	if r.Module != nil && host.Digest(r.Module) != f.Step.Digest {
		return nil, corrupt("the module in the exported tape is %s, but %s was run", host.Digest(r.Module), f.Step.Digest)
	}
	if r.SourceMap, err = unpackPart(f.SourceMap); err != nil {
		return nil, corrupt("the source map in the exported tape is damaged: %v", err)
	}
	return r, f.uncover(r)
}

// uncover puts placeholders into the tape, and makes the masker that knows them.
func (f *file) uncover(r *Recording) error {
	paths, err := parsePaths(f.Masked)
	if err != nil {
		return err
	}
	if len(f.Placeholders)+len(f.Numbers)+len(paths) == 0 {
		return nil
	}
	secrets, personal, bytes := map[string]string{}, map[string]datum{}, 0
	for name := range f.Tape.Secrets {
		token := secretToken(name)
		secrets[token] = f.Placeholders[token]
		r.Tape.Secrets[name] = f.Placeholders[token]
	}
	for token, value := range f.Placeholders {
		if !isToken(token) {
			return corrupt("the exported tape has a placeholder for %q, which is no token", token)
		}
		bytes += len(value)
		if _, secret := secrets[token]; !secret {
			personal[token] = datum{value: value}
		}
	}
	for token, n := range f.Numbers {
		if !isToken(token) || !isNumber(string(n)) {
			return corrupt("the exported tape has the placeholder %q for %q", n, token)
		}
		bytes += len(n)
		personal[token] = datum{value: string(n), number: true}
	}
	if bytes > maxPlaceholderBytes {
		return corrupt("the placeholders in the exported tape have %d bytes, at most %d are read", bytes, maxPlaceholderBytes)
	}
	r.Masker = newMasker(nil, secrets, personal, paths)
	e := newExpander(f.Placeholders, f.Numbers)
	for _, calls := range [][]host.Call{r.Tape.Calls, r.Tape.Untaken} {
		for i := range calls {
			calls[i].Answer = e.expand(calls[i].Answer)
		}
	}
	if e.room < 0 {
		return corrupt("the answers in the exported tape have more than %d bytes with placeholders, the most that is read", MaxBytes)
	}
	return nil
}

func unpackBody(packed json.RawMessage) []byte {
	var body string
	if json.Unmarshal(packed, &body) == nil {
		return []byte(body)
	}
	return packed
}

func unpackPart(packed []byte) ([]byte, error) {
	if packed == nil {
		return nil, nil
	}
	r, err := zstd.NewReader(bytes.NewReader(packed), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxPartBytes))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	part, err := io.ReadAll(io.LimitReader(r, maxPartBytes+1))
	if err == nil && len(part) > maxPartBytes {
		err = fmt.Errorf("it has more than %d bytes", maxPartBytes)
	}
	return part, err
}
