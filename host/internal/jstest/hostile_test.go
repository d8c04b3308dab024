package jstest_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/jstest"
	"github.com/usherhost/usher/host/jsbuild/bundle"
)

func TestMain(m *testing.M) { os.Exit(jstest.Main(m)) }

// handler is an action whose handler has the body.
func handler(body string) bundle.Source {
	return bundle.Source{Name: "action.js", Code: []byte("exports.onExecutePostUserRegistration = async (event, api) => {\n" + body + "\n};\n")}
}

func build(t *testing.T, src bundle.Source) []byte {
	t.Helper()
	built, err := jstest.Shared(t).Builder.Build(t.Context(), src)
	if err != nil {
		t.Fatal(err)
	}
	return built.Module
}

func run(t *testing.T, wasm []byte, r jstest.Run) host.Result {
	t.Helper()
	result, _, err := jstest.Shared(t).Run(t.Context(), wasm, r)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// TestHostileCodeCostsOnlyItself runs what spins, swells or floods. Each is a
// Fault of its own at its limit, and what runs next is untouched.
func TestHostileCodeCostsOnlyItself(t *testing.T) {
	good := build(t, handler(`console.log("hello", [1, 2].map((n) => n + 1).join("-"), JSON.stringify({ then: 1 }));`))
	limits := host.Limits{TimeoutMillis: 700, Fuel: 1e15} // not so little fuel that a fast machine burns it before the deadline
	for _, tt := range []struct {
		name, body string
		limits     host.Limits
		wants      []string // one of these limits, or "guest" for an error that the code can catch
	}{
		{"a loop", `for (;;) {}`, limits, []string{"timeout_ms"}},
		{"a loop of promises", `for (;;) await null;`, limits, []string{"timeout_ms"}},
		{"timers that set timers, awaited", `await new Promise(() => { (function again() { setTimeout(again, 0); })(); });`, limits, []string{"timeout_ms", "host_calls", "guest"}},
		{"ticks that set ticks", `(function again() { process.nextTick(again); })();`, limits, []string{"timeout_ms"}},
		{"immediates that set immediates", `(function again() { setImmediate(again); })();`, limits, []string{"timeout_ms", "host_calls"}},
		{"a search in native code", `"a".repeat(4e6).indexOf("a".repeat(2e6) + "b");`, limits, []string{"timeout_ms"}},
		{"a search from the end", `"a".repeat(4e6).lastIndexOf("a".repeat(2e6) + "b");`, limits, []string{"timeout_ms"}},
		{"a regular expression", `/^(a+)+$/.test("a".repeat(60) + "b");`, limits, []string{"timeout_ms"}},
		{"a regular expression with a backreference", `/(.*)(.*)(.*)(.*)(.*)\1\2\3\4\5x/.test("ab".repeat(60));`, limits, []string{"timeout_ms"}},
		{"a long array", `new Array(2 ** 32 - 1).join("");`, limits, []string{"timeout_ms", "memory_bytes", "guest"}},
		{"an array-like without end", `Array.prototype.indexOf.call({ length: Number.MAX_SAFE_INTEGER }, 1);`, limits, []string{"timeout_ms"}},
		{"a large power", `7n ** (10n ** 7n);`, limits, []string{"timeout_ms", "memory_bytes", "guest"}},
		{"a large factorial", `let n = 1n; for (let i = 1n; ; i++) n *= i;`, limits, []string{"timeout_ms", "memory_bytes", "guest"}},
		{"a sort that never ends", `for (;;) new Float64Array(1e5).map((_, i) => -i).sort();`, limits, []string{"timeout_ms"}},
		{"a proxy", `const p = new Proxy({}, { get: () => p }); for (let q = p; ; ) q = q.x;`, limits, []string{"timeout_ms"}},
		{"a generator", `function* f() { for (;;) yield 1; } for (const x of f()) void x; `, limits, []string{"timeout_ms"}},
		{"a thenable of itself", `const t = { then(f) { f(t); } }; await t;`, limits, []string{"timeout_ms"}},
		{"strings", `let s = "x"; for (;;) s += s;`, limits, []string{"guest", "memory_bytes", "timeout_ms", "fuel"}},
		{"arrays", `const a = []; for (;;) a.push(new Array(1000).fill(a.length));`, host.Limits{TimeoutMillis: 5000}, []string{"guest", "memory_bytes", "timeout_ms", "fuel"}},
		{"a large buffer", `new Uint8Array(2 ** 31 - 1).fill(1);`, limits, []string{"guest", "memory_bytes"}},
		{"promises that never settle", `const a = []; for (;;) a.push(new Promise(() => {}));`, host.Limits{TimeoutMillis: 5000}, []string{"guest", "memory_bytes", "timeout_ms", "fuel"}},
		{"rejections without a handler", `for (;;) Promise.reject(new Error("no"));`, host.Limits{TimeoutMillis: 5000}, []string{"guest", "memory_bytes", "timeout_ms", "fuel"}},
		{"recursion", `(function f() { f(); })();`, limits, []string{"guest"}},
		{"recursion through a getter", `const o = { get x() { return this.x; } }; o.x;`, limits, []string{"guest"}},
		{"recursion through JSON", `const f = () => JSON.stringify({ toJSON: f }); f();`, limits, []string{"guest"}},
		{"recursion through a proxy", `const p = new Proxy({}, { get(t, k, r) { return r[k]; } }); p.x;`, limits, []string{"guest"}},
		{"a document nested deeply", `JSON.parse("[".repeat(1e6) + "]".repeat(1e6));`, limits, []string{"guest"}},
		{"a pattern nested deeply", `new RegExp("(".repeat(1e5) + ")".repeat(1e5));`, limits, []string{"guest"}},
		{"code nested deeply", `new Function("[".repeat(1e5) + "]".repeat(1e5));`, limits, []string{"guest"}},
		{"fuel", `for (let i = 0; i < 1e9; i++) {}`, host.Limits{Fuel: 50_000_000}, []string{"fuel"}},
		{"host calls", `for (;;) api.cache.get("a");`, host.Limits{HostCalls: 100}, []string{"host_calls"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			result := run(t, build(t, handler(tt.body)), jstest.Run{Settings: host.Settings{Limits: tt.limits}})
			got := result.Limit
			if result.Fault == host.FaultGuest {
				got = "guest"
			}
			if result.Succeeded || !strings.Contains(" "+strings.Join(tt.wants, " ")+" ", " "+got+" ") {
				t.Errorf("fault %q, limit %q, error %+v after %s; want one of %q", result.Fault, result.Limit, result.Error, time.Since(began), tt.wants)
			}
			after := run(t, good, jstest.Run{})
			if !after.Succeeded || len(after.Logs) != 1 || after.Logs[0].Message != `hello 2-3 {"then":1}` {
				t.Errorf("what ran next: %+v, logs %+v", after.Error, after.Logs)
			}
		})
	}
}

// TestAnActionCanNotTaintTheNextRun changes what every run shares: the
// prototypes and functions of the language and of the runtime.
func TestAnActionCanNotTaintTheNextRun(t *testing.T) {
	t.Parallel()
	module := build(t, handler(`
	  console.log(Object.prototype.tainted === undefined, typeof fetch, [3, 1].sort().join());
	  Object.prototype.tainted = true;
	  Object.defineProperty(Object.prototype, "then", { get() { return undefined; }, configurable: true });
	  Array.prototype.push = Array.prototype.map = Array.prototype.sort = () => { throw new Error("tainted"); };
	  Promise.prototype.then = () => { throw new Error("tainted"); };
	  JSON.stringify = JSON.parse = () => "tainted";
	  Map.prototype.get = Map.prototype.set = () => { throw new Error("tainted"); };
	  globalThis.fetch = globalThis.console = globalThis.setTimeout = undefined;
	  globalThis.kept = event;`))
	for range 3 {
		result := run(t, module, jstest.Run{})
		if len(result.Logs) == 0 || result.Logs[0].Message != "true function 1,3" {
			t.Errorf("succeeded %t, error %+v, logs %+v", result.Succeeded, result.Error, result.Logs)
		}
	}
}

func TestAMillionLogLinesAreCutAtTheLimit(t *testing.T) {
	t.Parallel()
	result := run(t, build(t, handler(`for (let i = 0; i < 1e6; i++) console.log("line", i);`)), jstest.Run{})
	size := 0
	for _, l := range result.Logs {
		size += len(l.Message)
	}
	if limit := host.DefaultSettings().Limits.LogBytes; int64(size) > limit {
		t.Errorf("%d bytes of logs, and the limit is %d", size, limit)
	}
	if !result.LogsCut && result.Limit != "fuel" {
		t.Errorf("logs cut %t, fault %q %q, error %+v", result.LogsCut, result.Fault, result.Limit, result.Error)
	}
}

// TestWhatIsTooLargeForTheLogIsCutAndTheRunGoesOn logs too much by each way that an
// action has.
func TestWhatIsTooLargeForTheLogIsCutAndTheRunGoesOn(t *testing.T) {
	for _, body := range []string{
		`console.log("x".repeat(300000)); console.error("y".repeat(300000));`,
		`process.stdout.write("x".repeat(300000) + "\n"); process.stderr.write("y".repeat(300000) + "\n");`,
		`console.table(Array(5000).fill({ a: 1, b: 2 })); console.dir("y".repeat(300000));`,
		`for (let i = 0; i < 20000; i++) console.log("line", i, "x".repeat(50));`,
		`console.log("x".repeat(9000000));`,
		`console.log(Buffer.alloc(300000).toString("hex"));`,
	} {
		result := run(t, build(t, handler(body+`api.cache.set("done", "yes");`)), jstest.Run{})
		if !result.Succeeded || !result.LogsCut {
			t.Errorf("%s: logs cut %t, %s, error %+v", body, result.LogsCut, result.Limit, result.Error)
			continue
		}
		last := result.Logs[len(result.Logs)-1]
		if note := result.Calls[len(result.Calls)-1]; note.Function != "cache_set" || !strings.HasPrefix(last.Message, "(logs are missing: ") {
			t.Errorf("%s: last call %s, last line %.100q", body, note.Function, last.Message)
		}
	}
}
