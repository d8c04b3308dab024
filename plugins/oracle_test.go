package plugins_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	extism "github.com/extism/go-sdk"
	"github.com/tetratelabs/wazero"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/webcrypto"
)

// oracle runs the sample with Extism's own SDK and host functions of a few
// lines.
func (s *sample) oracle(t *testing.T, event []byte) outcome {
	t.Helper()
	var out outcome
	s.out, s.answers = &out, newAnswers()
	defer s.answers.close()
	plugin, err := s.plugin(t).Instance(t.Context(), extism.PluginInstanceConfig{ModuleConfig: wazero.NewModuleConfig().WithSysWalltime()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = plugin.Close(context.Background()) }()
	plugin.SetLogger(func(level extism.LogLevel, message string) {
		out.Logs = append(out.Logs, line{strings.ToLower(level.String()), message})
	})
	secrets, _ := json.Marshal(s.want.Given.Secrets)
	event = bytes.TrimSpace(event)
	input := `{"event":` + string(event[:len(event)-1]) + `,"configuration":{},"secrets":` + string(secrets) +
		`},"execution":{"id":"","action":"` + s.name + `","version":0,"binding_id":"","attempt":0}}`
	code, output, err := plugin.Call(s.trigger.Entry(), []byte(input))
	out.Succeeded, out.Output, out.Requests = err == nil && code == 0, nil, s.take()
	if err != nil {
		out.Message = messageOf(err)
	}
	if out.Succeeded {
		out.Output = decode(t, output)
	}
	return out
}

// plugin compiles the sample for the oracle, once.
func (s *sample) plugin(t *testing.T) *extism.CompiledPlugin {
	t.Helper()
	if s.compiled == nil {
		var err error
		s.compiled, err = extism.NewCompiledPlugin(t.Context(), extism.Manifest{
			Wasm:         []extism.Wasm{extism.WasmData{Data: s.wasm}},
			AllowedHosts: []string{"127.0.0.1"},
			Memory:       &extism.ManifestMemory{MaxHttpResponseBytes: -1, MaxVarBytes: -1},
		}, extism.PluginConfig{EnableWasi: true}, s.functions())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.compiled.Close(context.Background()) })
	}
	return s.compiled
}

func (s *sample) functions() []extism.HostFunction {
	pointer := []extism.ValueType{extism.ValueTypePTR} // or a number: both are i64
	define := func(name string, params, results []extism.ValueType, f extism.HostFunctionStackCallback) extism.HostFunction {
		h := extism.NewHostFunctionWithStack(name, f, params, results)
		h.SetNamespace("usher:host/v1")
		return h
	}
	command := func(name string, kind host.CommandType) extism.HostFunction {
		return define(name, pointer, pointer, func(_ context.Context, p *extism.CurrentPlugin, stack []uint64) {
			text, _ := p.ReadBytes(stack[0])
			stack[0] = 0
			given := map[string]any{}
			_ = json.Unmarshal(text, &given)
			given["type"] = string(kind)
			s.out.Commands = append(s.out.Commands, given)
		})
	}
	nothing := func(_ context.Context, _ *extism.CurrentPlugin, stack []uint64) { stack[0] = 0 }
	return []extism.HostFunction{
		define("secret_get", pointer, pointer, func(_ context.Context, p *extism.CurrentPlugin, stack []uint64) {
			name, _ := p.ReadString(stack[0])
			stack[0] = 0
			if value, found := s.want.Given.Secrets[name]; found {
				stack[0], _ = p.WriteString(value)
			}
		}),
		define("http_send", pointer, pointer, func(ctx context.Context, p *extism.CurrentPlugin, stack []uint64) {
			text, _ := p.ReadBytes(stack[0])
			answer, _ := json.Marshal(s.send(ctx, text))
			stack[0], _ = p.WriteBytes(answer)
		}),
		define("http_start", pointer, pointer, func(ctx context.Context, p *extism.CurrentPlugin, stack []uint64) {
			text, _ := p.ReadBytes(stack[0])
			stack[0] = s.answers.start(func() map[string]any { return s.send(ctx, text) })
		}),
		define("http_wait", pointer, pointer, func(_ context.Context, p *extism.CurrentPlugin, stack []uint64) {
			answer := s.answers.wait(int64(stack[0]))
			stack[0] = 0
			if answer != nil {
				text, _ := json.Marshal(answer)
				stack[0], _ = p.WriteBytes(text)
			}
		}),
		define("http_cancel", pointer, nil, func(_ context.Context, _ *extism.CurrentPlugin, stack []uint64) {
			delete(s.answers.open, stack[0])
		}),
		define("crypto_call", pointer, pointer, func(ctx context.Context, p *extism.CurrentPlugin, stack []uint64) {
			request, _ := p.ReadBytes(stack[0])
			answer, _ := webcrypto.Answer(free{ctx}, webcrypto.Read(request))
			stack[0], _ = p.WriteBytes(answer)
		}),
		define("log_write", []extism.ValueType{extism.ValueTypeI32, extism.ValueTypePTR}, nil, func(_ context.Context, p *extism.CurrentPlugin, stack []uint64) {
			message, _ := p.ReadString(stack[1])
			s.out.Logs = append(s.out.Logs, line{[]string{"trace", "debug", "info", "warn", "error"}[uint32(stack[0])], message})
		}),
		command("access_deny", host.CommandDeny),
		command("validation_error", host.CommandValidationError),
		command("user_metadata_set", host.CommandUserMetadata),
		command("app_metadata_set", host.CommandAppMetadata),
		command("user_id_set", host.CommandUserID),
		define("cache_get", pointer, pointer, nothing),
		define("cache_set", pointer, pointer, nothing),
		define("cache_delete", pointer, pointer, nothing),
		define("retry_stop", nil, pointer, nothing),
		define("clock_sleep", pointer, nil, func(context.Context, *extism.CurrentPlugin, []uint64) {}),
	}
}

// free is a caller for whom nothing is counted.
type free struct{ context.Context }

// Burn implements [webcrypto.Caller].
func (free) Burn(int64) {}

// send is http_send without any rule.
func (s *sample) send(ctx context.Context, text []byte) map[string]any {
	var q struct {
		Method, URL, Body string
		BodyBase64        []byte `json:"body_base64"`
		Headers           map[string]any
	}
	if err := json.Unmarshal(text, &q); err != nil {
		return failed("invalid", err.Error())
	}
	r, err := http.NewRequestWithContext(ctx, q.Method, q.URL, io.MultiReader(strings.NewReader(q.Body), bytes.NewReader(q.BodyBase64)))
	if err != nil {
		return failed("invalid", "malformed")
	}
	r.ContentLength = int64(len(q.Body) + len(q.BodyBase64))
	for name, value := range q.Headers {
		if one, ok := value.(string); ok {
			r.Header.Set(name, one)
		} else {
			r.Header.Set(name, value.([]any)[0].(string))
		}
	}
	response, err := s.receiver.Client().Do(r)
	if err != nil {
		return failed("network", "failed")
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	headers := map[string][]string{}
	for name, values := range response.Header {
		headers[strings.ToLower(name)] = values
	}
	return map[string]any{"status": response.StatusCode, "headers": headers, "body": string(body), "url": q.URL}
}

func failed(code, message string) map[string]any {
	return map[string]any{"error": map[string]any{"code": code, "message": message}}
}

// answers are the answers to the requests that a run started.
type answers struct {
	open map[uint64]bool // by handle; for the run's goroutine
	last uint64
	done chan map[string]any
	work sync.WaitGroup
}

func newAnswers() *answers {
	return &answers{open: map[uint64]bool{}, done: make(chan map[string]any, 100)}
}

func (a *answers) start(send func() map[string]any) uint64 {
	a.last++
	handle := a.last
	a.open[handle] = true
	a.work.Go(func() {
		answer := send()
		answer["id"] = handle
		a.done <- answer
	})
	return handle
}

// wait returns the next answer; nil when none came in ms, which are without
// end when negative, or when none is to come.
func (a *answers) wait(ms int64) map[string]any {
	var late <-chan time.Time
	if ms >= 0 {
		late = time.After(time.Duration(ms) * time.Millisecond)
	}
	for len(a.open) > 0 {
		select {
		case answer := <-a.done:
			handle := answer["id"].(uint64)
			if a.open[handle] {
				delete(a.open, handle)
				return answer
			}
		case <-late:
			return nil
		}
	}
	return nil
}

func (a *answers) close() { a.work.Wait() }

// messageOf returns what a run failed with: the SDK hands on what the guest set,
// which may be JSON with the message in it.
func messageOf(err error) string {
	var failure struct{ Message string }
	if json.Unmarshal([]byte(err.Error()), &failure) == nil {
		return failure.Message
	}
	return err.Error()
}
