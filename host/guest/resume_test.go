package guest_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/internal/replaytest"
	"github.com/usherhost/usher/proto/conformance"
)

// receiving answers requests by their path, and lists what it got.
type receiving struct {
	answer func(ctx context.Context, path string, n int) (status int, header http.Header) // n is from 1, for each path

	mu   sync.Mutex
	got  []string // guarded by mu: "path key"
	seen map[string]int
}

func (o *receiving) Send(ctx context.Context, r *host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure) {
	path := r.URL[strings.LastIndex(r.URL, "/"):]
	o.mu.Lock()
	o.got = append(o.got, strings.TrimSpace(path+" "+strings.TrimPrefix(r.Header.Get("Idempotency-Key"), "exe_1-0-")))
	if o.seen == nil {
		o.seen = map[string]int{}
	}
	o.seen[path]++
	n := o.seen[path]
	o.mu.Unlock()
	status, header := o.answer(ctx, path, n)
	if status == 0 {
		return nil, &host.EgressFailure{Code: host.EgressNetwork, Message: "broken off", Requests: 1}
	}
	return &host.HTTPResponse{Status: status, Header: header, URL: r.URL, Body: []byte(cmp.Or(header.Get("X-Body"), path)), Requests: 1}, nil
}

func (o *receiving) list() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Join(o.got, ", ")
}

func request(function, method, path string) conformance.Call {
	return call(function, map[string]string{"method": method, "url": "https://a.example" + path})
}

func post(path string) conformance.Call      { return request("http_send", "POST", path) }
func startPost(path string) conformance.Call { return request("http_start", "POST", path) }

// resumed runs the guest again and again, each time with what was left before.
func (s *stage) resumed(t *testing.T, attempts int) (results []host.Result, tapes []host.Tape) {
	t.Helper()
	var earlier []host.EarlierAttempt
	for n := 1; n <= attempts; n++ {
		run := s.attempt("act_1", host.Settings{})
		run.Attempt, run.Resumption = n, host.Resumption{Earlier: earlier, Keep: func(host.Tape) {}}
		result, tape, err := s.Run(t.Context(), run)
		if err != nil {
			t.Fatal(err)
		}
		results, tapes = append(results, result), append(tapes, tape)
		earlier = append(earlier, host.EarlierAttempt{Number: n, Tape: tape})
	}
	return results, tapes
}

func TestOnlySuccessThatMayBeStoredIsTakenFromATape(t *testing.T) {
	t.Parallel()
	fail := call("error_set", "no")
	for _, tt := range []struct {
		name   string
		status int
		header http.Header
		again  bool
	}{
		{"200", 200, nil, false},
		{"204", 204, nil, false},
		{"a redirect", 302, http.Header{"Location": {"/x"}}, false},
		{"404", 404, nil, true},
		{"500", 500, nil, true},
		{"no answer", 0, nil, true},
		{"no-store", 200, http.Header{"Cache-Control": {"no-store"}}, true},
		{"no-store among others", 200, http.Header{"Cache-Control": {"private, max-age=0", "foo, No-Store "}}, true},
		{"no-store with a value", 200, http.Header{"Cache-Control": {`no-store="x"`}}, true},
		{"a failure in the body", 200, http.Header{"X-Body": {` {"ok":false,"error":"internal_error"}`}}, true},
		{"errors in the body", 200, http.Header{"X-Body": {`{"data":null,"errors":[{"message":"busy"}]}`}}, true},
		{"no errors in the body", 200, http.Header{"X-Body": {`{"ok":true,"success":null,"errors":[]}`}}, false},
		{"another body", 200, http.Header{"X-Body": {`{"ok":"false","error":"x"`}}, false},
		{"another directive", 200, http.Header{"Cache-Control": {"no-cache, no-storefront"}}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := &receiving{answer: func(context.Context, string, int) (int, http.Header) { return tt.status, tt.header }}
			s := newStage(t, o, post("/a"), startPost("/b"), wait(-1), request("http_send", "GET", "/c"), fail)
			results, _ := s.resumed(t, 2)
			want := "/a 0, /b 1, /c"
			if tt.again {
				want += ", " + want // with the same keys
			}
			if got := o.list(); got != want {
				t.Errorf("sent %s, want %s", got, want)
			}
			requests := int64(3)
			if !tt.again {
				requests = 0
			}
			if got := results[1].Stats.HTTPRequests; got != requests {
				t.Errorf("the second attempt counts %d requests, want %d", got, requests)
			}
		})
	}
}

func TestEveryFunctionThatSendsResumes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	script := map[string]string{"script": guests.Script(
		guests.Step{Function: "http_request", Argument: `{"method":"POST","url":"` + w.receiver.URL + `/extism"}`},
		guests.Step{Function: "http_status_code"},
		guests.Step{Function: "http_send", Argument: `{"method":"POST","url":"` + w.receiver.URL + `/usher","body":"x"}`},
		guests.Step{Function: "trap"},
	)}
	settings := w.settings
	settings.Config = script
	run := guest.Run{
		ExecutionID: "exe_1", Attempt: 1,
		Step:  host.Step{ActionID: "act_1", Action: "greet", Digest: host.Digest(guests.Wasm("script")), Settings: settings},
		Event: &host.Event{ID: "evt_1", Trigger: host.PostUserRegistration, Body: []byte(`{"user":{}}`)},
	}
	for attempt := 1; attempt <= 3; attempt++ {
		run.Attempt = attempt
		result, tape, err := w.Run(t.Context(), run)
		if err != nil || result.Succeeded {
			t.Fatalf("%v, %+v", err, result)
		}
		run.Resumption.Earlier = append(run.Resumption.Earlier, host.EarlierAttempt{Number: attempt, Tape: tape})
		from := 0
		if attempt > 1 {
			from = 1
		}
		for _, c := range result.Calls {
			if strings.HasPrefix(c.Function, "http_") && (c.FromAttempt != from || c.Status != 200) {
				t.Errorf("attempt %d: %+v", attempt, c)
			}
		}
	}
	if got := w.receiver.Requests(); len(got) != 2 {
		t.Errorf("sent %v", got)
	}
}

// TestALateRequestThatIsRefusedIsMadeAgainWithThePresentTime: what an attempt signs with
// the time of the first one may be too old, and its receiver may answer 400.
func TestALateRequestThatIsRefusedIsMadeAgainWithThePresentTime(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		after  time.Duration
		status []int // of /b
		want   string
	}{
		{"late", 10 * time.Minute, []int{503, 400, 200}, "/a 0, /b 1, /b 1, /a 0, /b 1"},
		{"in time", time.Second, []int{503, 400, 200}, "/a 0, /b 1, /b 1, /b 1"},
		{"bad from the start", 10 * time.Minute, []int{400, 400, 200}, "/a 0, /b 1, /b 1, /b 1"},
		{"late, for another reason", 10 * time.Minute, []int{503, 409, 200}, "/a 0, /b 1, /b 1, /b 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := &receiving{answer: func(_ context.Context, path string, n int) (int, http.Header) {
				if path == "/a" {
					return 200, nil
				}
				return tt.status[n-1], nil
			}}
			s := newStage(t, o, post("/a"), post("/b"), call("error_set", "no"))
			var earlier []host.EarlierAttempt
			for n := range 3 {
				run := s.attempt("act_1", host.Settings{})
				run.Resumption.Earlier = earlier
				_, tape, err := s.Run(t.Context(), run)
				if err != nil {
					t.Fatal(err)
				}
				earlier = append(earlier, host.EarlierAttempt{Number: n + 1, Tape: tape})
				if n == 0 {
					earlier[0].Tape.Start = tape.Start.Add(-tt.after)
				}
			}
			if got := o.list(); got != tt.want {
				t.Errorf("sent %s, want %s", got, tt.want)
			}
		})
	}
}

func TestARetryAfterIsCountedFromThePresent(t *testing.T) {
	t.Parallel()
	o := &receiving{answer: func(context.Context, string, int) (int, http.Header) {
		return 503, http.Header{"Retry-After": {time.Now().Add(30 * time.Second).UTC().Format(http.TimeFormat)}}
	}}
	s := newStage(t, o, post("/a"), call("error_set", "no"))
	_, tapes := s.resumed(t, 1)
	tapes[0].Start = tapes[0].Start.Add(-30 * time.Minute)
	run := s.attempt("act_1", host.Settings{})
	run.Resumption.Earlier = []host.EarlierAttempt{{Number: 1, Tape: tapes[0]}}
	result, tape, err := s.Run(t.Context(), run)
	if err != nil || !tape.Start.Equal(tapes[0].Start) {
		t.Fatalf("%v; it began at %s", err, tape.Start)
	}
	if wait := result.RetryAfterMillis; wait <= 0 || wait > 31_000 {
		t.Errorf("it is to wait for %d ms", wait)
	}
}

func TestAFailedRunWaitsForWhatIsNotSafeToRepeat(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	o := &receiving{}
	o.answer = func(ctx context.Context, path string, _ int) (int, http.Header) {
		switch path {
		case "/slow":
			select {
			case <-release:
			case <-ctx.Done():
				return 0, nil
			}
		case "/get":
			<-ctx.Done() // a request that is safe is broken off
			return 0, nil
		case "/fails":
			time.AfterFunc(20*time.Millisecond, func() { close(release) })
			return 500, nil
		}
		return 200, nil
	}
	s := newStage(t, o, startPost("/slow"), request("http_start", "GET", "/get"), startPost("/fails"), wait(-1), call("error_set", "no"))
	run := s.attempt("act_1", host.Settings{})
	run.Resumption.Keep = func(host.Tape) {}
	result, tape, err := s.Run(t.Context(), run)
	if err != nil || result.Succeeded {
		t.Fatalf("%v, %+v", err, result)
	}
	if len(tape.Untaken) != 1 || !strings.Contains(string(tape.Untaken[0].Answer), `"status":200`) {
		t.Errorf("untaken are %v", tape.Untaken)
	}
	tape.Untaken = nil // it is no part of a replay
	replaytest.Same(t, s.Runner, s.attempt("act_1", host.Settings{}), result, tape)
}

func TestAFailedRunWaitsNotBeyondItsDeadline(t *testing.T) {
	t.Parallel()
	o := &receiving{answer: func(ctx context.Context, _ string, _ int) (int, http.Header) {
		<-ctx.Done()
		return 0, nil
	}}
	s := newStage(t, o, startPost("/slow"), call("error_set", "no"))
	run := s.attempt("act_1", host.Settings{Limits: host.Limits{TimeoutMillis: 200}})
	run.Resumption.Keep = func(host.Tape) {}
	result, tape, err := s.Run(t.Context(), run)
	if err != nil || result.Succeeded || result.Error.Message != "no" || len(tape.Untaken) != 0 {
		t.Errorf("%v, %+v, untaken %v", err, result.Error, tape.Untaken)
	}
}

func TestWhatARunDoesIsKeptBeforeAndAfterEachRequestThatIsNotSafe(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var log []string
	note := func(what string) {
		mu.Lock()
		defer mu.Unlock()
		log = append(log, what)
	}
	o := &receiving{answer: func(_ context.Context, path string, _ int) (int, http.Header) {
		note("sent " + path)
		return 200, nil
	}}
	s := newStage(t, o, request("http_send", "GET", "/get"), call("clock_sleep", 1), post("/a"), startPost("/b"), wait(-1), post("/c"))
	run := s.attempt("act_1", host.Settings{})
	start := time.Time{}
	run.Resumption.Keep = func(part host.Tape) {
		var all []string
		for _, c := range slices.Concat(part.Calls, part.Untaken) {
			all = append(all, strings.TrimPrefix(c.Function, "http_")+map[bool]string{true: "+", false: ""}[strings.Contains(string(c.Answer), "status")])
		}
		note("kept " + strings.Join(all, " "))
		if start.IsZero() {
			start = part.Start
		}
		if part.Start.IsZero() || !part.Start.Equal(start) {
			t.Errorf("the clock began at %s and at %s", start, part.Start)
		}
	}
	result, _, err := s.Run(t.Context(), run)
	if err != nil || !result.Succeeded {
		t.Fatalf("%v, %+v", err, result.Error)
	}
	want := []string{
		"sent /get", "kept send+ clock_sleep send", "sent /a", "kept send+", "kept start", "sent /b", "kept wait+",
		"kept start wait+ send", "sent /c", "kept send+",
	}
	if !slices.Equal(log, want) {
		t.Errorf("it did %q, want %q", log, want)
	}
}

func TestARunThatWasCutOffResumesFromItsParts(t *testing.T) {
	t.Parallel()
	o := &receiving{answer: func(context.Context, string, int) (int, http.Header) { return 200, nil }}
	calls := []conformance.Call{post("/a"), startPost("/b"), startPost("/c"), wait(-1), wait(-1), post("/d")}
	s := newStage(t, o, calls...)
	var parts []host.Tape
	var mu sync.Mutex
	run := s.attempt("act_1", host.Settings{})
	run.Resumption.Keep = func(part host.Tape) {
		mu.Lock()
		defer mu.Unlock()
		part.Calls = slices.Clone(part.Calls)
		parts = append(parts, part)
	}
	if result, _, err := s.Run(t.Context(), run); err != nil || !result.Succeeded {
		t.Fatalf("%v, %+v", err, result.Error)
	}
	for n := range len(parts) + 1 {
		o.mu.Lock()
		o.got = nil
		o.mu.Unlock()
		left := whole(parts[:n])
		again := s.attempt("act_1", host.Settings{})
		if n > 0 {
			again.Resumption.Earlier = []host.EarlierAttempt{{Number: 1, Tape: left}}
		}
		result, _, err := s.Run(t.Context(), again)
		if err != nil || !result.Succeeded {
			t.Fatalf("%v, %+v", err, result.Error)
		}
		known := map[string]bool{} // an answer that came may also have been taken
		for _, c := range slices.Concat(left.Calls, left.Untaken) {
			if strings.Contains(string(c.Answer), `"status":200`) {
				known[string(c.Answer)] = true
			}
		}
		got := o.list()
		if sent := strings.Count(got, "/"); sent != 4-len(known) {
			t.Errorf("after %d parts with %d answers it sent %s", n, len(known), got)
		}
		for i, path := range []string{"/a", "/b", "/c", "/d"} {
			if strings.Contains(got, path) && !strings.Contains(got, fmt.Sprint(path, " ", i)) {
				t.Errorf("after %d parts it sent %s, and %s not with its key %d", n, got, path, i)
			}
		}
	}
}

// whole puts the parts of a run together, as the executor does.
func whole(parts []host.Tape) (t host.Tape) {
	for _, part := range parts {
		t.Start = part.Start
		if len(part.Calls) > 0 {
			t.Untaken = slices.DeleteFunc(t.Untaken, func(c host.Call) bool { return c.Function != "http_wait" })
		}
		t.Calls, t.Untaken = append(t.Calls, part.Calls...), append(t.Untaken, part.Untaken...)
	}
	return t
}

// TestAForeignTapeDoesNotEndARun resumes from tapes that no run has made.
func TestAForeignTapeDoesNotEndARun(t *testing.T) {
	t.Parallel()
	o := &receiving{answer: func(context.Context, string, int) (int, http.Header) { return 200, nil }}
	s := newStage(t, o, post("/a"), startPost("/b"), wait(-1), call("cache_get", "k"))
	_, tapes := s.resumed(t, 1)
	good, err := json.Marshal(tapes[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{`"http_send"`, `"http_start"`},
		{`"http_start"`, `"http_send"`},
		{`"http_wait"`, `"http_start"`},
		{`"id":1`, `"id":99`},
		{`"id":1`, `"id":-1`},
		{`"status":200`, `"status":"x"`},
		{`"status":200`, `"status":-7`},
		{`"method":"POST"`, `"method":7`},
		{`"end_us":`, `"end_us":-`},
		{`"end_us":`, `"attempt":3,"end_us":`},
		{`"seed"`, `"sed"`},
		{`"start":"2`, `"start":"9`},
		{`"ans":`, `"answer":`},
		{`"req":`, `"request":`},
	} {
		var tape host.Tape
		if err := json.Unmarshal([]byte(strings.ReplaceAll(string(good), change[0], change[1])), &tape); err != nil {
			t.Fatal(err)
		}
		for _, seed := range [][]byte{nil, {1}, make([]byte, 100)} {
			tape.Seed = seed
			run := s.attempt("act_1", host.Settings{})
			run.Resumption.Earlier = []host.EarlierAttempt{{Number: 1, Tape: tape}, {Number: 2, Tape: tape}}
			if result, _, err := s.Run(t.Context(), run); err != nil || result.Fault == host.FaultHost {
				t.Errorf("%v: %v, %+v", change, err, result.Error)
			}
		}
	}
}
