package jsbuild_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/jstest"
	"github.com/usherhost/usher/host/jsbuild/bundle"
)

// handling makes an action of the body of its handler.
func handling(body string) string {
	return "exports.onExecutePostUserRegistration = async (event, api) => {\n" + body + "\n};\n"
}

func messages(r host.Result) string {
	var lines []string
	for _, l := range r.Logs {
		lines = append(lines, l.Message)
	}
	return strings.Join(lines, "|")
}

func TestParallelRequestsOfAnActionOverlap(t *testing.T) {
	t.Parallel()
	var all sync.WaitGroup // the server answers none before all are there
	all.Add(5)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		all.Done()
		all.Wait()
		_, _ = fmt.Fprint(w, r.URL.Path[1:])
	}))
	t.Cleanup(server.Close)
	result, tape := run(t, handling(`
		const bodies = await Promise.all([1, 2, 3, 4, 5].map(async (n) => (await fetch(event.secrets.URL + n)).text()));
		console.log(bodies.join());
	`), jstest.Run{Secrets: map[string]string{"URL": server.URL + "/"}})
	if !result.Succeeded || messages(result) != "1,2,3,4,5" {
		t.Fatalf("error %+v, logs %q", result.Error, messages(result))
	}
	if result.Stats.HTTPRequests != 5 || len(tape.Calls) != 11 {
		t.Errorf("stats %+v, %d calls on tape", result.Stats, len(tape.Calls))
	}
}

func TestARunDeliversWhatTheHandlerDidNotAwait(t *testing.T) {
	t.Parallel()
	got := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got <- r.Method + " " + r.Header.Get("Content-Type") + " " + r.Header.Get("Idempotency-Key")
	}))
	t.Cleanup(server.Close)
	result, _ := run(t, handling(`
		fetch(event.secrets.URL, { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" });
	`), jstest.Run{Secrets: map[string]string{"URL": server.URL}})
	if !result.Succeeded || len(got) != 1 {
		t.Fatalf("error %+v, %d requests", result.Error, len(got))
	}
	if sent := <-got; sent != "POST application/json exe_1-0-0" {
		t.Errorf("sent %q", sent)
	}
}

func TestTheFailureOfWhatWasNotAwaitedIsSeen(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	result, _ := run(t, handling(`fetch(event.secrets.URL);`), jstest.Run{Secrets: map[string]string{"URL": server.URL}})
	var output struct {
		Unhandled []host.ResultError `json:"unhandled"`
	}
	if err := json.Unmarshal(result.Output, &output); err != nil || len(output.Unhandled) != 1 || !result.Succeeded {
		t.Fatalf("%v: output %s, error %+v", err, result.Output, result.Error)
	}
	if len(result.Logs) != 1 || result.Logs[0].Level != "warn" || !strings.HasPrefix(result.Logs[0].Message, "Unhandled promise rejection: TypeError: fetch failed") {
		t.Errorf("logs %+v", result.Logs)
	}
}

func TestErrorsOfAnActionComeInParts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		body  string
		want  host.ResultError
		stack string // that it begins with
	}{
		{name: "a bug", body: "undefined.x;", want: host.ResultError{Name: "TypeError", Message: "Cannot read properties of undefined (reading 'x')"}, stack: "TypeError: Cannot read properties of undefined (reading 'x')\n    at "},
		{name: "with a code", body: `throw Object.assign(new RangeError("no"), { code: "ENO" });`, want: host.ResultError{Name: "RangeError", Message: "no", Code: "ENO"}, stack: "RangeError: no\n    at "},
		{name: "a string", body: `throw "no";`, want: host.ResultError{Message: "no"}},
		{name: "in a timer", body: `setTimeout(() => { throw new Error("late"); }, 5);`, want: host.ResultError{Name: "Error", Message: "late"}, stack: "Error: late\n    at "},
		{name: "a method that is not there", body: `api.user.setAppMetadata("a", 1);`, want: host.ResultError{Name: "TypeError", Message: "Cannot read properties of undefined (reading 'setAppMetadata')"}, stack: "TypeError: "},
		{name: "with a cause", body: `throw new Error("outer", { cause: new Error("inner") });`, want: host.ResultError{Name: "Error", Message: "outer"}, stack: "Error: outer\n    at "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			result, _ := run(t, handling(tt.body), jstest.Run{})
			if result.Error == nil || result.Fault != host.FaultGuest {
				t.Fatalf("fault %q, error %+v", result.Fault, result.Error)
			}
			stack := result.Error.Stack
			result.Error.Stack = ""
			if *result.Error != tt.want || !strings.HasPrefix(stack, tt.stack) {
				t.Errorf("error %+v, stack %q, want %+v", *result.Error, stack, tt.want)
			}
			if tt.stack != "" && (!strings.Contains(stack, "action.js:") || strings.Contains(stack, "usher-")) {
				t.Errorf("stack %q", stack)
			}
		})
	}
}

func TestTimersWaitByTheRunsClock(t *testing.T) {
	t.Parallel()
	result, _ := run(t, handling(`
		const began = Date.now();
		setInterval(() => {}, 5);
		setTimeout(() => console.log("never"), 60_000);
		await new Promise((r) => setTimeout(r, 30));
		console.log(Date.now() - began >= 30);
	`), jstest.Run{})
	if !result.Succeeded || messages(result) != "true" {
		t.Errorf("error %+v, logs %q", result.Error, messages(result))
	}
	if took := result.EndedAt.Sub(result.StartedAt); took > 18*time.Second { // the deadline is 20
		t.Errorf("it waited %v", took)
	}
}

func TestADeadlineEndsARunThatWaits(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(server.Close)
	for name, body := range map[string]string{
		"for an answer":   `await fetch(event.secrets.URL);`,
		"for a timer":     `await new Promise((r) => setTimeout(r, 60_000));`,
		"for an interval": `await new Promise(() => setInterval(() => {}, 10));`,
		"in a loop":       `for (;;);`,
		"in microtasks":   `const again = () => Promise.resolve().then(again); await again();`,
		"in ticks":        `const again = () => process.nextTick(again); again();`,
		"in immediates":   `const again = () => setImmediate(again); again();`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result, _ := run(t, handling(body), jstest.Run{
				Secrets:  map[string]string{"URL": server.URL},
				Settings: host.Settings{Limits: host.Limits{TimeoutMillis: 300, Fuel: 1e15}},
			})
			if result.Limit != "timeout_ms" {
				t.Errorf("limit %q, error %+v", result.Limit, result.Error)
			}
		})
	}
}

func TestATopLevelThatNeedsTheHostRunsInEveryRun(t *testing.T) {
	t.Parallel()
	result, _ := run(t, `
		const began = Date.now();
		setTimeout(() => console.log("timer"), 10);
		exports.onExecutePostUserRegistration = async () => { console.log(Date.now() >= began); };
	`, jstest.Run{})
	if !result.Succeeded || messages(result) != "true|timer" {
		t.Errorf("error %+v, logs %q", result.Error, messages(result))
	}
	result, _ = run(t, `
		if (Date.now() > 0) throw new TypeError("at the top");
		exports.onExecutePostUserRegistration = async () => {};
	`, jstest.Run{})
	if result.Error == nil || result.Error.Name != "TypeError" || result.Error.Message != "at the top" {
		t.Errorf("error %+v", result.Error)
	}
}

func TestTheCacheOfAnAction(t *testing.T) {
	t.Parallel()
	result, _ := run(t, handling(`
		const show = (v) => console.log(JSON.stringify(v?.code ?? v?.type ?? v?.value ?? null));
		show(api.cache.get("k"));
		show(api.cache.set("k", "v", { ttl: 60_000 }));
		show(api.cache.get("k"));
		show(api.cache.set("k".repeat(65), "v"));
		show(api.cache.set("ü".repeat(33), "v"));
		show(api.cache.set("k", "v".repeat(4097)));
		show(api.cache.set("k", "v", { ttl: NaN }));
		show(api.cache.set("k", "v", { ttl: Infinity, expires_at: 1 }));
		show(api.cache.set("k", "v", { expires_at: 1 }));
		show(api.cache.set("k", "v", { ttl: -1 }));
		show(api.cache.delete("k"));
		show(api.cache.delete("k"));
		for (let i = 0; i < 5; i++) show(api.cache.set("n" + i, "v".repeat(4000)));
		for (let i = 0; i < 4; i++) api.cache.delete("n" + i); // all runs of this action share it
	`), jstest.Run{})
	want := `null|"success"|"v"|"CacheKeySizeExceeded"|"CacheKeySizeExceeded"|"CacheValueSizeExceeded"|"InvalidExpiry"|"InvalidExpiry"|"ItemAlreadyExpired"|"ItemAlreadyExpired"|"success"|"CacheKeyDoesNotExist"|"success"|"success"|"success"|"success"|"CacheSizeExceeded"`
	if !result.Succeeded || messages(result) != want {
		t.Errorf("error %+v, logs %s", result.Error, messages(result))
	}
}

func TestAnAbortedFetchIsBrokenOff(t *testing.T) {
	t.Parallel()
	broken := make(chan struct{})
	closed := sync.OnceFunc(func() { close(broken) })
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		closed()
	}))
	t.Cleanup(server.Close)
	result, _ := run(t, handling(`
		const abort = new AbortController();
		setTimeout(() => abort.abort(), 200);
		try {
			await fetch(event.secrets.URL, { signal: abort.signal });
		} catch (error) {
			console.log(error.name);
		}
		await fetch(event.secrets.URL + "/refused\u0000").catch(() => {});
	`), jstest.Run{Secrets: map[string]string{"URL": server.URL}})
	if !result.Succeeded || messages(result) != "AbortError" {
		t.Fatalf("error %+v, logs %q", result.Error, messages(result))
	}
	<-broken
}

func TestWhatAnActionDoesToItsRuntimeEndsWithTheRun(t *testing.T) {
	t.Parallel()
	kit := jstest.Shared(t)
	built, err := kit.Builder.Build(t.Context(), bundle.Source{Name: "action.js", Code: []byte(handling(`
		if (globalThis.tainted || {}.tainted) throw new Error("not clean");
		console.log("clean");
		eval(event.code);
	`))})
	if err != nil {
		t.Fatal(err)
	}
	try := func(code string) host.Result {
		t.Helper()
		event, _ := json.Marshal(map[string]string{"code": "globalThis.tainted = Object.prototype.tainted = true;" + code})
		result, _, err := kit.Run(t.Context(), built.Module, jstest.Run{Event: string(event), Settings: host.Settings{Limits: host.Limits{TimeoutMillis: 2000, MemoryBytes: 32 << 20}}})
		if err != nil {
			t.Fatal(err)
		}
		return result
	}
	for name, code := range map[string]string{ // all but "promises" fail
		"a prototype":             `Object.prototype.get = () => { throw 1; }; Array.prototype.push = Array.prototype.map = () => 0; throw new Error("x");`,
		"promises":                `Promise.prototype.then = () => {}; Promise.resolve = () => {};`,
		"JSON":                    `JSON.parse = JSON.stringify = () => ""; throw new Error("x");`,
		"errors":                  `Error.prepareStackTrace = () => { throw 1; }; Error.prototype.toString = null; null.x;`,
		"timers without end":      `for (;;) setTimeout(() => {}, 1);`,
		"a million timers":        `for (let i = 0; i < 1e6; i++) setTimeout(() => {}, i % 7);`,
		"ticks without end":       `const again = () => { process.nextTick(again); process.nextTick(again); }; again();`,
		"rejections without end":  `for (;;) Promise.reject(new Error("x"));`,
		"a flood of promises":     `const again = () => Promise.all([again2(), again2()]), again2 = async () => { await null; return again(); }; again();`,
		"causes without end":      `let e = new Error("0"); for (let i = 0; i < 1e5; i++) e = new Error("n", { cause: e }); throw e;`,
		"an error that is a trap": `throw new Proxy(new Error("x"), { get() { for (;;); } });`,
		"logs without end":        `for (;;) console.log("x".repeat(1000));`,
	} {
		result := try(code)
		if messages(result)[:min(5, len(messages(result)))] != "clean" {
			t.Errorf("%s: logs %.100q, error %+v", name, messages(result), result.Error)
		}
		if after := try("undefined;"); !after.Succeeded || messages(after) != "clean" {
			t.Errorf("after %s: error %+v, logs %q", name, after.Error, messages(after))
		}
		if result.Succeeded != (name == "promises") || result.Fault == host.FaultHost {
			t.Errorf("%s: succeeded %t, fault %q %q, error %+v", name, result.Succeeded, result.Fault, result.Limit, result.Error)
		}
	}
}
