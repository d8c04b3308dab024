package replaytest_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/internal/jstest"
	"github.com/usherhost/usher/host/internal/replaytest"
	"github.com/usherhost/usher/host/jsbuild/bundle"
	"github.com/usherhost/usher/proto/conformance"
)

var (
	cases = flag.Int("cases", 300, "how many random runs are replayed")
	seed  = flag.Uint64("seed", 0, "of the random runs; 0: the time")
)

func TestMain(m *testing.M) { os.Exit(jstest.Main(m)) }

// TestARandomRunIsReplayedByteForByte: random modules, and random programs of an action in
// JavaScript, on random events against a server that behaves at random, under limits that
// often end them.
func TestARandomRunIsReplayedByteForByte(t *testing.T) {
	t.Parallel()
	kit := jstest.Shared(t)
	built, err := kit.Builder.Build(t.Context(), bundle.Source{Code: []byte(program)})
	if err != nil {
		t.Fatal(err)
	}
	random(t)
	ended := map[string]int{}
	var mu sync.Mutex
	turns := make(chan int)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for n := range turns {
				r, run, result, tape := newGenerator(n).run(t, kit, built.Module, n)
				replaytest.Same(t, r, run, result, tape)
				if t.Failed() {
					t.Logf("case %d of -seed %d: %s", n, *seed, run.Event.Body)
				}
				how := ending(&result)
				mu.Lock()
				ended[how]++
				mu.Unlock()
			}
		})
	}
	for n := range *cases {
		if t.Failed() {
			break
		}
		turns <- n
	}
	close(turns)
	group.Wait()
	t.Logf("%d runs ended: %v", *cases, ended)
	if ended["succeeded"] == 0 || *cases >= 300 && (ended["timeout_ms"] == 0 || ended["fuel"] == 0 || ended["guest"] == 0) {
		t.Errorf("the runs are not random enough: %v", ended)
	}
}

// runsOfModule is how many runs a random module has.
const runsOfModule = 8

// generator makes one random run.
type generator struct{ *rand.Rand }

// random chooses the seed, and notes it.
func random(t *testing.T) {
	t.Helper()
	choose.Do(func() {
		if *seed == 0 {
			*seed = uint64(time.Now().UnixNano())
		}
	})
	t.Logf("-seed %d", *seed)
}

var choose sync.Once

func newGenerator(n int) *generator { return &generator{rand.New(rand.NewPCG(*seed, uint64(n)))} }

// run runs case n, and returns what a replay of it needs.
func (g *generator) run(t *testing.T, kit *jstest.Kit, script []byte, n int) (*guest.Runner, guest.Run, host.Result, host.Tape) {
	t.Helper()
	wasm, body, trigger := script, g.event(), host.PostUserRegistration
	if n%2 == 0 { // a module is compiled, which takes longer than its runs
		made := &generator{rand.New(rand.NewPCG(*seed, uint64(n/(2*runsOfModule))))}
		if made.IntN(3) == 0 {
			trigger = host.PreUserRegistration
		}
		vector := conformance.Vector{Calls: made.calls(trigger.Decides())}
		if made.IntN(8) == 0 {
			vector.Return = 1
		}
		var err error
		if wasm, err = vector.Module(trigger.Entry()); err != nil {
			t.Fatal(err)
		}
	}
	from := modules{wasm, map[string]string{"TOKEN": "s3cret-" + g.text(12), "EMPTY": ""}}
	r := *kit.Runner
	r.Modules, r.Secrets, r.Egress, r.Cache = from, from, server{g.Uint64()}, &guest.Cache{}
	run := guest.Run{
		ExecutionID: "exe_1", Attempt: 1, UserMetadataBytes: g.IntN(2) * 16_000, Event: &host.Event{ID: "evt_1", Trigger: trigger, Body: body},
		Step: host.Step{
			BindingID: "bnd_1", ActionID: fmt.Sprintf("act_%d", n%5), Action: "action", Number: 1, Digest: host.Digest(wasm), Settings: g.settings(),
		},
	}
	result, tape, err := r.Run(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	if !result.Succeeded && g.IntN(2) == 0 { // its retry resumes from it, and meets another server
		run.Attempt, run.Resumption.Earlier = 2, []host.EarlierAttempt{{Number: 1, Tape: tape}}
		r.Egress = server{g.Uint64()}
		if result, tape, err = r.Run(t.Context(), run); err != nil {
			t.Fatal(err)
		}
	}
	return &r, run, result, tape
}

// ending names how a run ended.
func ending(result *host.Result) string {
	switch {
	case result.Succeeded:
		return "succeeded"
	case result.Limit != "":
		return result.Limit
	}
	return string(result.Fault)
}

type modules struct {
	wasm    []byte
	secrets map[string]string
}

func (m modules) Module(context.Context, string) ([]byte, error) { return m.wasm, nil }

func (m modules) Secrets(context.Context, string) (map[string]string, error) {
	return m.secrets, nil
}

// settings are limits that a run often meets.
func (g *generator) settings() host.Settings {
	s := host.Settings{Egress: host.Egress{Mode: host.EgressPublic}, Config: map[string]string{"COLOUR": g.text(10)}}
	limit := func(at *int64, of ...int64) {
		if g.IntN(6) == 0 {
			*at = of[g.IntN(len(of))]
		}
	}
	s.Limits.TimeoutMillis = 60_000
	limit(&s.Limits.TimeoutMillis, 5, 20, 60)
	limit(&s.Limits.Fuel, 10_000, 5_000_000, 20_000_000)
	limit(&s.Limits.LogBytes, 100, 2000)
	limit(&s.Limits.RecordBytes, 2000, 20_000)
	limit(&s.Limits.HostCalls, 3, 10)
	limit(&s.Limits.HTTPRequests, 1, 3)
	limit(&s.Limits.OutputBytes, 10)
	limit(&s.Limits.ResponseBytes, 100)
	if g.IntN(3) == 0 {
		s.Isolation = []host.Isolation{host.IsolationReset, host.IsolationFresh, host.IsolationPlain}[g.IntN(3)]
	}
	return s
}

// text returns a string of any characters.
func (g *generator) text(most int) string {
	var b strings.Builder
	for range g.IntN(most + 1) {
		switch g.IntN(4) {
		case 0:
			b.WriteRune(rune(1 + g.IntN(0xd000)))
		case 1:
			b.WriteString([]string{"s3cret-", "\n", `"`, "%", "\x00"}[g.IntN(5)])
		default:
			b.WriteByte(byte('a' + g.IntN(26)))
		}
	}
	return b.String()
}

func (g *generator) url() string {
	return fmt.Sprintf("https://%c.example/%d", 'a'+g.IntN(3), g.IntN(1000))
}

// calls are those of a random module.
func (g *generator) calls(decides bool) []conformance.Call {
	block := func(s string) json.RawMessage {
		b, _ := json.Marshal(map[string]string{"$base64": base64.StdEncoding.EncodeToString([]byte(s))})
		return b
	}
	number := func(n int) json.RawMessage { return json.RawMessage(fmt.Sprint(n)) }
	request := func() string {
		b, _ := json.Marshal(map[string]any{
			"method": []string{"", "GET", "POST", "put"}[g.IntN(4)], "url": g.url(), "body": g.text(200),
			"headers": map[string]string{"x": g.text(20)}, "timeout_ms": g.IntN(3) * 20,
		})
		if g.IntN(10) == 0 {
			return string(b[:g.IntN(len(b))])
		}
		return string(b)
	}
	var list []conformance.Call
	add := func(function string, args ...json.RawMessage) {
		list = append(list, conformance.Call{Function: function, Args: args})
	}
	for range 1 + g.IntN(14) {
		kinds := 16
		if decides {
			kinds = 20
		}
		switch g.IntN(kinds) {
		case 0:
			add("secret_get", block([]string{"TOKEN", "EMPTY", "none", g.text(20)}[g.IntN(4)]))
		case 1, 2:
			add("http_send", block(request()))
		case 3, 4, 5:
			add("http_start", block(request()))
		case 6, 7:
			add("http_wait", number([]int{-1, 0, 1, 30}[g.IntN(4)]))
		case 8:
			add("http_cancel", number(g.IntN(4)))
		case 9:
			add("cache_set", block(fmt.Sprintf(`{"key":"k","value":%q,"ttl":%d}`, "v"+fmt.Sprint(g.IntN(9)), g.IntN(3)*1000)))
		case 10:
			add([]string{"cache_get", "cache_delete"}[g.IntN(2)], block("k"))
		case 11:
			add("crypto_call", block(g.crypto()))
		case 12:
			add("log_write", number(g.IntN(6)), block(g.text(300)))
		case 13:
			add("clock_sleep", number(g.IntN(4)))
		case 14:
			add("config_get", block("COLOUR"))
		case 15:
			add([]string{"error_set", "var_get", "log_warn"}[g.IntN(3)], block(g.text(40)))
		case 16:
			add("access_deny", block(fmt.Sprintf(`{"reason":%q,"user_message":"no"}`, g.text(20))))
		case 17:
			add("validation_error", block(`{"code":"c","message":"s3cret-m"}`))
		default:
			add([]string{"user_metadata_set", "app_metadata_set"}[g.IntN(2)], block(fmt.Sprintf(`{"key":"k%d","value":%d}`, g.IntN(3), g.IntN(1e6))))
		}
	}
	return list
}

// crypto is a request for one of the operations, pure and by chance.
func (g *generator) crypto() string {
	head := []string{
		`{"op":"digest","hash":"sha256","parts":[2]}`, `{"op":"generate","type":"ed25519","parts":[]}`,
		`{"op":"generate","type":"x25519","parts":[]}`, `{"op":"scrypt","n":1024,"r":8,"p":1,"length":32,"parts":[1,1]}`, `{"op":"none"}`,
	}[g.IntN(5)]
	return string(binary.LittleEndian.AppendUint32(nil, uint32(len(head)))) + head + "ps"
}

// event has a random program for the action in JavaScript.
func (g *generator) event() []byte {
	var steps []map[string]any
	for range g.IntN(9) {
		var urls []string
		for range 1 + g.IntN(4) {
			urls = append(urls, g.url())
		}
		steps = append(steps, map[string]any{
			"do":   []string{"all", "race", "each", "sleep", "timers", "log", "random", "digest", "key", "sign", "clock", "cache", "abort", "throw", "spin", "catch"}[g.IntN(16)],
			"urls": urls, "ms": g.IntN(5), "text": g.text(60), "n": g.IntN(2000),
		})
	}
	b, _ := json.Marshal(map[string]any{"user": map[string]any{"user_id": "auth0|" + g.text(8), "email": "jo@example.com", "user_metadata": map[string]any{"steps": steps}}})
	return b
}

// program does what the event says.
const program = `
const steps = {
  all: (s) => Promise.all(s.urls.map((u) => post(u, s.text))),
  race: (s) => Promise.race(s.urls.map((u) => post(u, s.text))),
  each: async (s) => { for (const u of s.urls) await post(u, s.text); },
  sleep: (s) => new Promise((r) => setTimeout(r, s.ms)),
  timers: (s) => Promise.all([3, 1, 2].map((k) => new Promise((r) => setTimeout(() => { console.log(k); r(); }, k * s.ms)))),
  log: (s) => { for (let i = 0; i < s.n % 7; i++) console.warn(s.text, i); },
  random: () => { console.log(Math.random(), crypto.randomUUID(), crypto.getRandomValues(new Uint8Array(4))); },
  digest: async (s) => { console.log(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(s.text))); },
  key: async () => { console.log(await crypto.subtle.exportKey('jwk', await crypto.subtle.generateKey({name: 'Ed25519'}, true, ['sign', 'verify']).then((k) => k.publicKey))); },
  sign: async (s) => {
    const pair = await crypto.subtle.generateKey({name: 'ECDSA', namedCurve: 'P-256'}, true, ['sign', 'verify']);
    console.log(new Uint8Array(await crypto.subtle.sign({name: 'ECDSA', hash: 'SHA-256'}, pair.privateKey, new TextEncoder().encode(s.text))));
  },
  clock: (s) => { const end = Date.now() + s.ms; let n = 0; while (Date.now() < end) n++; console.log(n, performance.now()); },
  cache: (s, api) => { api.cache.set('k', s.text.slice(0, 20), {ttl: s.n}); console.log(api.cache.get('k')); if (s.n % 2) api.cache.delete('k'); },
  abort: async (s) => { try { await fetch(s.urls[0], {signal: AbortSignal.timeout(s.ms)}); } catch (e) { console.error(e.name); } },
  throw: (s) => { if (s.n % 3 === 0) throw new TypeError(s.text); },
  spin: (s) => { let x = 0; for (let i = 0; i < s.n * 100; i++) x += i % 7; console.log(x); },
  catch: async (s) => { try { await post('not a url', s.text); } catch (e) { console.error(e.message); } },
};
const post = async (u, body) => {
  const r = await fetch(u, {method: 'POST', headers: {authorization: 'Bearer ' + token, 'x-at': String(Date.now())}, body: JSON.stringify({body})});
  console.log(r.status, (await r.text()).length, r.headers.get('x-odd'));
};
let token;
exports.onExecutePostUserRegistration = async (event, api) => {
  token = event.secrets.TOKEN;
  for (const s of event.user.user_metadata.steps) await steps[s.do](s, api);
};
`

// server behaves at random, but the same for the same request.
type server struct{ seed uint64 }

// Send implements guest.Egress.
func (s server) Send(ctx context.Context, r *host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure) {
	sum := sha256.Sum256([]byte(fmt.Sprint(s.seed, r.URL, len(r.Body))))
	g := generator{rand.New(rand.NewPCG(s.seed, binary.LittleEndian.Uint64(sum[:])))}
	wait := time.Duration(g.IntN(3000)) * time.Microsecond
	if g.IntN(20) == 0 {
		wait = time.Minute
	}
	timer := time.NewTimer(min(wait, r.Timeout))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	switch failure := g.IntN(12); {
	case ctx.Err() != nil || wait >= r.Timeout:
		return nil, &host.EgressFailure{Code: host.EgressTimeout, Message: "no answer in time", Requests: 1}
	case failure == 0:
		return nil, &host.EgressFailure{Code: host.EgressNetwork, Message: "connection \xff broken", Requests: 1}
	case failure == 1:
		return nil, &host.EgressFailure{Code: host.EgressRefused, Message: "not allowed", Origin: "https://a.example"}
	case failure == 2:
		return nil, &host.EgressFailure{Code: host.EgressLimit, Limit: "response_bytes", Message: "the response is too long", Requests: 1}
	}
	body := []byte(strings.Repeat(g.text(30), g.IntN(40)))
	if g.IntN(5) == 0 {
		body = append(body, 0xff, 0)
	}
	header := http.Header{"Content-Type": {"text/plain"}, "X-Odd": {g.text(10), "latin\xe9"}}
	if g.IntN(4) == 0 {
		header.Set("Retry-After", "3")
	}
	return &host.HTTPResponse{
		Status: []int{200, 200, 201, 301, 404, 429, 500}[g.IntN(7)], Header: header, Body: body, URL: r.URL, Requests: int64(1 + g.IntN(2)),
	}, nil
}
