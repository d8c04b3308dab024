package guest_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/egress"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/internal/replaytest"
	"github.com/usherhost/usher/host/sandbox"
	"github.com/usherhost/usher/proto/conformance"
)

// call is one host call of a guest that is made for a test.
func call(function string, args ...any) conformance.Call {
	c := conformance.Call{Function: function}
	for _, arg := range args {
		raw, _ := json.Marshal(arg)
		c.Args = append(c.Args, raw)
	}
	return c
}

func start(url string) conformance.Call { return call("http_start", map[string]string{"url": url}) }

func wait(millis int) conformance.Call { return call("http_wait", millis) }

// stage runs guests that are made of calls.
type stage struct {
	*guest.Runner
	vector conformance.Vector
	wasm   []byte
}

func (s *stage) Module(context.Context, string) ([]byte, error) { return s.wasm, nil }

func (s *stage) Secrets(context.Context, string) (map[string]string, error) {
	return map[string]string{}, nil
}

func newStage(t *testing.T, world guest.Egress, calls ...conformance.Call) *stage {
	t.Helper()
	s, err := sandbox.Open(t.Context(), sandbox.Config{Functions: guest.Functions()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	st := &stage{vector: conformance.Vector{Calls: calls}}
	if st.wasm, err = st.vector.Module(host.PostUserRegistration.Entry()); err != nil {
		t.Fatal(err)
	}
	st.Runner = &guest.Runner{Sandbox: s, Modules: st, Secrets: st, Egress: world}
	return st
}

// attempt is a run of the guest.
func (s *stage) attempt(action string, settings host.Settings) guest.Run {
	return guest.Run{
		ExecutionID: "exe_1", Attempt: 1,
		Step:  host.Step{ActionID: action, Action: "greet", BindingID: "bnd_1", Digest: host.Digest(s.wasm), Settings: settings},
		Event: &host.Event{ID: "evt_1", Trigger: cmp.Or(host.Trigger(s.vector.Trigger), host.PostUserRegistration), Body: []byte(`{"user":{}}`)},
	}
}

// run runs the guest and returns, of a run that succeeds, its calls' answers.
func (s *stage) run(t *testing.T, settings host.Settings) (host.Result, host.Tape, []string) {
	t.Helper()
	result, tape, err := s.Run(t.Context(), s.attempt("act_1", settings))
	if err != nil {
		t.Fatal(err)
	}
	replaytest.Same(t, s.Runner, s.attempt("act_1", settings), result, tape)
	if !result.Succeeded {
		return result, tape, nil
	}
	answers, err := s.vector.Answers(result.Output)
	if err != nil {
		t.Fatal(err)
	}
	var answered []string
	for _, a := range answers {
		switch {
		case a == nil || a.None:
			answered = append(answered, "null")
		case a.Number != nil:
			answered = append(answered, fmt.Sprint(*a.Number))
		default:
			answered = append(answered, string(a.Bytes))
		}
	}
	return result, tape, answered
}

// sender sends by a function, and keeps count.
type sender struct {
	send func(ctx context.Context, r *host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure)

	mu     sync.Mutex
	active int // guarded by mu
	most   int // guarded by mu
}

func (s *sender) Send(ctx context.Context, r *host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure) {
	s.mu.Lock()
	s.active++
	s.most = max(s.most, s.active)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.active--
		s.mu.Unlock()
	}()
	return s.send(ctx, r)
}

func (s *sender) under() (active, most int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.active, s.most
}

func ok(r *host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure) {
	return &host.HTTPResponse{Status: 200, Header: http.Header{}, URL: r.URL, Requests: 1}, nil
}

// never answers; the run must break it off.
func never(ctx context.Context, _ *host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure) {
	<-ctx.Done()
	return nil, &host.EgressFailure{Code: host.EgressTimeout, Message: "broken off", Requests: 1}
}

func TestStartedRequestsOverlap(t *testing.T) {
	t.Parallel()
	var all sync.WaitGroup // each waits until the others are on their way
	all.Add(3)
	world := &sender{send: func(_ context.Context, r *host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure) {
		all.Done()
		all.Wait()
		return ok(r)
	}}
	s := newStage(t, world, start("https://a.example/"), start("https://b.example/"), start("https://c.example/"), wait(-1), wait(-1), wait(-1))
	result, _, answers := s.run(t, host.Settings{})
	if !result.Succeeded || result.Stats.HTTPRequests != 3 {
		t.Fatalf("error %+v, stats %+v", result.Error, result.Stats)
	}
	slices.Sort(answers[3:])
	for i, want := range []string{`"id":1`, `"id":2`, `"id":3`} {
		if !strings.Contains(answers[3+i], want) {
			t.Errorf("answer %s, want %s", answers[3+i], want)
		}
	}
}

func TestAtMostTwentyRequestsOfARunAreUnderWay(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var order []string // guarded by mu
	full := make(chan struct{})
	world := &sender{}
	world.send = func(ctx context.Context, r *host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure) {
		mu.Lock()
		order = append(order, r.URL)
		if len(order) == 20 {
			close(full)
		}
		mu.Unlock()
		<-full
		return ok(r)
	}
	var calls []conformance.Call
	for i := range 30 {
		calls = append(calls, start(fmt.Sprintf("https://x.example/%02d", i)))
	}
	for range 30 {
		calls = append(calls, wait(-1))
	}
	result, _, answers := newStage(t, world, calls...).run(t, host.Settings{})
	if !result.Succeeded || !strings.Contains(answers[59], `"status":200`) {
		t.Fatalf("error %+v, answers %q", result.Error, answers)
	}
	if _, most := world.under(); most != 20 {
		t.Errorf("%d were under way at once, want 20", most)
	}
	first := slices.Sorted(slices.Values(order[:20]))
	if first[19] != "https://x.example/19" {
		t.Errorf("the first twenty are %q", first)
	}
}

func TestARequestThatIsGivenUpIsBrokenOff(t *testing.T) {
	t.Parallel()
	world := &sender{send: never}
	s := newStage(t, world, start("https://a.example/"), call("http_cancel", 1), wait(-1), start("https://b.example/"), call("http_cancel", 2), call("http_cancel", 2))
	result, tape, answers := s.run(t, host.Settings{})
	if !result.Succeeded || answers[2] != "null" || answers[3] != "2" {
		t.Fatalf("error %+v, answers %q", result.Error, answers)
	}
	if active, _ := world.under(); active != 0 {
		t.Errorf("%d requests outlive the run", active)
	}
	if string(tape.Calls[1].Request) != `{"id":1}` || result.Calls[1].Target != "GET https://a.example/" {
		t.Errorf("tape %s, note %+v", tape.Calls[1].Request, result.Calls[1])
	}
}

func TestARunEndsItsRequests(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		calls []conformance.Call
		limit string
	}{
		{name: "when it ends", calls: []conformance.Call{start("https://a.example/"), start("https://b.example/")}},
		{name: "at its deadline", calls: []conformance.Call{start("https://a.example/"), wait(-1)}, limit: "timeout_ms"},
		{name: "at its deadline in a long wait", calls: []conformance.Call{start("https://a.example/"), wait(86_400_000)}, limit: "timeout_ms"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			world := &sender{send: never}
			result, _, _ := newStage(t, world, tt.calls...).run(t, host.Settings{Limits: host.Limits{TimeoutMillis: 100}})
			if result.Limit != tt.limit || tt.limit == "" && !result.Succeeded {
				t.Errorf("limit %q, error %+v", result.Limit, result.Error)
			}
			if tt.limit != "" && !strings.HasSuffix(result.Error.Message, "in http_wait GET https://a.example/") {
				t.Errorf("error %q", result.Error.Message)
			}
			if active, _ := world.under(); active != 0 {
				t.Errorf("%d requests outlive the run", active)
			}
		})
	}
}

func TestAWaitInVainMovesTheClock(t *testing.T) {
	t.Parallel()
	s := newStage(t, &sender{send: never}, start("https://a.example/"), wait(30), wait(0))
	result, tape, answers := s.run(t, host.Settings{})
	if !result.Succeeded || answers[1] != "null" || answers[2] != "null" {
		t.Fatalf("error %+v, answers %q", result.Error, answers)
	}
	if moved := tape.Calls[1].EndMicros - tape.Calls[0].EndMicros; moved < 30_000 {
		t.Errorf("the clock moved %d µs in a wait of 30 ms", moved)
	}
}

func TestTheTapeRecordsTheOrderOfTheAnswers(t *testing.T) {
	t.Parallel()
	for _, first := range []string{"https://a.example/", "https://b.example/"} {
		t.Run(first, func(t *testing.T) {
			t.Parallel()
			answered := make(chan struct{})
			world := &sender{send: func(_ context.Context, r *host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure) {
				if r.URL == first {
					defer close(answered)
				} else {
					<-answered
				}
				return ok(r)
			}}
			s := newStage(t, world, start("https://a.example/"), start("https://b.example/"), wait(-1), wait(-1))
			_, tape, answers := s.run(t, host.Settings{})
			var functions []string
			for i, c := range tape.Calls {
				functions = append(functions, c.Function)
				if answers[i] != string(c.Answer) {
					t.Errorf("the guest got %s, the tape has %s", answers[i], c.Answer)
				}
			}
			if want := []string{"http_start", "http_start", "http_wait", "http_wait"}; !slices.Equal(functions, want) {
				t.Errorf("tape %q, want %q", functions, want)
			}
		})
	}
}

func TestTheLongestWaitThatOverlappingAnswersAskForHolds(t *testing.T) {
	t.Parallel()
	world := &sender{send: func(_ context.Context, r *host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure) {
		response, _ := ok(r)
		if strings.HasSuffix(r.URL, "/busy") {
			response.Status, response.Header = 503, http.Header{"Retry-After": {"7"}}
		}
		return response, nil
	}}
	fail := call("error_set", "no")
	for _, tt := range []struct {
		name  string
		calls []conformance.Call
		wait  int64
	}{
		{name: "overlapping", calls: []conformance.Call{start("https://a.example/busy"), start("https://a.example/"), wait(-1), wait(-1), fail}, wait: 7000},
		{name: "one after the other", calls: []conformance.Call{start("https://a.example/busy"), wait(-1), start("https://a.example/"), wait(-1), fail}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			result, _, _ := newStage(t, world, tt.calls...).run(t, host.Settings{})
			if result.RetryAfterMillis != tt.wait || result.Fault != host.FaultGuest {
				t.Errorf("fault %q, asks for %d ms, want %d", result.Fault, result.RetryAfterMillis, tt.wait)
			}
		})
	}
}

func TestOverlappingRedirectsShareTheLimit(t *testing.T) {
	t.Parallel()
	world := &sender{send: func(_ context.Context, r *host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure) {
		sent := int64(1)
		for ; sent < 5; sent++ {
			if !r.Redirected() {
				return nil, &host.EgressFailure{Code: host.EgressLimit, Limit: "http_requests", Message: "no more", Requests: sent}
			}
		}
		return &host.HTTPResponse{Status: 200, Header: http.Header{}, Requests: sent}, nil
	}}
	s := newStage(t, world, start("https://a.example/"), start("https://b.example/"), start("https://c.example/"), wait(-1), wait(-1), wait(-1))
	result, _, _ := s.run(t, host.Settings{Limits: host.Limits{HTTPRequests: 8}})
	if result.Stats.HTTPRequests != 8 {
		t.Errorf("%d requests, want 8", result.Stats.HTTPRequests)
	}
}

func TestABugBehindARequestEndsItsRunOnly(t *testing.T) {
	t.Parallel()
	world := &sender{send: func(_ context.Context, r *host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure) {
		panic("a bug behind " + r.URL)
	}}
	result, _, _ := newStage(t, world, start("https://a.example/"), wait(-1)).run(t, host.Settings{})
	if result.Fault != host.FaultHost {
		t.Errorf("fault %q, error %+v", result.Fault, result.Error)
	}
}

func TestAHundredRunsSendAtOnce(t *testing.T) {
	t.Parallel()
	const runs, each = 100, 4
	var together sync.WaitGroup // the server answers when every run's first request is there
	together.Add(runs)
	var seen sync.Map
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, again := seen.LoadOrStore(r.Header.Get("X-Run"), true); !again {
			together.Done()
		}
		together.Wait()
		_, _ = fmt.Fprint(w, r.Header.Get("X-Run"))
	}))
	t.Cleanup(server.Close)
	client := &egress.Client{AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, MaxInFlight: 2 * runs * each}
	t.Cleanup(client.Close)
	s, err := sandbox.Open(t.Context(), sandbox.Config{Functions: guest.Functions()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	settings := host.Settings{Egress: host.Egress{Allow: []string{server.URL}}, Limits: host.Limits{TimeoutMillis: 60_000, HTTPTimeoutMillis: 60_000}}

	var group sync.WaitGroup
	for i := range runs {
		group.Go(func() {
			name := fmt.Sprintf("run-%d", i)
			request := call("http_start", map[string]any{"url": server.URL, "headers": map[string]string{"X-Run": name}})
			st := &stage{vector: conformance.Vector{Calls: []conformance.Call{request, request, request, request, wait(-1), wait(-1), call("http_cancel", 4), wait(-1)}}}
			wasm, err := st.vector.Module(host.PostUserRegistration.Entry())
			if err != nil {
				t.Error(err)
				return
			}
			st.wasm = wasm
			st.Runner = &guest.Runner{Sandbox: s, Modules: st, Secrets: st, Egress: client}
			result, _, answers := st.run(t, settings)
			if !result.Succeeded || !strings.Contains(answers[4], `"body":"`+name+`"`) || !strings.Contains(answers[5], `"body":"`+name+`"`) {
				t.Errorf("%s: error %+v, answers %q", name, result.Error, answers)
			}
		})
	}
	group.Wait()
}
