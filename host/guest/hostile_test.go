package guest_test

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/egress"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/internal/hostile"
	"github.com/usherhost/usher/host/sandbox"
	"github.com/usherhost/usher/proto/conformance"
)

// late is how much later than its deadline a run may end here, and than it was
// canceled. It is generous, for a machine that does other things; the figure is
// logged.
const late = 2 * time.Second

// hostileTimeout is the deadline of runs that would go on.
const hostileTimeout = 300 * time.Millisecond

// scene is a guest of calls, and who is outside.
type scene struct {
	name  string
	calls []conformance.Call
	world guest.Egress
}

// block is a block of bytes for a guest.
func block(text string) any {
	return map[string]string{"$base64": base64.StdEncoding.EncodeToString([]byte(text))}
}

// computing returns, by function, what costs the host most. A function that
// does no more than look something up has a case with the longest name.
func computing() map[string][]conformance.Call {
	long := strings.Repeat("x", 500_000)
	headers := strings.Repeat(`"a":"b","c":["d","e"],`, 300_000)
	requests := []string{
		`{"url":"https://a.example/","headers":{` + headers + `"z":"z"}}`,
		`{"url":"https://a.example/","headers":{` + headers[:240<<10/22*22] + `"z":"z"}}`,
		`{"url":"https://a.example/","body":"` + strings.Repeat(`\u0000`, 300_000) + `"}`,
		`{"url":"https://a.example/","headers":{"a":` + strings.Repeat("[", 500_000) + `}}`,
		strings.Repeat(`{"headers":`, 50_000),
		`{` + strings.Repeat(`"URL":"a",`, 100_000) + `"url":"b"}`,
	}
	cases := map[string][]conformance.Call{}
	for _, f := range []string{"http_send", "http_start"} {
		for _, r := range requests {
			cases[f] = append(cases[f], call(f, block(r)))
		}
		requests = requests[1:2]
	}
	for _, r := range requests {
		cases["http_request"] = append(cases["http_request"], call("http_request", block(r), block("body")))
	}
	const parts = 65537
	for _, head := range []string{
		`{"op":"pbkdf2","hash":"sha512","iterations":2147483647,"length":64,"parts":[1,65536]}`,
		`{"op":"pbkdf2","hash":"ripemd160","iterations":1,"length":1048576,"parts":[1,65536]}`,
		`{"op":"scrypt","n":2,"r":1,"p":500000,"length":1048576,"parts":[1,65536]}`,
		`{"op":"scrypt","n":2,"r":1,"p":8192,"length":1048576,"parts":[1,65536]}`,
		`{"op":"scrypt","n":65536,"r":8,"p":2,"length":1048576,"parts":[1,65536]}`,
		`{"op":"hkdf","hash":"ripemd160","length":5100,"parts":[1,0,65536]}`,
		`{"op":"generate","type":"rsa","bits":4096,"parts":[65537]}`,
		`{"op":"encrypt","cipher":"aes-256-wrap","parts":[32,8,65497]}`,
	} {
		cases["crypto_call"] = append(cases["crypto_call"], compute(head, long[:parts]))
	}
	cases["crypto_call"] = append(cases["crypto_call"], compute("digest ripemd160", long), compute("hmac ripemd160 1000000", long))
	for _, f := range []string{"secret_get", "config_get", "cache_get", "cache_delete", "var_get"} {
		cases[f] = []conformance.Call{call(f, block(long))}
	}
	cases["cache_set"] = []conformance.Call{
		call("cache_set", block(`{"key":"a","ttl":`+strings.Repeat("[", 200_000)+`}`)),
		call("cache_set", block(`{`+strings.Repeat(`"key":"a",`, 25_000)+`"value":"b"}`)),
	}
	cases["var_set"] = []conformance.Call{call("var_set", block("a"), block(long))}
	for _, f := range []string{"log_trace", "log_debug", "log_info", "log_warn", "log_error"} {
		cases[f] = []conformance.Call{call(f, block(long))}
	}
	for _, f := range []string{"access_deny", "validation_error", "user_metadata_set", "app_metadata_set", "user_id_set"} {
		for _, member := range []string{
			`"reason":"` + strings.Repeat(`\u0000`, 40_000) + `"`, `"key":"a","value":` + strings.Repeat("[", 200_000),
			`"key":"a","value":"` + strings.Repeat(`\u0000`, 5_000) + `"`, strings.Repeat(`"user_id":"a",`, 15_000) + `"code":"b"`, long,
		} {
			cases[f] = append(cases[f], call(f, block(`{`+member+`}`)))
		}
	}
	cases["log_write"] = []conformance.Call{call("log_write", 2, block(strings.Repeat("\xff", 1_000_000)))}
	cases["error_set"] = []conformance.Call{call("error_set", block(`{"message":`+strings.Repeat("[", 1_000_000)+`}`))}
	return cases
}

// waiting returns, by function, calls that wait for what never comes. It leaves
// out those that wait for a peer.
func waiting() map[string][]scene {
	return map[string][]scene{
		"clock_sleep": {{name: "a day", calls: []conformance.Call{call("clock_sleep", 86_400_000)}}},
		"http_wait":   {{name: "a day", calls: []conformance.Call{start("https://a.example/"), wait(86_400_000)}, world: &sender{send: never}}},
		"http_cancel": {{name: "one, and waits for another", calls: []conformance.Call{
			start("https://a.example/"), start("https://a.example/"), call("http_cancel", 1), wait(-1),
		}, world: &sender{send: never}}},
	}
}

// constant are the functions that do neither, with the reason.
var constant = map[string]string{
	"http_status_code": "returns a number",
	"http_headers":     "the headers of a response are bounded",
	"get_log_level":    "returns a number",
	"retry_stop":       "notes that it was called",
}

func TestEveryHostFunctionHasAHostileCase(t *testing.T) {
	t.Parallel()
	computing, waiting := computing(), waiting()
	for _, f := range guest.Functions() {
		if computing[f.Name] == nil && waiting[f.Name] == nil && constant[f.Name] == "" {
			t.Errorf("%s has no hostile case: add its most expensive arguments, or what it waits for, or why it does neither", f.Name)
		}
	}
}

// stageOf returns a stage for a scene in a common sandbox.
func stageOf(t *testing.T, s *sandbox.Sandbox, sc scene) *stage {
	t.Helper()
	st := &stage{vector: conformance.Vector{Trigger: string(host.PreUserRegistration), Calls: sc.calls}} // where commands count
	var err error
	if st.wasm, err = st.vector.Module(host.PreUserRegistration.Entry()); err != nil {
		t.Fatal(err)
	}
	st.Runner = &guest.Runner{Sandbox: s, Modules: st, Secrets: st, Egress: sc.world}
	return st
}

func openSandbox(t *testing.T) *sandbox.Sandbox {
	t.Helper()
	s, err := sandbox.Open(t.Context(), sandbox.Config{Functions: guest.Functions()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	return s
}

// within runs a scene up to a deadline that is soon, and checks that it holds.
func within(t *testing.T, s *sandbox.Sandbox, sc scene) host.Result {
	t.Helper()
	st := stageOf(t, s, sc)
	settings := host.Settings{
		Limits: host.Limits{TimeoutMillis: hostileTimeout.Milliseconds(), HTTPTimeoutMillis: 60_000, HTTPRequests: 100},
	}
	result, _, err := st.Run(t.Context(), st.attempt("act_1", settings))
	if err != nil {
		t.Fatal(err)
	}
	after := result.EndedAt.Sub(result.StartedAt) - hostileTimeout
	t.Logf("%s: %v after the deadline, %s %v", sc.name, after, result.Limit, result.Error)
	if after > late {
		t.Errorf("%s: ended %v after its deadline", sc.name, after)
	}
	return result
}

func TestNoHostFunctionComputesPastTheDeadline(t *testing.T) { //nolint:paralleltest // others would make it late
	s := openSandbox(t)
	noop := within(t, s, scene{name: "nothing", calls: []conformance.Call{call("get_log_level")}})
	if !noop.Succeeded {
		t.Fatalf("a run that calls nothing failed: %+v", noop.Error)
	}
	for function, calls := range computing() {
		for i, c := range calls {
			within(t, s, scene{name: fmt.Sprint(function, " ", i), calls: []conformance.Call{c}, world: &sender{send: never}})
		}
	}
}

func TestNoHostFunctionWaitsPastTheDeadline(t *testing.T) {
	t.Parallel()
	s := openSandbox(t)
	var all sync.WaitGroup
	for _, scenes := range waiting() {
		for _, sc := range scenes {
			all.Go(func() {
				if result := within(t, s, sc); result.Limit != "timeout_ms" {
					t.Errorf("%s: limit %q, error %+v", sc.name, result.Limit, result.Error)
				}
			})
		}
	}
	all.Wait()
}

// toward sends every request to a peer, so that guests for all peers are the
// same.
type toward struct {
	*egress.Client
	url string
}

func (w toward) Send(ctx context.Context, r *host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure) {
	q := *r
	q.URL, q.Egress.Allow = w.url, []string{strings.TrimSuffix(w.url, "/hook")}
	return w.Client.Send(ctx, &q)
}

// meet starts a peer and returns what a guest does with it by each function
// that sends.
func meet(t *testing.T, p hostile.Peer) (scenes []scene) {
	t.Helper()
	server, err := p.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	world := toward{newClient(t, server.RootCAs), server.URL}
	request := map[string]any{"url": "http://peer.test/"}
	var body any
	if p.Upload {
		request["method"] = "POST"
		body = block(strings.Repeat("x", 1<<20))
	}
	extism := call("http_request", request, body)
	if p.Upload {
		request = map[string]any{"url": request["url"], "method": "POST", "body": strings.Repeat("x", 1<<20)}
	}
	begin := call("http_start", request)
	scenes = []scene{
		{name: "http_send", calls: []conformance.Call{call("http_send", request)}},
		{name: "http_wait", calls: []conformance.Call{begin, begin, wait(-1), wait(-1)}},
		{name: "http_start alone", calls: []conformance.Call{begin, begin, call("http_cancel", 1), call("clock_sleep", 50)}},
		{name: "http_request", calls: []conformance.Call{extism}},
	}
	for i := range scenes {
		scenes[i].name, scenes[i].world = scenes[i].name+", "+p.Name, world
	}
	return scenes
}

func newClient(t *testing.T, roots *x509.CertPool) *egress.Client {
	t.Helper()
	client := &egress.Client{AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, RootCAs: roots}
	t.Cleanup(client.Close)
	return client
}

func TestNoPeerHoldsARunPastItsDeadline(t *testing.T) { //nolint:paralleltest // others would make it late
	s := openSandbox(t)
	places := make(chan struct{}, 8)
	var all sync.WaitGroup
	for _, p := range hostile.Peers() {
		for _, sc := range meet(t, p) {
			all.Go(func() {
				places <- struct{}{}
				defer func() { <-places }()
				within(t, s, sc)
			})
		}
	}
	all.Wait()
}

func TestACanceledRunIsFreeAtOnce(t *testing.T) { //nolint:paralleltest // others would make it late
	s := openSandbox(t)
	scenes := map[string]scene{}
	for _, p := range hostile.Peers() {
		if p.Ends {
			continue
		}
		for _, sc := range meet(t, p) {
			scenes[sc.name] = sc
		}
	}
	for function, those := range waiting() {
		for _, sc := range those {
			scenes[function+" "+sc.name] = sc
		}
	}
	for i, c := range computing()["crypto_call"] {
		scenes[fmt.Sprint("crypto_call ", i)] = scene{calls: []conformance.Call{c, call("clock_sleep", 86_400_000)}}
	}
	places := make(chan struct{}, 8)
	var all sync.WaitGroup
	var mu sync.Mutex
	var took []time.Duration // guarded by mu
	var last string          // guarded by mu: who took longest
	for name, sc := range scenes {
		all.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			st := stageOf(t, s, sc)
			m, err := s.Module(t.Context(), host.Digest(st.wasm), func() ([]byte, error) { return st.wasm, nil })
			if err != nil {
				t.Error(err)
				return
			}
			defer m.Release() // the run need not compile it
			ctx, cancel := context.WithCancel(t.Context())
			canceled := make(chan time.Time, 1)
			time.AfterFunc(100*time.Millisecond, func() { canceled <- time.Now(); cancel() })
			result, _, err := st.Run(ctx, st.attempt("act_1", host.Settings{Limits: host.Limits{Fuel: 1 << 40}}))
			after := time.Since(<-canceled)
			if after > late || err == nil && !strings.HasPrefix(name, "http_start alone") {
				t.Errorf("%s: ended %v after it was canceled, with %v, %+v %+v", name, after, err, result.Error, result.Calls)
			}
			mu.Lock()
			if took = append(took, after); after == slices.Max(took) {
				last = name
			}
			mu.Unlock()
		})
	}
	all.Wait()
	slices.Sort(took)
	t.Logf("of %d runs the median was free %v after it was canceled, the last, %s, %v", len(took), took[len(took)/2], last, took[len(took)-1])
}
