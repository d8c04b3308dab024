package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
)

// hostileMillis is how long a hostile run may take.
const hostileMillis = 1500

// The faults that hostile runs end with.
const (
	guestFault = "guest" // it set an error, or trapped, as it does once its attack was refused
	timeout    = "limit:timeout_ms"
	memory     = "limit:memory_bytes"
	record     = "limit:record_bytes"
	output     = "limit:output_bytes"
	calls      = "limit:host_calls"
	fuel       = "limit:fuel"
	names      = "limit:name_bytes"
	response   = "limit:response_bytes"
	headers    = "limit:response_header_bytes"
)

// What ends a hostile run depends on the machine, too: a fast one burns the
// fuel of a run before its time is over, and a busy one meets the deadline
// before the limit that is attacked. So each names every limit that may end it.

// flood calls one host function with much.
func flood(name string, f guests.Flood, want ...string) *action {
	return &action{
		name: name, kind: "leaves much behind", wasm: guests.Wasm("flood"), want: want,
		settings: host.Settings{Config: map[string]string{"flood": ascii(f.Config())}},
	}
}

// leaving are actions that leave more than the host can keep: in its memory
// while they run, and in its store after that.
func leaving() []*action {
	const much = 0x017f7f7f // 25 MB, each byte ASCII
	guest := func(name, wasm, want string) *action {
		return &action{name: name, kind: "takes memory", wasm: guests.Wasm(wasm), want: []string{want, timeout}}
	}
	return []*action{
		flood("names", guests.Flood{Function: "secret_get", Size: much, Times: 100}, names, timeout),
		flood("keys", guests.Flood{Function: "cache_get", Size: much, Times: 100}, names, timeout),
		flood("values", guests.Flood{Function: "cache_set", Size: much, Times: 0x7f7f, Before: `{"key":"k","value":"`, Behind: `"}`, Fill: 'v'}, record, memory, timeout, calls),
		flood("variables", guests.Flood{Function: "var_set", Size: 0x0f7f7f, Times: 0x400, Fill: 'v'}, names, timeout),
		flood("error", guests.Flood{Function: "error_set", Size: much, Times: 1, Fill: 1}, record, memory, timeout, guestFault),
		flood("headers", guests.Flood{Function: "http_send", Size: much, Times: 0x7f7f, Before: `{"method":"GET","url":"http://127.0.0.1:9/","headers":{"a":"`, Behind: `"}}`, Fill: 'h'}, record, memory, timeout, calls),
		flood("lines", guests.Flood{Function: "log_warn", Size: 0x0f7f7f, Times: 0x400, Fill: 'l'}, succeeded, fuel, timeout),
		flood("standard-output", guests.Flood{Function: "stdout", Size: 0x0f7f7f, Times: 0x400, Fill: 'l'}, succeeded, fuel, timeout),
		guest("output", "output", output),
		guest("logs", "logs", fuel),
		guest("calls", "calls", calls),
		guest("memory", "memory", memory),
		guest("kernel", "kernelbomb", memory),
		guest("recursion", "recursion", memory),
		guest("pointers", "badpointer", guestFault),
		{
			name: "tables", kind: "takes memory", wasm: guests.Wasm("growntable"), want: []string{guestFault, memory, timeout},
		},
		{
			name: "deep-waits", kind: "takes memory", wasm: guests.Wasm("deepwait"), want: []string{timeout, memory},
		},
	}
}

// waiting are actions that call peers which answer badly. Those that get an
// error in time end with a trap.
func waiting(p *peers) []*action {
	bad := func(name, path, want string) *action {
		return &action{
			name: name, kind: "calls a bad peer", wasm: guests.Wasm("script"), want: slices.Compact([]string{want, timeout}),
			settings: host.Settings{
				Limits: host.Limits{HTTPTimeoutMillis: 10 * hostileMillis},
				Egress: host.Egress{Allow: []string{p.bad, p.origin, p.careless}},
				Config: map[string]string{"script": ascii(guests.Script(
					guests.Step{Function: "http_send", Argument: `{"method":"GET","url":"` + path + `"}`},
					guests.Step{Function: "trap"},
				))},
			},
		}
	}
	poison := bad("poison", "", guestFault)
	poison.settings.Config["script"] = ascii(guests.Script(
		guests.Step{Function: "http_send", Argument: `{"method":"GET","url":"` + p.careless +
			`/x","body":"GET /poisoned HTTP/1.1\r\nHost: x\r\n\r\n"}`},
		guests.Step{Function: "trap"},
	))
	held := bad("held-origin", "", timeout)
	var many []guests.Step
	for range 20 {
		many = append(many, guests.Step{Function: "http_send", Argument: `{"method":"GET","url":"` + p.origin + `/slow"}`})
	}
	held.settings.Config["script"] = ascii(guests.Script(many...))
	return append(fromKit(p), []*action{
		bad("switching", p.bad+"/101", guestFault),
		bad("silent", p.bad+"/silent", timeout),
		bad("trickle", p.bad+"/trickle", timeout),
		bad("endless", p.bad+"/endless", response),
		bad("endless-headers", p.bad+"/headers", headers),
		bad("half-closed", p.bad+"/half", guestFault),
		bad("early-hints", p.bad+"/103", timeout),
		poison, held,
	}...)
}

// fromKit are actions that call every peer of package hostile, some each, for a
// moment, and trap.
func fromKit(p *peers) []*action {
	var list []*action
	const each = 12
	for urls := range slices.Chunk(p.kit, each) {
		a := &action{
			name: fmt.Sprintf("kit-%d", len(list)), kind: "calls many bad peers", wasm: guests.Wasm("script"),
			want:     []string{guestFault, timeout, response, headers},
			settings: host.Settings{Limits: host.Limits{HTTPTimeoutMillis: 100, HTTPRequests: 1000}},
		}
		var steps []guests.Step
		for _, url := range urls {
			a.settings.Egress.Allow = append(a.settings.Egress.Allow, strings.TrimSuffix(url, "/hook"))
			steps = append(steps, guests.Step{Function: "http_send", Argument: `{"method":"GET","url":"` + url + `"}`})
		}
		a.settings.Config = map[string]string{"script": ascii(guests.Script(append(steps, guests.Step{Function: "trap"})...))}
		list = append(list, a)
	}
	return list
}

// computing are actions that keep a core busy, in the guest or in the host.
func computing() []*action {
	crypto := func(name, request string, size int, want ...string) *action {
		f := guests.Flood{Function: "crypto_call", Before: header(request) + request, Size: size, Times: 0x7f7f, Fill: 'k'}
		a := flood(name, f, want...)
		a.kind = "computes in the host"
		return a
	}
	return []*action{
		{name: "loop", kind: "computes", wasm: guests.Wasm("loop"), want: []string{timeout, fuel}},
		{
			name: "fuel", kind: "computes", wasm: guests.Wasm("loop"), want: []string{fuel, timeout}, // a busy machine's clock ends it first
			settings: host.Settings{Limits: host.Limits{Fuel: 50_000_000}},
		},
		crypto("scrypt", `{"op":"scrypt","parts":[1,1],"n":2,"r":1,"p":500000,"length":1048576}`, 2, timeout, fuel, calls, record),
		crypto("hkdf", `{"op":"hkdf","parts":[1,1,25132925],"hash":"sha256","length":8000}`, 0x017f7f7f, timeout, fuel, calls, memory, record),
		crypto("key-wrap", `{"op":"encrypt","cipher":"aes128-wrap","parts":[16,8,25132896]}`, 0x017f7f78, timeout, fuel, calls, memory, record),
	}
}

// header is the length of a request in four bytes.
func header(request string) string {
	n := len(request)
	return string([]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)})
}

func inJavaScript() []*action {
	handler := func(name, body string, want ...string) *action {
		return &action{
			name: "js-" + name, kind: "JavaScript", want: want,
			source: fmt.Sprintf("exports.onExecutePostUserRegistration = async (event, api) => { %s };", body),
		}
	}
	return []*action{
		handler("loop", "for (;;) {}", timeout, fuel),
		handler("memory", "const all = []; for (;;) all.push(new Uint8Array(1 << 20).fill(1))", guestFault, memory, timeout),
		handler("recursion", "const f = n => f(n + 1) + 1; f(0)", guestFault, memory, timeout),
		handler("expression", `/^(a+)+$/.test("`+strings.Repeat("a", 40)+`b")`, timeout, fuel),
		handler("promises", "await new Promise(() => { const again = () => { Promise.resolve().then(again) }; again() })", timeout, fuel),
		// Each promise waits for the next one: their chain grows, until memory ends it, too.
		handler("promise-chain", "await new Promise(() => { const again = () => Promise.resolve().then(again); again() })", timeout, fuel, memory, guestFault),
	}
}
