package guest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
)

// wantLogs fails unless the logs are those lines, each as its level and its beginning.
func wantLogs(t *testing.T, r host.Result, want ...string) {
	t.Helper()
	if !r.Succeeded {
		t.Fatalf("%s: %+v", r.Limit, r.Error)
	}
	for i, l := range r.Logs {
		if i >= len(want) || !strings.HasPrefix(l.Level+" "+l.Message, want[i]) {
			t.Errorf("line %d of %d: %.200q", i, len(r.Logs), l.Level+" "+l.Message)
		}
	}
	if len(r.Logs) < len(want) {
		t.Errorf("%d lines, not %d", len(r.Logs), len(want))
	}
}

// lineBy is a step that logs text by one of the ways that languages have.
func lineBy(way, text string) guests.Step {
	switch way {
	case "log_write":
		text = "\x02" + text
	case "stdout", "stderr":
		text += "\n"
	}
	return guests.Step{Function: way, Argument: text}
}

var waysToLog = map[string]string{"log_write": "info", "log_warn": "warn", "stdout": "info", "stderr": "error"}

func TestARunGoesOnWhenItsLogsAreFull(t *testing.T) {
	t.Parallel()
	for way, level := range waysToLog {
		w := newWorld(t)
		w.settings.Limits.LogBytes = 10_000
		result, tape := w.run(t, "script",
			lineBy(way, strings.Repeat("x", 40_000)), lineBy(way, strings.Repeat("y", 40_000)), lineBy(way, strings.Repeat("z", 4_000)),
			lineBy(way, "none left"),
			guests.Step{Function: "http_send", Argument: `{"url":"` + w.receiver.URL + `"}`})
		kept := 0
		for _, l := range result.Logs[:len(result.Logs)-1] {
			kept += strings.Count(l.Message, "x") + strings.Count(strings.TrimSuffix(l.Message, " bytes)"), "y") + strings.Count(l.Message, "z")
		}
		if !result.Succeeded || !result.LogsCut || kept > 10_000 || kept < 9_500 {
			t.Fatalf("%s: logs cut %t, %d bytes kept, error %+v", way, result.LogsCut, kept, result.Error)
		}
		if first := result.Logs[0]; first.Level != level || !strings.HasPrefix(first.Message, "xxx") || !strings.HasSuffix(first.Message, "… (cut: it had 40000 bytes)") {
			t.Errorf("%s: %s %.20q … %.40q", way, first.Level, first.Message, first.Message[len(first.Message)-30:])
		}
		want := fmt.Sprintf(`(logs are missing: 1 lines dropped, 3 cut, %d bytes in all;`, 84_000+len("none left")-kept)
		if way == "stdout" || way == "stderr" {
			want = "(logs are missing: "
		}
		if last := result.Logs[len(result.Logs)-1]; last.Level != "warn" || !strings.HasPrefix(last.Message, want) {
			t.Errorf("%s: the last line is %q, not %q", way, last.Message, want)
		}
		if n := len(tape.Calls); tape.Calls[n-1].Function != "http_send" || n > 6 {
			t.Errorf("%s: %d calls on the tape, last %s", way, n, tape.Calls[n-1].Function)
		}
	}
}

func TestALongLineLeavesRoomForThoseAfterIt(t *testing.T) {
	t.Parallel()
	for way, level := range waysToLog {
		w := newWorld(t)
		result, _ := w.run(t, "script", lineBy(way, strings.Repeat("x", 131_000)), lineBy(way, strings.Repeat("y", 300_000)), lineBy(way, "short"))
		if n := len(result.Logs); !result.Succeeded || !result.LogsCut || n < 4 || result.Logs[n-2].Message != "short" || result.Logs[n-2].Level != level {
			t.Errorf("%s: %d lines, logs cut %t, error %+v", way, n, result.LogsCut, result.Error)
		}
	}
}

func TestLinesWithinTheLimitAreWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	long := strings.Repeat("x", 120_000)
	result, _ := w.run(t, "script", lineBy("log_write", long), lineBy("log_write", long[:60_000]), lineBy("stdout", "last"))
	wantLogs(t, result, "info "+long, "info "+long[:60_000], "info last")
	if result.LogsCut {
		t.Error("they were cut")
	}
}

// TestLogsLeaveRoomInTheRecordForTheRestOfARun: control characters are six bytes each in
// JSON, on the tape and in the result.
func TestLogsLeaveRoomInTheRecordForTheRestOfARun(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"log_write", "log_warn", "stdout"} {
		w := newWorld(t)
		w.settings.Limits = host.Limits{LogBytes: host.MaxLogBytes, RecordBytes: 1 << 20}
		result, tape := w.flood(t, guests.Flood{Function: way, Fill: 1, Size: 5_000, Times: 60})
		if left := int64(1<<20) - leaves(t, result, tape); !result.Succeeded || !result.LogsCut || len(result.Logs) < 2 || left < 200_000 {
			t.Errorf("%s: %d lines, %d bytes left, logs cut %t, error %+v", way, len(result.Logs), left, result.LogsCut, result.Error)
		}
	}
}

func TestLinesOverTheNumberOfHostCallsAreDropped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settings.Limits.HostCalls = 3 // one is for the script
	result, _ := w.run(t, "script", lineBy("log_write", "one"), lineBy("log_write", "two"), lineBy("log_write", "three"), lineBy("stdout", "four"))
	wantLogs(t, result, "info one", "info two", "warn (logs are missing: 2 lines dropped, 0 cut, ")
	if result.Stats.HostCalls != 3 {
		t.Errorf("%d host calls", result.Stats.HostCalls)
	}
}

// TestLogsWithoutEndCostAGuestItsFuel: a loop that logs ends, and quickly, however
// large its lines are.
func TestLogsWithoutEndCostAGuestItsFuel(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settings.Limits.TimeoutMillis = host.MaxTimeoutMillis
	for _, f := range []guests.Flood{
		{Function: "log_write", Fill: 'l', Size: 1, Times: 2_000_000_000},
		{Function: "log_warn", Fill: 'l', Size: 1_000_000, Times: 2_000_000_000},
		{Function: "stdout", Fill: 'l', Size: 1_000_000, Times: 2_000_000_000},
		{Function: "stdout", Fill: '\n', Size: 1_000_000, Times: 2_000_000_000},
	} {

		w.settings.Limits.Fuel = 300_000_000
		result, tape := w.flood(t, f)
		if result.Limit != "fuel" || !result.LogsCut {
			t.Errorf("%s of %d bytes: %q, logs cut %t, %+v", f.Function, f.Size, result.Limit, result.LogsCut, result.Error)
		}
		kept, _ := json.Marshal(tape)
		if len(kept) > 2<<20 {
			t.Errorf("%s of %d bytes: the tape has %d bytes", f.Function, f.Size, len(kept))
		}
	}
}
