// Package ushertest is a host for unit tests of actions: it runs a handler on
// the machine it is tested on and records what the handler did.
package ushertest

import (
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"time"

	usher "github.com/usherhost/usher/sdk/go"
	"github.com/usherhost/usher/sdk/go/internal/abi"
)

// Host says what a handler finds. Its zero value has no secrets and answers
// every request with status 200 and no body.
type Host struct {
	Secrets map[string]string
	Config  map[string]string
	Cache   map[string]string // what is there before the run; it is not changed

	// Respond answers the handler's requests. JSON has become Body and
	// Content-Type by then. An error should be a *usher.HTTPError.
	Respond func(usher.Request) (*usher.Response, error)
}

// Result is what a handler did.
type Result struct {
	Error    string          // "" when it succeeded
	Final    bool            // it failed with a [usher.NonRetryable] error
	Output   json.RawMessage // nil when it returned nil
	Requests []usher.Request
	Logs     []Log
	Slept    time.Duration // no time passes in fact
	Commands []Command
}

// Command is a command to a trigger that decides, as the handler gave it: a value of
// [usher.SetUserMetadata] in JSON, and so on. Limits are the host's, not checked here.
type Command struct {
	Type        string          `json:"-"` // "access.deny", "validation.error", "user.set_user_metadata", "user.set_app_metadata" or "user.set_user_id"
	Reason      string          `json:"reason"`
	UserMessage string          `json:"user_message"`
	Code        string          `json:"code"`
	Message     string          `json:"message"`
	Key         string          `json:"key"`
	Value       json.RawMessage `json:"value"`
	UserID      string          `json:"user_id"`
}

// Log is one line that a handler wrote.
type Log struct {
	Level   usher.Level
	Message string
}

// running is held during a run: the library has one host at a time.
var running sync.Mutex

// Run calls handler with the event, which is JSON as a sender posts it, and
// returns what it did. Runs wait for each other. It is not for use within a
// handler.
func Run[E any](h *Host, event string, handler func(*E) (any, error)) Result {
	running.Lock()
	defer running.Unlock()
	r := &run{host: h, event: event, cache: map[string]string{}}
	for key, value := range h.Cache {
		r.cache[key] = value
	}
	abi.Current = r
	defer func() { abi.Current = nil }()
	usher.Handle(handler)
	return r.result
}

// run is one run's abi.Host.
type run struct {
	host   *Host
	event  string
	cache  map[string]string
	result Result
}

func (r *run) Input() []byte {
	return []byte(`{"event":` + r.event + `,"execution":{"id":"exe_test","attempt":1}}`)
}

func (r *run) SetOutput(output []byte) { r.result.Output = output }
func (r *run) SetError(message string) { r.result.Error = message }
func (r *run) RetryStop() []byte       { r.result.Final = true; return nil }
func (r *run) Sleep(millis int64)      { r.result.Slept += time.Duration(millis) * time.Millisecond }

func (r *run) Log(level int32, message string) {
	r.result.Logs = append(r.result.Logs, Log{usher.Level(level), message})
}

func (r *run) AccessDeny(m []byte) []byte      { return r.command("access.deny", m) }
func (r *run) ValidationError(m []byte) []byte { return r.command("validation.error", m) }
func (r *run) UserMetadataSet(m []byte) []byte { return r.command("user.set_user_metadata", m) }
func (r *run) AppMetadataSet(m []byte) []byte  { return r.command("user.set_app_metadata", m) }
func (r *run) UserIDSet(m []byte) []byte       { return r.command("user.set_user_id", m) }

func (r *run) command(kind string, message []byte) []byte {
	c := Command{Type: kind}
	if err := json.Unmarshal(message, &c); err != nil {
		return encode(usher.CommandError{Code: "invalid", Message: err.Error()})
	}
	r.result.Commands = append(r.result.Commands, c)
	return nil
}

func (r *run) Secret(name string) ([]byte, bool) {
	value, ok := r.host.Secrets[name]
	return []byte(value), ok
}

func (r *run) Config(name string) ([]byte, bool) {
	value, ok := r.host.Config[name]
	return []byte(value), ok
}

func (r *run) HTTPSend(message []byte) []byte {
	var wire struct {
		Method     string       `json:"method"`
		URL        string       `json:"url"`
		Headers    usher.Header `json:"headers"`
		Body       string       `json:"body"`
		BodyBase64 []byte       `json:"body_base64"`
		Timeout    int64        `json:"timeout_ms"`
		Redirect   string       `json:"redirect"`
	}
	if err := json.Unmarshal(message, &wire); err != nil {
		return failure(&usher.HTTPError{Code: "invalid", Message: err.Error()})
	}
	body := wire.BodyBase64
	if body == nil {
		body = []byte(wire.Body)
	}
	request := usher.Request{
		Method: wire.Method, URL: wire.URL, Header: wire.Headers, Body: body,
		Timeout: time.Duration(wire.Timeout) * time.Millisecond, Redirect: wire.Redirect,
	}
	r.result.Requests = append(r.result.Requests, request)
	return r.respond(request)
}

func (r *run) respond(request usher.Request) []byte {
	response := &usher.Response{Status: 200}
	if r.host.Respond != nil {
		var err error
		if response, err = r.host.Respond(request); err != nil {
			return failure(err)
		}
	}
	headers := usher.Header{}
	for name, values := range response.Header {
		headers[strings.ToLower(name)] = values
	}
	url := response.URL
	if url == "" {
		url = request.URL
	}
	return encode(map[string]any{"status": response.Status, "headers": headers, "body_base64": response.Body, "url": url})
}

func failure(err error) []byte {
	var failure *usher.HTTPError
	if !errors.As(err, &failure) {
		failure = &usher.HTTPError{Code: "network", Message: err.Error()}
	}
	return encode(map[string]any{"error": failure})
}

func (r *run) CacheGet(key string) []byte {
	value, ok := r.cache[key]
	if !ok {
		return nil
	}
	return encode(record(value, 15*time.Minute))
}

func (r *run) CacheSet(message []byte) []byte {
	var wire struct {
		Key   string `json:"key"`
		Value string `json:"value"`
		TTL   int64  `json:"ttl"`
	}
	if err := json.Unmarshal(message, &wire); err != nil {
		return encode(map[string]any{"type": "error", "code": "FailedToSetCacheRecord"})
	}
	ttl := 15 * time.Minute
	if wire.TTL != 0 {
		ttl = time.Duration(wire.TTL) * time.Millisecond
	}
	r.cache[wire.Key] = wire.Value
	return encode(map[string]any{"type": "success", "record": record(wire.Value, ttl)})
}

func (r *run) CacheDelete(key string) []byte {
	if _, ok := r.cache[key]; !ok {
		return encode(map[string]any{"type": "error", "code": "CacheKeyDoesNotExist"})
	}
	delete(r.cache, key)
	return encode(map[string]any{"type": "success"})
}

func record(value string, ttl time.Duration) usher.CacheRecord {
	return usher.CacheRecord{Value: value, ExpiresAt: time.Now().Add(ttl).UnixMilli()}
}

// encode can't fail: it is given nothing but text, numbers and maps of them.
func encode(value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return text
}
