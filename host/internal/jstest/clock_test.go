package jstest_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/usherhost/usher/host/internal/jstest"
)

// TestALoopThatWaitsForATimeEnds runs the usual forms of waiting without a call of the
// host. Virtual time passes by fuel, about a nanosecond for each unit.
func TestALoopThatWaitsForATimeEnds(t *testing.T) {
	for name, body := range map[string]string{
		"Date.now":             `const end = Date.now() + 300; while (Date.now() < end);`,
		"new Date":             `const end = new Date(Date.now() + 300); while (new Date() < end);`,
		"Date called":          `const begun = Date(); while (Date() === begun);`,
		"performance.now":      `const end = performance.now() + 300; while (performance.now() < end);`,
		"hrtime":               `const begun = process.hrtime(); for (let d = [0, 0]; d[0] * 1e3 + d[1] / 1e6 < 300; d = process.hrtime(begun));`,
		"hrtime.bigint":        `const end = process.hrtime.bigint() + 300_000_000n; while (process.hrtime.bigint() < end);`,
		"uptime":               `const end = process.uptime() + 0.3; while (process.uptime() < end);`,
		"a resolved promise":   `const end = Date.now() + 300; while (Date.now() < end) await Promise.resolve();`,
		"null":                 `const end = Date.now() + 300; while (Date.now() < end) await null;`,
		"microtasks":           `const end = Date.now() + 300; await new Promise((r) => { (function again() { Date.now() < end ? queueMicrotask(again) : r(); })(); });`,
		"ticks":                `const end = Date.now() + 300; await new Promise((r) => { (function again() { Date.now() < end ? process.nextTick(again) : r(); })(); });`,
		"immediates":           `const end = Date.now() + 300; while (Date.now() < end) await new Promise((r) => setImmediate(r));`,
		"work between looks":   `const end = Date.now() + 300; while (Date.now() < end) JSON.stringify(Array(500).fill(7));`,
		"a fuzzy sleep helper": `function sleep(ms) { const t = Date.now(); let now; do { now = Date.now(); } while (now - t < ms); } sleep(150); sleep(150);`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := run(t, build(t, handler(`const begin = Date.now();`+body+`console.log(Date.now() - begin);`)), jstest.Run{})
			if !result.Succeeded {
				t.Fatalf("%s: %+v", result.Limit, result.Error)
			}
			took, _ := strconv.Atoi(result.Logs[0].Message)
			if most := map[bool]int{true: 1001, false: 400}[name == "Date called"]; took < 1 || took > most || name != "Date called" && took < 299 {
				t.Errorf("%d ms passed", took)
			}
			if result.Stats.Fuel > 2_000_000_000 {
				t.Errorf("used %d units of fuel", result.Stats.Fuel)
			}
		})
	}
}

func TestWhatFallsDueWhileALoopWaitsComesInOrder(t *testing.T) {
	result := run(t, build(t, handler(`
	  setTimeout(() => console.log("second"), 60);
	  setTimeout(() => console.log("first"), 50);
	  const late = new Promise((r) => setTimeout(() => r(console.log("third")), 90));
	  const end = Date.now() + 100;
	  while (Date.now() < end);
	  console.log("waited");
	  await late;
	  const signal = AbortSignal.timeout(20), before = Date.now();
	  while (Date.now() < before + 30);
	  await new Promise((r) => setImmediate(() => setImmediate(r)));
	  console.log(signal.aborted);`)), jstest.Run{})
	var lines []string
	for _, l := range result.Logs {
		lines = append(lines, l.Message)
	}
	if got := strings.Join(lines, " "); got != "waited first second third true" {
		t.Errorf("%s, error %+v", got, result.Error)
	}
}

func TestAClockThatIsLookedAtOnceStandsStill(t *testing.T) {
	result := run(t, build(t, handler(`
	  for (let i = 0; i < 1e6; i++);
	  const a = performance.now();
	  const b = performance.now();
	  for (let i = 0; i < 1e6; i++);
	  const c = performance.now();
	  console.log(b - a < 0.1, c - b > 1, c - b < 10000);`)), jstest.Run{})
	if len(result.Logs) == 0 || result.Logs[0].Message != "true true true" {
		t.Errorf("logs %+v, error %+v", result.Logs, result.Error)
	}
}

func TestALoopThatWaitsWhileTheModuleIsBuiltEnds(t *testing.T) {
	src := handler(`console.log(waited >= 300);`)
	src.Code = append([]byte("const begun = Date.now(); while (Date.now() < begun + 300); const waited = Date.now() - begun;\n"), src.Code...)
	result := run(t, build(t, src), jstest.Run{})
	if len(result.Logs) == 0 || result.Logs[0].Message != "true" {
		t.Errorf("logs %+v, error %+v", result.Logs, result.Error)
	}
}
