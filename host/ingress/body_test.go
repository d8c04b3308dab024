package ingress_test

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/usherhost/usher/host/ingress"
)

func TestServerReadsBodiesOfUnknownLength(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 10, 4096, 5000, 20_000} {
		for name, wrap := range map[string]func(io.Reader) io.Reader{
			"at once":      func(r io.Reader) io.Reader { return r },
			"byte by byte": oneByte,
		} {
			t.Run(name+" "+strconv.Itoa(n), func(t *testing.T) {
				t.Parallel()
				store := &memory{}
				body := `{"user":{"user_id":"a","name":"` + strings.Repeat("x", n) + `"}}`
				r := request(path, "")
				r.Body, r.ContentLength = io.NopCloser(wrap(strings.NewReader(body))), -1
				if w := serve(t, &ingress.Server{Store: store})(r); w.Code != http.StatusAccepted {
					t.Fatalf("answered %d %s, want 202", w.Code, w.Body)
				}
				if string(store.events[0].Body) != body {
					t.Errorf("stored %d bytes, want %d", len(store.events[0].Body), len(body))
				}
			})
		}
	}
}

func TestServerRefusesLargeBodiesEarly(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		body      io.Reader
		announced int64
		read      int64 // at most
	}{
		{name: "announced as more than a batch", body: endless('['), announced: 9 << 20, read: 0},
		{name: "announced as more than an event", body: endless('{'), announced: 1 << 20, read: 256<<10 + 1},
		{name: "an event without end", body: endless('{'), announced: -1, read: 256<<10 + 1},
		{name: "white space without end", body: endless(' '), announced: -1, read: 256<<10 + 1},
		{name: "a batch without end", body: endless('['), announced: -1, read: 8<<20 + 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			counted := &counter{Reader: tt.body}
			r := request(path, "")
			r.Body, r.ContentLength = io.NopCloser(counted), tt.announced
			w := serve(t, &ingress.Server{Store: &memory{}})(r)
			if w.Code != http.StatusRequestEntityTooLarge || counted.n > tt.read {
				t.Errorf("answered %d after %d bytes, want 413 after at most %d", w.Code, counted.n, tt.read)
			}
		})
	}
}

func TestServerRefusesABodyThatBreaksOff(t *testing.T) {
	t.Parallel()
	store := &memory{}
	r := request(path, "")
	r.ContentLength = int64(len(ada))
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader(ada[:9]), broken{}))
	w := serve(t, &ingress.Server{Store: store})(r)
	if p := problem(t, w); w.Code != http.StatusBadRequest || !strings.Contains(p.Detail, "ended after 9 bytes") {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
	if len(store.events) != 0 {
		t.Errorf("stored %d events", len(store.events))
	}
}
