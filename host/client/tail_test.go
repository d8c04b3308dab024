package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/client"
)

// streams serves each connection the next of some streams, and notes what the
// client asked. After the last one it answers with status.
type streams struct {
	*httptest.Server
	status int
	bodies []string
	asked  []string // query and Last-Event-ID of each request; read it when Tail has ended
}

func newStreams(status int, bodies ...string) *streams {
	return &streams{status: status, bodies: bodies}
}

func serveStreams(t *testing.T, status int, bodies ...string) *streams {
	t.Helper()
	s := newStreams(status, bodies...)
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *streams) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := len(s.asked)
	s.asked = append(s.asked, r.URL.RawQuery+"|"+r.Header.Get("Last-Event-ID"))
	if n >= len(s.bodies) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(s.status)
		_, _ = fmt.Fprintf(w, `{"type":"https://usherhost.dev/problems/x","title":"no more","status":%d}`, s.status)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	_, _ = fmt.Fprint(w, "retry: 1\n"+s.bodies[n])
}

// RoundTrip answers without a network, as time in a bubble needs it.
func (s *streams) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Result(), nil
}

func event(seq int) string {
	return fmt.Sprintf("id: %d\nevent: result\ndata: {\"seq\":%d,\"action\":\"notify\",\n", seq, seq) +
		"data: \"output\":{\"n\":1}}\n\n"
}

// follow reads a tail to its end.
func follow(ctx context.Context, c *client.Client, q client.TailQuery) (seqs []int64, err error) {
	for r, e := range c.Tail(ctx, q) {
		if e != nil {
			return seqs, e
		}
		if r.Action != "notify" || string(r.Output) != `{"n":1}` {
			return seqs, fmt.Errorf("result is %+v", r)
		}
		seqs = append(seqs, r.Seq)
	}
	return seqs, nil
}

func TestATailGoesOnOverBrokenConnections(t *testing.T) {
	t.Parallel()
	two := 2
	for _, tt := range []struct {
		name   string
		query  client.TailQuery
		bodies []string
		seqs   string
		asked  []string
	}{
		{
			"where it was",
			client.TailQuery{ResultQuery: host.ResultQuery{ActionID: "notify"}},
			[]string{"id: 4\n\n" + event(5) + event(6), event(7)},
			"[5 6 7]",
			[]string{"action=notify|", "action=notify|6", "action=notify|7"},
		},
		{
			"not again with half an event",
			client.TailQuery{ResultQuery: host.ResultQuery{After: 4}},
			[]string{event(5) + strings.TrimSuffix(event(6), "\n"), event(6)},
			"[5 6]",
			[]string{"after=4|", "|5", "|6"},
		},
		{
			"after the id of a heartbeat",
			client.TailQuery{Tail: &two},
			[]string{"id: 4\n\n: heartbeat\nid: 9\n\n", "event: other\ndata: x\n\n" + event(10)},
			"[10]",
			[]string{"tail=2|", "|9", "|10"},
		},
		{
			"from the oldest",
			client.TailQuery{ResultQuery: host.ResultQuery{After: -1}},
			[]string{strings.ReplaceAll(event(1), "\n", "\r\n")},
			"[1]",
			[]string{"after=0|", "|1"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := serveStreams(t, http.StatusForbidden, tt.bodies...)
			seqs, err := follow(t.Context(), client.NewClient(s.URL, "usher_key"), tt.query)
			if p, ok := errors.AsType[*client.Problem](err); !ok || p.Status != http.StatusForbidden {
				t.Errorf("ends with %v", err)
			}
			s.Close()
			if fmt.Sprint(seqs) != tt.seqs || fmt.Sprint(s.asked) != fmt.Sprint(tt.asked) {
				t.Errorf("got %v after asking %q, want %s after %q", seqs, s.asked, tt.seqs, tt.asked)
			}
		})
	}
}

func TestATailThatNeverBeganSaysWhyAtOnce(t *testing.T) {
	t.Parallel()
	s := serveStreams(t, http.StatusServiceUnavailable)
	if _, err := follow(t.Context(), client.NewClient(s.URL, ""), client.TailQuery{}); host.CodeOf(err) == "" || len(s.asked) != 1 {
		t.Errorf("asked %q: %v", s.asked, err)
	}
	s.Close()
	if _, err := follow(t.Context(), client.NewClient(s.URL, ""), client.TailQuery{}); err == nil {
		t.Error("a host that is not there is no error")
	}
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, "hello") }))
	t.Cleanup(page.Close)
	_, err := follow(t.Context(), client.NewClient(page.URL, ""), client.TailQuery{})
	if p, ok := errors.AsType[*client.Problem](err); !ok || !strings.Contains(p.Detail, "not an answer of Usher") {
		t.Errorf("of another server's answer it says %v", err)
	}
}

func TestATailGivesUpWhenItsPatienceIsOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStreams(http.StatusServiceUnavailable, event(1))
		c := &client.Client{URL: "http://host.test", HTTP: &http.Client{Transport: s}}
		began := time.Now()
		seqs, err := follow(t.Context(), c, client.TailQuery{Patience: time.Second})
		p, ok := errors.AsType[*client.Problem](err)
		if !ok || p.Status != http.StatusServiceUnavailable || len(seqs) != 1 || len(s.asked) < 3 || time.Since(began) != time.Second {
			t.Errorf("got %v and %v after %d connections and %s", seqs, err, len(s.asked), time.Since(began))
		}
	})
}

func TestAnEventThatCanNotBeReadIsNotPassedOver(t *testing.T) {
	t.Parallel()
	s := serveStreams(t, http.StatusForbidden, event(1)+"id: 2\nevent: result\ndata: {]\n\n"+event(3), event(3))
	if seqs, err := follow(t.Context(), client.NewClient(s.URL, ""), client.TailQuery{}); err == nil || len(seqs) != 1 {
		t.Errorf("got %v, %v", seqs, err)
	}
}

func TestATailEndsWithItsContextOrItsLoop(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{}, 2)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = fmt.Fprint(w, event(1))
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		gone <- struct{}{}
	}))
	t.Cleanup(s.Close)
	c := client.NewClient(s.URL, "")
	for r, err := range c.Tail(t.Context(), client.TailQuery{}) {
		if err != nil || r.Seq != 1 {
			t.Errorf("got %+v, %v", r, err)
		}
		break
	}
	<-gone
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var ended error
	for _, err := range c.Tail(ctx, client.TailQuery{}) {
		ended = err
		cancel()
	}
	if !errors.Is(ended, context.Canceled) {
		t.Errorf("ends with %v", ended)
	}
	<-gone
}

func TestATailOfARealHost(t *testing.T) {
	t.Parallel()
	c, db := serve(t)
	bindOne(t, c, "a")
	for i := range 3 {
		fail(t, c, db, fmt.Sprint("user-", i))
	}
	seq := int64(0)
	for r, err := range c.Tail(t.Context(), client.TailQuery{ResultQuery: host.ResultQuery{After: -1, ActionID: "a"}}) {
		if err != nil {
			t.Fatal(err)
		}
		if seq++; r.Seq != seq || r.Action != "a" || string(r.Output) != "\xff" {
			t.Fatalf("got %+v, want result %d", r, seq)
		}
		if seq == 3 {
			fail(t, c, db, "late")
		}
		if seq == 4 {
			break
		}
	}
}
