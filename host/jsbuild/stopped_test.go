package jsbuild_test

import (
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/jstest"
)

// stoppable does what the event's name says, in functions on lines of their own.
const stoppable = `function spin(n) {
  let s = 0;
  for (let i = 0; i < n; i++) {
    s += i % 7;
  }
  return s;
}
const tools = {
  async busy() {
    await null;
    return spin(1e12);
  },
};
async function slow() {
  await new Promise((resolve) => setTimeout(resolve, 60000));
}
async function never() {
  await slowly(
    new Promise(() => {}),
  );
}
const slowly = async (promise) => {
  const got = await promise;
  return got;
};
function grow(list) {
  for (;;) list.push("x".repeat(100000) + list.length);
}
exports.onExecutePostUserRegistration = async function handler(event, api) {
  switch (event.user.name) {
    case "spin": return spin(1e12);
    case "busy": await tools.busy(); break;
    case "wait": await slow(); break;
    case "fetch": await fetch(event.user.nickname); break;
    case "never": await Promise.all([1, never()]); break;
    case "grow": grow([]); break;
    case "calls": for (;;) api.cache.get("a");
    case "match": return /^(a+)+$/.test("a".repeat(60) + "b");
  }
};
`

// TestAStoppedActionShowsItsOwnStack stops an action at limits, and lets it wait for
// ever: the stack is that of its JavaScript, not of the engine.
func TestAStoppedActionShowsItsOwnStack(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		limits host.Limits
		limit  string   // "" for an error of the action
		stack  []string // its lines contain these, in order
		says   string   // the message contains it
	}{
		{"spin", host.Limits{Fuel: 300_000_000}, "fuel", []string{"at spin (action.js:3:", "at handler (action.js:31:"}, "; about 100 % of it in spin (action.js:3)"},
		{"busy", host.Limits{Fuel: 300_000_000}, "fuel", []string{"at spin (action.js:3:", "at busy (action.js:11:", "at async handler (action.js:32:"}, "in spin (action.js:3)"},
		{"spin", host.Limits{TimeoutMillis: 300, Fuel: 1e15}, "timeout_ms", []string{"at spin (action.js:", "at handler (action.js:31:"}, "stopped after 300 ms"},
		{"match", host.Limits{TimeoutMillis: 300, Fuel: 1e15}, "timeout_ms", []string{"at handler (action.js:38:"}, "stopped after 300 ms"},
		{"wait", host.Limits{TimeoutMillis: 300}, "timeout_ms", []string{"at async slow (action.js:15:", "at async handler (action.js:33:"}, "in clock_sleep"},
		{"never", host.Limits{}, "", []string{"at async slowly (action.js:23:", "at async never (action.js:18:", "at async Promise.all (index 1)", "at async handler (action.js:35:"}, "never settled"},
		{"grow", host.Limits{MemoryBytes: 20_000_000}, "memory_bytes", []string{"at grow (action.js:27:", "at handler (action.js:36:"}, "limit 20000000"},
		{"calls", host.Limits{HostCalls: 10}, "host_calls", []string{"at handler (action.js:37:"}, "last cache_get"},
	} {
		t.Run(tt.name+" "+tt.limit, func(t *testing.T) {
			t.Parallel()
			result, _ := run(t, stoppable, jstest.Run{
				Event:    `{"user":{"user_id":"auth0|1","name":"` + tt.name + `"}}`,
				Settings: host.Settings{Limits: tt.limits},
			})
			if result.Error == nil || result.Limit != tt.limit {
				t.Fatalf("limit %q, error %+v, want %q", result.Limit, result.Error, tt.limit)
			}
			if !strings.Contains(result.Error.Message, tt.says) {
				t.Errorf("message %q, want %q in it", result.Error.Message, tt.says)
			}
			rest := result.Error.Stack
			for _, frame := range tt.stack {
				_, after, found := strings.Cut(rest, frame)
				if !found {
					t.Fatalf("no %q in its place in\n%s", frame, result.Error.Stack)
				}
				rest = after
			}
			if strings.Contains(result.Error.Stack, "JS_") || strings.Contains(result.Error.Stack, "usher-bundle") {
				t.Errorf("the stack has the engine's frames or the bundle's:\n%s", result.Error.Stack)
			}
		})
	}
}
