// Package conformance holds vectors: what a guest does and what must come of it.
// A host of guests, and an SDK for them, conforms when every vector passes.
// README.md describes their format and how to run them.
package conformance

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"path"
)

//go:embed vectors/*.json
var files embed.FS

// Vector is one case: what a guest finds, what it does, and what must come of it.
// Every vector begins with an empty cache.
type Vector struct {
	Name     string            `json:"name"` // unique, e.g. "cache: a value outlives its set"
	Trigger  string            `json:"trigger"`
	Event    json.RawMessage   `json:"event"`              // as the sender sent it
	Secrets  map[string]string `json:"secrets,omitempty"`  // of the action
	Settings json.RawMessage   `json:"settings,omitempty"` // of the binding, laid over the defaults
	HTTP     []Exchange        `json:"http,omitempty"`     // what the world outside answers, in order
	Calls    []Call            `json:"calls"`              // what the guest does, in order
	Return   int32             `json:"return,omitempty"`   // what the guest's export returns
	Want     Want              `json:"want"`
}

// Exchange is one request that goes out and its outcome: Response or
// Failure.
type Exchange struct {
	Request  Request   `json:"request"`
	Response *Response `json:"response,omitempty"`
	Failure  *Failure  `json:"failure,omitempty"`
}

// Request is what must go out. Zero fields are not looked at.
type Request struct {
	Method        string              `json:"method,omitempty"`
	URL           string              `json:"url,omitempty"`
	Headers       map[string][]string `json:"headers,omitempty"`        // must be there, beside others
	Present       []string            `json:"present,omitempty"`        // headers that must be there, with any value
	Absent        []string            `json:"absent,omitempty"`         // headers that must not
	Body          *string             `json:"body,omitempty"`           // as text
	BodyBase64    []byte              `json:"body_base64,omitempty"`    // as bytes
	Redirect      string              `json:"redirect,omitempty"`       // "follow" fits an empty one too
	TimeoutMillis int64               `json:"timeout_ms,omitempty"`     // after the limit was applied
	ResponseBytes int64               `json:"response_bytes,omitempty"` // the limit that went with it
}

// Response is what comes back from outside.
type Response struct {
	Status     int                 `json:"status"`
	Headers    map[string][]string `json:"headers,omitempty"`
	Body       string              `json:"body,omitempty"`
	BodyBase64 []byte              `json:"body_base64,omitempty"` // instead of Body
	URL        string              `json:"url,omitempty"`         // the request's, when empty
}

// Failure is why nothing comes back, in the words of package host.
type Failure struct {
	Code    string `json:"code"`
	Rule    string `json:"rule,omitempty"`
	Origin  string `json:"origin,omitempty"`
	Limit   string `json:"limit,omitempty"`
	Message string `json:"message"`
}

// Call is one host call. Without Answer its result is not looked at.
type Call struct {
	Function  string            `json:"function"`
	Namespace string            `json:"namespace,omitempty"` // the function's first one, when empty
	Args      []json.RawMessage `json:"args,omitempty"`      // see [Call.Arguments]
	Answer    json.RawMessage   `json:"answer,omitempty"`    // see [Call.Check]
	Ends      bool              `json:"ends,omitempty"`      // it never returns: the run ends in it
}

// Want is what must come of the run. Of a run that fails the answers to calls
// are not looked at.
type Want struct {
	Fault string `json:"fault,omitempty"` // "" when the run must succeed
	Limit string `json:"limit,omitempty"` // with fault "limit"
	Error string `json:"error,omitempty"` // its message, when it matters
	Logs  []Log  `json:"logs,omitempty"`  // all of them, when any are given

	NonRetryable bool `json:"non_retryable,omitempty"` // that no further attempt is made

	// Commands are all that the guest must have given a flow that decides, as in a
	// result; not looked at when missing. They are looked at also when the run fails.
	Commands []json.RawMessage `json:"commands,omitempty"`
}

// Log is a line that must be written.
type Log struct {
	Level   string `json:"level"`
	Message string `json:"message"`
}

// Load returns every vector, in the order of the files' names.
func Load() ([]Vector, error) {
	entries, err := files.ReadDir("vectors")
	if err != nil {
		return nil, fmt.Errorf("list vectors: %w", err)
	}
	var all []Vector
	for _, entry := range entries {
		vectors, err := load(path.Join("vectors", entry.Name()))
		if err != nil {
			return nil, fmt.Errorf("load %s: %w", entry.Name(), err)
		}
		all = append(all, vectors...)
	}
	return all, nil
}

// file is a file of vectors, with what they share.
type file struct {
	Trigger  string            `json:"trigger"`
	Event    json.RawMessage   `json:"event"`
	Secrets  map[string]string `json:"secrets"`
	Settings json.RawMessage   `json:"settings"`
	Vectors  []Vector          `json:"vectors"`
}

func load(name string) ([]Vector, error) {
	text, err := files.ReadFile(name)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	var f file
	if err := d.Decode(&f); err != nil {
		return nil, err
	}
	for i := range f.Vectors {
		f.share(&f.Vectors[i])
		if err := f.Vectors[i].expand(); err != nil {
			return nil, fmt.Errorf("vector %q: %w", f.Vectors[i].Name, err)
		}
	}
	return f.Vectors, nil
}

// share gives v what it doesn't have of its own.
func (f *file) share(v *Vector) {
	if v.Trigger == "" {
		v.Trigger = f.Trigger
	}
	if v.Event == nil {
		v.Event = f.Event
	}
	if v.Secrets == nil {
		v.Secrets = f.Secrets
	}
	if v.Settings == nil {
		v.Settings = f.Settings
	}
}

// expand writes out every {"$repeat": [text, times]}.
func (v *Vector) expand() error {
	for i := range v.Calls {
		c := &v.Calls[i]
		for j := range c.Args {
			if err := expandInto(&c.Args[j]); err != nil {
				return err
			}
		}
		if c.Answer != nil {
			if err := expandInto(&c.Answer); err != nil {
				return err
			}
		}
	}
	return nil
}
