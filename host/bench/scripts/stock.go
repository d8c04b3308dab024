package scripts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	extism "github.com/extism/go-sdk"
	"github.com/tetratelabs/wazero"
)

// Stock runs an action as users of the Extism Go SDK do: compiled once, an
// instance for every event, with a timeout. Its host functions do the least
// that the action needs, under no policy.
type Stock struct {
	compiled *extism.CompiledPlugin
	input    []byte
	ctx      context.Context

	answers chan []byte // of requests that were started
	last    uint64      // handle
}

const timeoutMillis = 20_000

// NewStock compiles the action. The error is a [*Missing] for actions that sign:
// there is no cryptography among the host functions. The caller must close it.
func (s *Script) NewStock(ctx context.Context) (*Stock, error) {
	if s.Name == "jose" || s.Name == "aws" {
		return nil, &Missing{"it signs, and its host functions have no cryptography"}
	}
	p := &Stock{ctx: ctx, answers: make(chan []byte, 1)}
	p.input = fmt.Appendf(nil, `{"event":%s,"execution":{"id":"exe_1","attempt":1,"timeout_ms":%d}}`, s.withSecrets(), timeoutMillis)
	var err error
	p.compiled, err = extism.NewCompiledPlugin(ctx, extism.Manifest{
		Wasm: []extism.Wasm{extism.WasmData{Data: s.Wasm}}, Timeout: timeoutMillis,
	}, extism.PluginConfig{EnableWasi: true}, p.functions())
	return p, err
}

// Run runs the action once, in an instance of its own.
func (p *Stock) Run() error {
	instance, err := p.compiled.Instance(p.ctx, extism.PluginInstanceConfig{ModuleConfig: wazero.NewModuleConfig().WithSysWalltime().WithSysNanotime()})
	if err != nil {
		return err
	}
	_, _, err = instance.Call(Entry, p.input)
	return errors.Join(err, instance.Close(p.ctx))
}

// Close frees the code.
func (p *Stock) Close() error { return p.compiled.Close(p.ctx) }

// functions are those of usher:host/v1 that the engine imports.
func (p *Stock) functions() []extism.HostFunction {
	i32, i64 := extism.ValueTypeI32, extism.ValueTypeI64
	one := []extism.ValueType{i64}
	var all []extism.HostFunction
	add := func(name string, params, results []extism.ValueType, run extism.HostFunctionStackCallback) {
		f := extism.NewHostFunctionWithStack(name, run, params, results)
		f.SetNamespace("usher:host/v1")
		all = append(all, f)
	}
	nothing := func(_ context.Context, _ *extism.CurrentPlugin, stack []uint64) { stack[0] = 0 }
	for _, name := range []string{
		"cache_get", "cache_set", "cache_delete", "crypto_call",
		"access_deny", "validation_error", "user_metadata_set", "app_metadata_set", "user_id_set",
	} {
		add(name, one, one, nothing)
	}
	add("http_start", one, one, p.start)
	add("http_wait", one, one, p.wait)
	add("http_cancel", one, nil, func(context.Context, *extism.CurrentPlugin, []uint64) {})
	add("log_write", []extism.ValueType{i32, i64}, nil, func(context.Context, *extism.CurrentPlugin, []uint64) {})
	add("clock_sleep", one, nil, func(_ context.Context, _ *extism.CurrentPlugin, stack []uint64) {
		time.Sleep(time.Duration(stack[0]) * time.Millisecond)
	})
	return all
}

// start sends a request, whose answer wait returns.
func (p *Stock) start(ctx context.Context, plugin *extism.CurrentPlugin, stack []uint64) {
	text, err := plugin.ReadBytes(stack[0])
	if err != nil {
		panic(err)
	}
	p.last++
	handle := p.last
	stack[0] = handle
	go func() { p.answers <- send(ctx, handle, text) }()
}

func (p *Stock) wait(_ context.Context, plugin *extism.CurrentPlugin, stack []uint64) {
	offset, err := plugin.WriteBytes(<-p.answers)
	if err != nil {
		panic(err)
	}
	stack[0] = offset
}

// answer is what http_wait returns.
type answer struct {
	ID      uint64      `json:"id"`
	Status  int         `json:"status,omitempty"`
	Headers http.Header `json:"headers,omitempty"`
	Body    string      `json:"body,omitempty"`
	URL     string      `json:"url,omitempty"`
	Error   *failure    `json:"error,omitempty"`
}

type failure struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// send sends a request in the ABI's form and returns the answer in its form.
func send(ctx context.Context, handle uint64, text []byte) []byte {
	a, err := exchange(ctx, text)
	if err != nil {
		a = answer{Error: &failure{Code: "network", Message: err.Error()}}
	}
	a.ID = handle
	encoded, err := json.Marshal(a)
	if err != nil {
		panic(err) // numbers and strings: it can't fail
	}
	return encoded
}

func exchange(ctx context.Context, text []byte) (answer, error) {
	var wanted struct {
		Method, URL, Body string
		Headers           map[string]json.RawMessage
	}
	if err := json.Unmarshal(text, &wanted); err != nil {
		return answer{}, err
	}
	request, err := http.NewRequestWithContext(ctx, wanted.Method, wanted.URL, strings.NewReader(wanted.Body))
	if err != nil {
		return answer{}, err
	}
	for name, raw := range wanted.Headers {
		var value string
		if json.Unmarshal(raw, &value) == nil {
			request.Header.Set(name, value)
		}
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	a := answer{Status: response.StatusCode, Body: string(body), URL: response.Request.URL.String(), Headers: http.Header{}}
	for name, values := range response.Header {
		a.Headers[strings.ToLower(name)] = values
	}
	return a, err
}
