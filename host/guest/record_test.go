package guest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/sandbox"
	"github.com/usherhost/usher/host/web"
)

// recordSlack is what a run leaves besides what its guest decides about: the
// names in its result, and an error, which is recorded in any case.
const recordSlack = 256 << 10

// flood runs the guest that calls one function with much.
func (w *world) flood(t *testing.T, f guests.Flood) (host.Result, host.Tape) {
	t.Helper()
	if w.settings.Limits.TimeoutMillis == 0 {
		w.settings.Limits.TimeoutMillis = host.MaxTimeoutMillis // a busy machine takes its time
	}
	return w.runConfig(t, "flood", map[string]string{"flood": f.Config()})
}

// leaves returns how many bytes a run leaves in the store.
func leaves(t *testing.T, r host.Result, tape host.Tape) int64 {
	t.Helper()
	result, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	taped, err := json.Marshal(tape)
	if err != nil {
		t.Fatal(err)
	}
	return int64(len(result) + len(taped))
}

func TestNoFunctionLeavesMoreThanTheBudgetOfARun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settings.Limits = host.Limits{
		RecordBytes: 1 << 20, LogBytes: 16 << 20, RequestBytes: 64 << 20, HTTPRequests: 20, OutputBytes: 64 << 20, TimeoutMillis: host.MaxTimeoutMillis,
	}
	around := map[string][2]string{
		"cache_set":    {`{"key":"`, `","value":"v"}`},
		"http_send":    {`{"method":"POST","url":"` + w.receiver.URL + `/","body":"`, `"}`},
		"http_start":   {`{"method":"POST","url":"` + w.receiver.URL + `/","headers":{"x":"`, `"}}`},
		"http_request": {`{"method":"`, `","url":"` + w.receiver.URL + `/"}`},
		"crypto_call":  {"\x0d\x00\x00\x00digest sha256", ""},
		"error_set":    {`{"message":"no","name":"`, `"}`},
	}
	for _, function := range guests.FloodFunctions() {
		t.Run(function, func(t *testing.T) {
			t.Parallel()
			for _, fill := range []byte{0, 0xff} {
				for size, times := range map[int]int{500: 1_500, 60_000: 20, 3 << 20: 1} {
					f := guests.Flood{Function: function, Fill: fill, Size: size, Times: times, Before: around[function][0], Behind: around[function][1]}
					result, tape := w.flood(t, f)
					if n := leaves(t, result, tape); n > w.recordBytes()+recordSlack {
						t.Errorf("%d times %d of %q leave %d bytes: %+v", times, size, fill, n, result.Error)
					}
					if result.Fault == host.FaultHost {
						t.Errorf("%d times %d of %q: %+v", times, size, fill, result.Error)
					}
				}
			}
		})
	}
}

// recordBytes is the budget of a run.
func (w *world) recordBytes() int64 {
	return w.settings.Over(host.DefaultSettings()).Limits.RecordBytes
}

func TestARunThatLeavesTooMuchEndsAndNamesTheCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	big := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		_, _ = rw.Write(make([]byte, 1<<20)) // 6 MiB as JSON
	}))
	t.Cleanup(big.Close)
	w.settings.Egress.Allow = append(w.settings.Egress.Allow, big.URL)
	w.settings.Limits = host.Limits{LogBytes: 16 << 20}
	for _, tt := range []struct {
		flood guests.Flood
		last  string
		notes int
	}{
		{guests.Flood{Function: "http_send", Times: 3, Before: `{"url":"` + big.URL + `"}`}, "last http_send", 3},
		{guests.Flood{Function: "secret_get", Size: 500, Times: 10_000}, "last secret_get", 2},
	} {
		result, tape := w.flood(t, tt.flood)
		if result.Succeeded || result.Fault != host.FaultLimit || result.Limit != "record_bytes" {
			t.Fatalf("%s: %s %s %+v", tt.flood.Function, result.Fault, result.Limit, result.Error)
		}
		if !strings.Contains(result.Error.Message, tt.last) || !strings.Contains(result.Error.Message, "limit 8388608") {
			t.Errorf("%s: message %q", tt.flood.Function, result.Error.Message)
		}
		if !strings.Contains(web.Hint(result.Error.Hint, result.Error.Fix), "--limit record_bytes=16777216") {
			t.Errorf("%s: hint %q", tt.flood.Function, web.Hint(result.Error.Hint, result.Error.Fix))
		}
		if len(result.Calls) < tt.notes || len(tape.Calls) == 0 {
			t.Errorf("%s: %d notes, %d calls on the tape", tt.flood.Function, len(result.Calls), len(tape.Calls))
		}
		if result.LogsCut {
			t.Errorf("%s: logs were cut", tt.flood.Function)
		}
	}
}

func TestTheBudgetOfARunCanBeRaised(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := guests.Flood{Function: "secret_get", Fill: 'a', Size: 500, Times: 9_000}
	w.settings.Limits = host.Limits{RecordBytes: 1 << 20}
	if result, _ := w.flood(t, f); result.Limit != "record_bytes" {
		t.Errorf("with 1 MiB: %s %+v", result.Limit, result.Error)
	}
	w.settings.Limits = host.Limits{RecordBytes: 64 << 20}
	if result, _ := w.flood(t, f); !result.Succeeded {
		t.Errorf("with 64 MiB: %+v", result.Error)
	}
}

func TestNamesAreHeldToSomeHundredBytes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, function := range []string{"secret_get", "cache_get", "cache_delete", "config_get", "var_get", "var_set"} {
		if result, _ := w.flood(t, guests.Flood{Function: function, Fill: 'a', Size: 512, Times: 1}); !result.Succeeded {
			t.Errorf("%s of 512 bytes: %+v", function, result.Error)
		}
		result, tape := w.flood(t, guests.Flood{Function: function, Size: 30_000_000, Times: 100})
		if result.Fault != host.FaultLimit || result.Limit != "name_bytes" ||
			!strings.HasPrefix(result.Error.Message, function+": the name has 30000000 bytes (limit 512)") {
			t.Errorf("%s of 30 MB: %s %s %+v", function, result.Fault, result.Limit, result.Error)
		}
		if n := leaves(t, result, tape); n > 10_000 {
			t.Errorf("%s of 30 MB leaves %d bytes", function, n)
		}
	}
}

func TestATooLargeCacheEntryIsRefusedByValueAndNotKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, tt := range [][2]string{{`{"key":"`, `","value":"v"}`}, {`{"key":"k","value":"`, `"}`}} {
		result, tape := w.flood(t, guests.Flood{Function: "cache_set", Fill: 'a', Size: 10 << 20, Times: 3, Before: tt[0], Behind: tt[1]})
		if !result.Succeeded || !strings.HasSuffix(result.Calls[2].Error, "SizeExceeded") {
			t.Errorf("%s: %+v, %+v", tt[0], result.Error, result.Calls)
		}
		if n := leaves(t, result, tape); n > 40_000 {
			t.Errorf("%s: it leaves %d bytes", tt[0], n)
		}
	}
}

func TestARequestThatIsTooLongIsAnErrorAndNotKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url := w.receiver.URL
	for _, tt := range []struct {
		name, before, behind string
		size                 int
		want                 string
	}{
		{"URL", `{"url":"` + url + `/`, `"}`, 20_000, "URL has "},
		{"URL with secrets in it", `{"url":"` + url + `/s3cret-value`, `"}`, 20_000, "URL has "},
		{"header's value", `{"url":"` + url + `","headers":{"x":"`, `"}}`, 70_000, "headers have 70001 bytes (at most 65536)"},
		{"header's name", `{"url":"` + url + `","headers":{"`, `":"x"}}`, 70_000, "headers have 70001 bytes (at most 65536)"},
		{"header that is malformed", `{"url":"` + url + `","headers":{"`, `":{}}}`, 70_000, "the request is malformed: header"},
		{"method", `{"url":"` + url + `","method":"`, `"}`, 100_000, "method has 100000 bytes (at most 64)"},
		{"redirect", `{"url":"` + url + `","redirect":"`, `"}`, 100_000, "redirect has 100000 bytes (at most 64)"},
		{"number", `{"url":"` + url + `","timeout_ms":1`, `}`, 100_000, "cannot unmarshal number"},
		{"body", `{"url":"` + url + `","method":"POST","body":"`, `"}`, 2 << 20, "the request's body has 2097152 bytes (limit 1048576)"},
		{"whole", `{"url":"` + url + `","method":"POST","body":"`, `"}`, 20 << 20, "bytes as JSON"},
	} {
		fill := byte('a')
		if tt.name == "number" {
			fill = '1'
		}
		for _, function := range []string{"http_send", "http_start"} {
			result, tape := w.flood(t, guests.Flood{Function: function, Fill: fill, Size: tt.size, Times: 2, Before: tt.before, Behind: tt.behind})
			if !result.Succeeded {
				t.Errorf("%s, %s: %+v", function, tt.name, result.Error)
			}
			if n := leaves(t, result, tape); n > 60_000 {
				t.Errorf("%s, %s: it leaves %d bytes", function, tt.name, n)
			}
			if recorded := result.Calls[len(result.Calls)-1].Error; function == "http_send" && !strings.Contains(recorded, tt.want) {
				t.Errorf("%s: recorded %q, want %q", tt.name, recorded, tt.want)
			}
			if shown, _ := json.Marshal(result); strings.Contains(string(shown), "s3cret") {
				t.Errorf("%s: a secret is shown", tt.name)
			}
		}
	}
	if n := len(w.receiver.Requests()); n > 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestALongErrorIsCutWithAMark(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, tt := range []struct {
		name, before, behind string
		size                 int
		mark                 string
	}{
		{"text", "", "", 60_000_000, "… (cut: it had 60000000 bytes)"},
		{"text over the bound", "", "", 16<<10 + 1, "… (cut: it had 16385 bytes)"},
		{"message", `{"name":"E","message":"`, `","code":"C"}`, 100_000, "… (cut: it had 100000 bytes)"},
		{"long message", `{"message":"`, `"}`, 1_000_000, "… (cut: it had 1000014 bytes)"},
	} {
		result, tape := w.flood(t, guests.Flood{Function: "error_set", Fill: 'a', Size: tt.size, Times: 1, Before: tt.before, Behind: tt.behind})
		if result.Fault != host.FaultGuest || !strings.HasSuffix(result.Error.Message, tt.mark) || len(result.Error.Message) > 17<<10 {
			t.Errorf("%s: %s, %d bytes, %q", tt.name, result.Fault, len(result.Error.Message), end(result.Error.Message))
		}
		if n := leaves(t, result, tape); n > 120_000 {
			t.Errorf("%s: it leaves %d bytes", tt.name, n)
		}
		if tt.name == "message" && (result.Error.Name != "E" || result.Error.Code != "C") {
			t.Errorf("the parts are lost: %q %q", result.Error.Name, result.Error.Code)
		}
	}
	for _, part := range []string{"name", "code", "stack"} {
		result, _ := w.flood(t, guests.Flood{Function: "error_set", Fill: 'a', Size: 50_000, Times: 1, Before: `{"message":"no","` + part + `":"`, Behind: `"}`})
		parts := []string{result.Error.Name, result.Error.Code, result.Error.Stack}
		if !slices.ContainsFunc(parts, func(s string) bool { return strings.HasSuffix(s, "… (cut: it had 50000 bytes)") }) {
			t.Errorf("%s is not cut", part)
		}
	}
	exact, _ := w.flood(t, guests.Flood{Function: "error_set", Fill: 'a', Size: 16 << 10, Times: 1})
	if len(exact.Error.Message) != 16<<10 {
		t.Errorf("an error within the bound has %d bytes", len(exact.Error.Message))
	}
}

// end returns the last of a long text.
func end(s string) string { return s[max(0, len(s)-80):] }

func TestAnErrorIsRecordedWhenNoRoomIsLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settings.Limits = host.Limits{RecordBytes: 1}
	result, tape := w.flood(t, guests.Flood{Function: "error_set", Fill: 'a', Size: 1 << 20, Times: 1})
	if result.Limit != "record_bytes" || !strings.Contains(result.Error.Message, "left more than 1 bytes") {
		t.Errorf("%s %+v", result.Limit, result.Error)
	}
	if n := leaves(t, result, tape); n > 4_000 {
		t.Errorf("it leaves %d bytes", n)
	}
}

func TestAnOutputThatDoesNotFitEndsTheRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settings.Limits = host.Limits{OutputBytes: 64 << 20}
	result, _ := w.flood(t, guests.Flood{Function: "output_set", Fill: 'a', Size: 7 << 20, Times: 1})
	if result.Succeeded || result.Limit != "record_bytes" || result.Output != nil || !strings.Contains(result.Error.Message, "last output_set") {
		t.Errorf("%s, %d bytes of output, %+v", result.Limit, len(result.Output), result.Error)
	}
	if fits, _ := w.flood(t, guests.Flood{Function: "output_set", Fill: 'a', Size: 5 << 20, Times: 1}); len(fits.Output) != 5<<20 {
		t.Errorf("an output that fits: %+v", fits.Error)
	}
}

func TestARequestThatDoesNotFitIsNotSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settings.Limits = host.Limits{RecordBytes: 2_000}
	result, _ := w.flood(t, guests.Flood{
		Function: "http_send", Fill: 'a', Size: 5_000, Times: 1,
		Before: `{"method":"POST","url":"` + w.receiver.URL + `","body":"`, Behind: `"}`,
	})
	if n := len(w.receiver.Requests()); result.Limit != "record_bytes" || n > 0 {
		t.Errorf("%s, %d requests were sent: %s", result.Limit, n, fmt.Sprint(result.Error))
	}
}

// TestNoCutLeavesHalfOfASecret puts a secret over every place where something is
// cut.
func TestNoCutLeavesHalfOfASecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const secret = "s3cret-value"
	for _, tt := range []struct {
		function, before string
		cuts             []int
		behind           string
	}{
		{"error_set", "", []int{16 << 10, 64 << 10, 128 << 10}, ""},
		{"error_set", `{"message":"`, []int{16 << 10, 64 << 10, 128<<10 - 12}, `"}`},
		{"cache_set", `{"value":"v","key":"`, []int{512}, `"}`},
		{"http_send", `{"url":"https://a.example/","method":"`, []int{64}, `"}`},
		{"http_send", `{"url":"`, []int{512, 1024}, `"}`},
		{"http_send", `{"url":"https://a.example/","headers":{"`, []int{985, 1024}, `":{}}}`},
	} {
		for _, at := range tt.cuts {
			for _, shift := range []int{-11, -6, -1} {
				size := at + shift
				result, _ := w.flood(t, guests.Flood{
					Function: tt.function, Fill: 'a', Size: size, Times: 1, Before: tt.before,
					Behind: secret + strings.Repeat("b", 200_000) + tt.behind,
				})
				shown, err := json.Marshal(result)
				if err != nil {
					t.Fatal(err)
				}
				if strings.Contains(string(shown), "s3cre") || strings.Contains(string(shown), "value\"") {
					t.Errorf("%s %s, cut at %d: a part of a secret is shown", tt.function, tt.before, size)
				}
			}
		}
	}
}

// TestWhatARunLeavesCountsAsTheHostsMemory gives a run a larger budget than the
// host has memory.
func TestWhatARunLeavesCountsAsTheHostsMemory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, err := sandbox.Open(t.Context(), sandbox.Config{CacheDir: t.TempDir(), Functions: guest.Functions(), MemoryBytes: 16 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	w.Sandbox = s
	w.settings.Limits = host.Limits{RecordBytes: 64 << 20, MemoryBytes: 4 << 20}
	result, tape := w.flood(t, guests.Flood{Function: "secret_get", Size: 500, Times: 9_000})
	if result.Limit != "memory_bytes" || !strings.Contains(result.Error.Message, "for what the run leaves") {
		t.Errorf("%s %+v", result.Limit, result.Error)
	}
	if n := leaves(t, result, tape); n > 17<<20 {
		t.Errorf("it left %d bytes", n)
	}
}

// TestManyVariablesCountAsMemory keeps variables that are small, and so many
// that it is not their names and values that take the memory.
func TestManyVariablesCountAsMemory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settings.Limits = host.Limits{MemoryBytes: 3 << 20}
	for many, limit := range map[int]string{1_000: "", 40_000: "memory_bytes"} {
		steps := make([]guests.Step, many)
		for i := range steps {
			steps[i] = guests.Step{Function: "var_set", Argument: fmt.Sprintf("%05d\x00v", i)}
		}
		if result, _ := w.run(t, "script", steps...); result.Limit != limit {
			t.Errorf("%d variables: limit %q, %+v", many, result.Limit, result.Error)
		} else if limit != "" && !strings.Contains(result.Error.Message, "its variables") {
			t.Error(result.Error.Message)
		}
	}
}
