// Package plugins_test runs every sample action as the host does and as
// Extism's own SDK does: both must do what the sample's expected.json says. Each run is
// replayed from its tape, on the compiler and on the interpreter.
package plugins_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	extism "github.com/extism/go-sdk"
	"go.yaml.in/yaml/v3"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/egress"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/sandbox"
)

// expected is a sample's expected.json.
type expected struct {
	Given struct {
		TLS       bool              `json:"tls"` // of the remote side
		Secrets   map[string]string `json:"secrets"`
		Responses []struct {
			Status int    `json:"status"`
			Body   string `json:"body"`
		} `json:"responses"`
	} `json:"given"`
	Succeeded bool      `json:"succeeded"`
	Requests  []request `json:"requests"`
	Logs      []line    `json:"logs"`
	Commands  []any     `json:"commands"` // that it gave a flow that decides
	Output    any       `json:"output"`
}

type request struct {
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Headers map[string]string `json:"headers"`
	Body    any               `json:"body"`
}

type line struct {
	Level   string `json:"level"`
	Message string `json:"message"`
}

// sample is one folder, with a world outside of its own.
type sample struct {
	name    string
	trigger host.Trigger
	wasm    []byte
	event   []byte
	want    expected

	box      *sandbox.Sandbox
	second   *sandbox.Sandbox       // the interpreter
	compiled *extism.CompiledPlugin // nil until the oracle is asked
	out      *outcome               // of the oracle's present run
	answers  *answers               // of its requests under way
	receiver *httptest.Server
	mu       sync.Mutex
	got      []request // guarded by mu
}

// outcome is what a run of a sample came to.
type outcome struct {
	Succeeded bool
	Message   string
	Output    any
	Logs      []line
	Requests  []request
	Commands  []any
}

func samples(t *testing.T) []string {
	t.Helper()
	manifests, err := filepath.Glob("*/action.yaml")
	if err != nil || len(manifests) == 0 {
		t.Fatalf("found no samples: %v", err)
	}
	var names []string
	for _, m := range manifests {
		names = append(names, filepath.Dir(m))
	}
	return names
}

func open(t *testing.T, name string) *sample {
	t.Helper()
	s := &sample{name: name, event: read(t, name, "event.json"), out: &outcome{}, answers: &answers{}}
	var action struct {
		Name    string       `yaml:"name"`
		Trigger host.Trigger `yaml:"trigger"`
		Module  string       `yaml:"module"`
	}
	if err := yaml.Unmarshal(read(t, name, "action.yaml"), &action); err != nil {
		t.Fatal(err)
	}
	s.trigger = action.Trigger
	if filepath.Ext(action.Module) != ".wasm" { // usher build names what it makes of a script after the action
		action.Module = action.Name + ".wasm"
	}
	s.wasm = read(t, name, action.Module)
	var err error
	if s.box, err = sandbox.Open(t.Context(), sandbox.Config{Functions: guest.Functions()}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.box.Close(context.Background()) })
	if s.second, err = sandbox.Open(t.Context(), sandbox.Config{Functions: guest.Functions(), Interpreter: true}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.second.Close(context.Background()) })
	s.expect(t, read(t, name, "expected.json"))
	return s
}

// expect reads the sample's expected.json and starts the remote side.
func (s *sample) expect(t *testing.T, text []byte) {
	t.Helper()
	if err := json.Unmarshal(text, &s.want); err != nil {
		t.Fatal(err)
	}
	s.receiver = httptest.NewUnstartedServer(http.HandlerFunc(s.receive))
	if s.want.Given.TLS {
		s.receiver.StartTLS()
	} else {
		s.receiver.Start()
	}
	t.Cleanup(s.receiver.Close)
	filled := strings.NewReplacer("{{receiver}}", s.receiver.URL, "{{authority}}", s.receiver.Listener.Addr().String()).Replace(string(text))
	if err := json.Unmarshal([]byte(filled), &s.want); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, name, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(name, file))
	if err != nil {
		t.Fatalf("%v (build the samples first: go tool -modfile=.tools/go.mod task plugins:build)", err)
	}
	return data
}

func (s *sample) receive(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	var body any
	if json.Unmarshal(raw, &body) != nil {
		body = string(raw)
	}
	if form, err := url.ParseQuery(string(raw)); err == nil && strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		body = fields(form)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	headers := map[string]string{}
	if i := len(s.got); i < len(s.want.Requests) {
		for name := range s.want.Requests[i].Headers {
			headers[name] = r.Header.Get(name)
		}
	}
	response := s.want.Given.Responses[min(len(s.got), len(s.want.Given.Responses)-1)]
	s.got = append(s.got, request{r.Method, r.URL.Path, headers, body})
	w.WriteHeader(response.Status)
	_, _ = io.WriteString(w, response.Body)
}

// fields returns a form's fields as JSON has them.
func fields(form url.Values) map[string]any {
	m := map[string]any{}
	for name := range form {
		m[name] = form.Get(name)
	}
	return m
}

// take returns the requests that came since the last call.
func (s *sample) take() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	got := s.got
	s.got = nil
	return got
}

func decode(t *testing.T, output []byte) any {
	t.Helper()
	if len(output) == 0 {
		return nil
	}
	var v any
	if err := json.Unmarshal(output, &v); err != nil {
		return string(output)
	}
	return v
}

// host runs the sample as the host does.
func (s *sample) host(t *testing.T, event []byte) outcome {
	t.Helper()
	client := &egress.Client{AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	if s.want.Given.TLS {
		client.RootCAs = x509.NewCertPool()
		client.RootCAs.AddCert(s.receiver.Certificate())
	}
	defer client.Close()
	runner := &guest.Runner{Sandbox: s.box, Modules: s, Secrets: s, Egress: client, Cache: &guest.Cache{}}
	run := guest.Run{
		Step:  host.Step{Action: s.name, Digest: host.Digest(s.wasm), Settings: host.Settings{Egress: host.Egress{Allow: []string{s.receiver.URL}}}},
		Event: &host.Event{Trigger: s.trigger, Body: event},
	}
	result, tape, err := runner.Run(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	for _, engine := range []*sandbox.Sandbox{s.box, s.second} { // the compiler, and the interpreter as its oracle
		runner.Sandbox = engine
		played, err := runner.Replay(t.Context(), run, &guest.Recorded{Result: result, Tape: tape}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if played.Divergence != nil {
			t.Errorf("the replay differs: %+v", played.Divergence)
		}
	}
	out := outcome{Succeeded: result.Succeeded, Output: decode(t, result.Output), Requests: s.take()}
	if result.Error != nil {
		out.Message = result.Error.Message
	}
	for _, l := range result.Logs {
		out.Logs = append(out.Logs, line{l.Level, l.Message})
	}
	for i := range result.Commands {
		text, err := json.Marshal(result.Commands[i])
		if err != nil {
			t.Fatal(err)
		}
		out.Commands = append(out.Commands, decode(t, text))
	}
	return out
}

func (s *sample) Module(context.Context, string) ([]byte, error) { return s.wasm, nil }

func (s *sample) Secrets(context.Context, string) (map[string]string, error) {
	return s.want.Given.Secrets, nil
}

// randomEvent returns an event with strings of any characters.
func randomEvent(t *testing.T, random *rand.Rand) []byte {
	t.Helper()
	text := func() string {
		var b strings.Builder
		for range random.IntN(40) {
			b.WriteRune(rune(1 + random.IntN(0xd000)))
		}
		return b.String()
	}
	event, err := json.Marshal(map[string]any{
		"user":          map[string]any{"user_id": "auth0|" + text(), "email": text() + "@example.com", "name": text(), text(): text()},
		"request":       map[string]any{"ip": text(), "geoip": map[string]any{text(): []any{random.Float64(), nil, text()}}},
		"new " + text(): text(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return event
}

func TestEverySampleDoesWhatItExpects(t *testing.T) {
	t.Parallel()
	for _, name := range samples(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, name)
			got := s.host(t, s.event)
			want := outcome{Succeeded: s.want.Succeeded, Output: s.want.Output, Requests: s.want.Requests, Logs: s.want.Logs, Commands: s.want.Commands}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestEverySampleDoesTheSameUnderExtism(t *testing.T) {
	// Not parallel: the SDK's log level belongs to the process.
	extism.SetLogLevel(extism.LogLevelInfo)
	random := rand.New(rand.NewPCG(1, 2))
	events := [][]byte{
		nil, // the sample's own
		randomEvent(t, random), randomEvent(t, random), randomEvent(t, random),
		[]byte(`{"user":{"user_id":"sms|1","phone_number":"+12065550123"}}`),
		[]byte(`{"user":{"user_id":"auth0|2","email":"q\"uote\\@example.com","name":"\u00f6\ud83d\ude00<&>"},"new":{"deep":[1,{"x":null}]}}`),
	}
	for _, name := range samples(t) {
		t.Run(name, func(t *testing.T) {
			s := open(t, name)
			for _, event := range events {
				if event == nil {
					event = s.event
				}
				ours, theirs := s.host(t, event), s.oracle(t, event)
				if !reflect.DeepEqual(ours, theirs) {
					t.Errorf("event %s\nhost   %+v\nextism %+v", event, ours, theirs)
				}
			}
		})
	}
}
