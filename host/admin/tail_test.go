package admin_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

// listening is the API behind a real listener.
type listening struct {
	*api
	url  string
	stop func() error // drains; it may be called more than once
}

func listen(t *testing.T, a *api) *listening {
	t.Helper()
	l, err := web.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done, served := make(chan struct{}), error(nil)
	go func() {
		defer close(done)
		served = web.Serve(ctx, l, a.routes, 20*time.Second, slog.New(slog.DiscardHandler))
	}()
	stop := func() error { cancel(); <-done; return served }
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return &listening{api: a, url: "http://" + l.Addr().String(), stop: stop}
}

// sse is one event of a stream.
type sse struct{ id, event, data string }

// following is a reader of a live tail.
type following struct {
	t     *testing.T
	lines *bufio.Reader
	leave func()
}

// tail opens a tail, and expects it to begin. It ends with the test.
func (l *listening) tail(t *testing.T, query, lastEventID string) *following {
	t.Helper()
	response := l.open(t, query, lastEventID)
	if kind := response.Header.Get("Content-Type"); response.StatusCode != http.StatusOK || kind != "text/event-stream" {
		t.Fatalf("answers %d %s", response.StatusCode, kind)
	}
	return &following{t: t, lines: bufio.NewReader(response.Body), leave: func() { _ = response.Body.Close() }}
}

func (l *listening) open(t *testing.T, query, lastEventID string) *http.Response {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, l.url+"/v1/tail"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Api-Key", l.read)
	if lastEventID != "" {
		r.Header.Set("Last-Event-ID", lastEventID)
	}
	response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	return response
}

// block reads up to the next empty line.
func (f *following) block() (sse, error) {
	var e sse
	for {
		line, err := f.lines.ReadString('\n')
		if err != nil || line == "\n" {
			return e, err
		}
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		value = strings.TrimPrefix(value, " ")
		switch name {
		case "id":
			e.id = value
		case "event":
			e.event = value
		case "data":
			e.data += value
		}
	}
}

// next returns the next event with data.
func (f *following) next() sse {
	f.t.Helper()
	for {
		e, err := f.block()
		if err != nil {
			f.t.Fatal(err)
		}
		if e.data != "" {
			return e
		}
	}
}

// ran makes actions run that leave n results.
func (a *api) ran(t *testing.T, n int) {
	t.Helper()
	for range n {
		a.accept(t, fmt.Sprint("user-", a.users.Add(1)))
	}
	a.run(t, true)
}

func TestATailSendsEachResultOnceAndInOrder(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.action(t, "notify")
	a.bind(t, "notify")
	l := listen(t, a)
	a.ran(t, 3)
	all, back, fresh := l.tail(t, "?after=0", ""), l.tail(t, "?tail=1", ""), l.tail(t, "", "")
	first, err := fresh.block() // it is there before the next ones run
	if err != nil || first.id != "3" {
		t.Fatalf("begins with %+v, %v", first, err)
	}
	a.ran(t, 20)
	for f, begin := range map[*following]int{all: 1, back: 3, fresh: 4} {
		for seq := begin; seq <= 23; seq++ {
			e := f.next()
			if e.id != fmt.Sprint(seq) || e.event != "result" {
				t.Fatalf("got %+v, want result %d", e, seq)
			}
			checkResult(t, e)
		}
	}
}

// checkResult checks an event's data against the document.
func checkResult(t *testing.T, e sse) {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(e.data))
	if err != nil {
		t.Fatal(err)
	}
	if err := theDocument(t).check("/components/schemas/Result", value); err != nil {
		t.Error(err)
	}
	if seq := value.(map[string]any)["seq"]; fmt.Sprint(seq) != e.id {
		t.Errorf("event %s has the seq %v", e.id, seq)
	}
}

func TestATailGoesOnAfterTheLastEventThatWasSeen(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.action(t, "notify")
	a.bind(t, "notify")
	l := listen(t, a)
	a.ran(t, 5)
	for _, query := range []string{"", "?after=0", "?tail=5"} {
		if e := l.tail(t, query, "3").next(); e.id != "4" {
			t.Errorf("%q goes on with %+v", query, e)
		}
	}
}

func TestATailEndsSoonAfterItsKeyIsDeleted(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.server.HeartbeatEvery = time.Millisecond
	l := listen(t, a)
	f := l.tail(t, "", "")
	if _, err := f.block(); err != nil {
		t.Fatal(err)
	}
	keys, err := a.reg.Keys(t.Context())
	for _, k := range keys {
		if err == nil && k.May(host.ScopeRead) && !k.May(host.ScopeManage) {
			err = a.reg.DeleteKey(t.Context(), k.ID)
		}
	}
	for err == nil {
		_, err = f.block()
	}
	if !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}

func TestATailOfOneActionLeavesOutTheOthersAndSaysSo(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.server.HeartbeatEvery = time.Millisecond
	a.action(t, "notify")
	a.action(t, "store")
	a.bind(t, "notify")
	l := listen(t, a)
	f := l.tail(t, "?after=0&action=store", "")
	a.ran(t, 3)
	for {
		e, err := f.block()
		if err != nil || e.data != "" {
			t.Fatalf("got %+v, %v", e, err)
		}
		if e.id == "3" {
			break // a reader that comes back begins here
		}
	}
	a.bind(t, "store")
	a.ran(t, 1)
	if e := f.next(); e.id != "4" || !strings.Contains(e.data, `"action":"store"`) {
		t.Errorf("got %+v", e)
	}
}

func TestATailEndsWhenTheHostDrains(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	l := listen(t, a)
	f := l.tail(t, "", "")
	if _, err := f.block(); err != nil {
		t.Fatal(err)
	}
	if err := l.stop(); err != nil {
		t.Errorf("the drain: %v", err)
	}
	if e, err := f.block(); !errors.Is(err, io.EOF) {
		t.Errorf("ends with %+v, %v", e, err)
	}
}

func TestAReaderWhoIsSlowOrGoneIsLetGo(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.server.MaxTails = 1
	a.server.SetSendWithin(50 * time.Millisecond)
	a.action(t, "notify")
	a.bind(t, "notify")
	a.output = bytes.Repeat([]byte{0xff}, 1<<20)
	l := listen(t, a)
	l.tail(t, "?after=0", "") // it reads nothing more
	response := l.open(t, "", "")
	if response.StatusCode != http.StatusTooManyRequests || response.Header.Get("Retry-After") == "" {
		t.Fatalf("another tail gets %d", response.StatusCode)
	}
	a.ran(t, 20)
	next := l.untilOpen(t)
	_ = next.Body.Close() // and this one goes
	_ = l.untilOpen(t)
}

// untilOpen opens a tail as soon as there is room for one.
func (l *listening) untilOpen(t *testing.T) *http.Response {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		response := l.open(t, "", "")
		if response.StatusCode == http.StatusOK {
			return response
		}
		_ = response.Body.Close()
	}
	t.Fatal("the slow reader is never let go")
	return nil
}

func TestATailIsNothingToWaitForWithHEAD(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodHead, "/v1/tail", nil)
	r.Header.Set("Authorization", "Bearer "+a.read)
	answer := httptest.NewRecorder()
	a.routes.ServeHTTP(answer, r)
	if kind := answer.Header().Get("Content-Type"); answer.Code != http.StatusOK || kind != "text/event-stream" || answer.Body.Len() > 0 {
		t.Errorf("answers %d %s %q", answer.Code, kind, answer.Body)
	}
}

func TestATailThatCanNotBeginSaysWhy(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for query, status := range map[string]int{
		"?after=-1": 400, "?after=1&tail=1": 400, "?after=7": 400, "?tail=501": 400, "?limit=1": 400, "?action=nope": 404,
	} {
		if p := a.problem(t, status, request{path: "/v1/tail" + query}); p.Hint == "" && status == 404 {
			t.Errorf("%s: problem is %+v", query, p)
		}
	}
	l := listen(t, a)
	for _, id := range []string{"x", "-1", "7"} {
		response := l.open(t, "", id)
		var p host.ProblemDetails
		if err := json.NewDecoder(response.Body).Decode(&p); err != nil || p.Status != 400 || p.Code() != host.Invalid {
			t.Errorf("Last-Event-ID %s: %+v, %v", id, p, err)
		}
	}
}

func TestFiftyTailsCostTheStoreOneLook(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.server.PollEvery = time.Hour // after the first poll none follows
	counting := &looks{History: a.db}
	a.server.History = counting
	l := listen(t, a)
	for range 50 {
		if _, err := l.tail(t, "?after=0", "").block(); err != nil {
			t.Fatal(err)
		}
	}
	if n := counting.n.Load(); n != 51 { // each where it begins, and all of them once more
		t.Errorf("looked %d times", n)
	}
}

// looks counts the requests for the newest result.
type looks struct {
	host.History
	n atomic.Int64
}

func (l *looks) LastSeq(ctx context.Context) (int64, error) {
	l.n.Add(1)
	return l.History.LastSeq(ctx)
}

func TestATailIsSentOverHTTP2(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.action(t, "notify")
	a.bind(t, "notify")
	s := httptest.NewUnstartedServer(a.routes)
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	ctx, leave := context.WithTimeout(t.Context(), 30*time.Second)
	defer leave()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/v1/tail?after=0", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Api-Key", a.read)
	response, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	f := &following{t: t, lines: bufio.NewReader(response.Body)}
	if _, err := f.block(); err != nil || response.ProtoMajor != 2 {
		t.Fatalf("begins over %s: %v", response.Proto, err)
	}
	a.ran(t, 2)
	for _, id := range []string{"1", "2"} {
		if e := f.next(); e.id != id {
			t.Errorf("got %+v, want result %s", e, id)
		}
	}
}
