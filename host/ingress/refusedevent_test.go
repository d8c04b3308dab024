package ingress_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/ingress"
	"github.com/usherhost/usher/host/seal"
	"github.com/usherhost/usher/host/sqlite"
)

// keeping is a server that keeps refused events in a real database.
type keeping struct {
	*ingress.Server
	db   *sqlite.DB
	send func(r *http.Request) *httptest.ResponseRecorder
}

func newKeeping(t *testing.T) *keeping {
	t.Helper()
	dir := t.TempDir()
	db, err := sqlite.Open(t.Context(), dir, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	box, err := seal.Open(t.Context(), seal.Options{CreateFile: filepath.Join(dir, "secrets.key")}, db)
	if err != nil {
		t.Fatal(err)
	}
	k := &keeping{Server: &ingress.Server{Store: db, Refused: db, Sealer: box}, db: db}
	k.send = serve(t, k.Server)
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = k.Run(ctx) })
	t.Cleanup(func() {
		stop()
		running.Wait()
		_ = db.Close()
	})
	return k
}

// await returns the refused events once there are n, a minute at most.
func (k *keeping) await(t *testing.T, n int) []host.RefusedEvent {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		events, err := k.RefusedEvents(t.Context(), host.RefusedEventQuery{})
		if err != nil {
			t.Fatal(err)
		}
		if len(events) >= n || time.Now().After(deadline) {
			if len(events) != n {
				t.Fatalf("there are %d refused events, want %d: %+v", len(events), n, events)
			}
			return events
		}
	}
}

func TestARefusedEventIsKeptWithItsReasonAndCanBeSentAgain(t *testing.T) {
	t.Parallel()
	const cloud = "Content-Type: application/cloudevents+json"
	fixed := `{"user":{"user_id":"auth0|ada"}}`
	for _, tt := range []struct {
		name   string
		header []string
		body   string
		code   host.Code
		reason string // in the detail or the errors
		fix    host.Correction
		batch  bool
	}{
		{name: "one that does not fit", body: `{"user":{}}`, code: host.Invalid, reason: "/user/user_id is required", fix: host.Correction{Body: []byte(fixed)}},
		{name: "one that is no JSON", body: `{"user":`, code: host.Invalid, reason: "not JSON", fix: host.Correction{Body: []byte(fixed)}},
		{name: "an empty one", body: ``, code: host.Invalid, reason: "is empty", fix: host.Correction{Body: []byte(fixed)}},
		{name: "a batch", body: "[" + fixed + ",{}]", code: host.Invalid, reason: "/1/user is required", fix: host.Correction{Body: []byte("[" + fixed + "]")}, batch: true},
		{name: "a form", header: []string{"Content-Type: application/x-www-form-urlencoded"}, body: fixed, code: host.Unsupported, reason: "form", fix: host.Correction{ContentType: "application/json"}},
		{name: "a CloudEvent", header: []string{cloud}, body: structured("", fixed, ""), code: host.Invalid, reason: "/id is missing", fix: host.Correction{Body: []byte(fixed)}},
		{name: "a binary CloudEvent", header: binary("Ce-Time: noon"), body: fixed, code: host.Invalid, reason: "header ce-time", fix: host.Correction{}},
		{name: "one with a bad key", header: []string{"Idempotency-Key: a b"}, body: fixed, code: host.Invalid, reason: "Idempotency-Key", fix: host.Correction{}},
		{name: "one that is too large", body: `{"user":{"user_id":"` + strings.Repeat("x", 300<<10) + `"}}`, code: host.TooLarge, reason: "more than 262144 bytes", fix: host.Correction{Body: []byte(fixed)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			k := newKeeping(t)
			w := k.send(request(path, tt.body, tt.header...))
			if p := problem(t, w); p.Code() != tt.code {
				t.Fatalf("answered %d %s", w.Code, w.Body)
			}
			e := k.await(t, 1)[0]
			reason := e.Detail
			for _, f := range e.Errors {
				reason += "\n" + f.Pointer + " " + f.Detail
			}
			if e.Code != tt.code || !strings.Contains(reason, tt.reason) || e.KeyID != "key_1" || e.SizeBytes != int64(len(tt.body)) ||
				e.Kept != (tt.code != host.TooLarge) || e.ExpiresAt.Sub(e.ReceivedAt) != 24*time.Hour {
				t.Errorf("kept %+v, want %s for %q", e, tt.code, tt.reason)
			}
			_, _, err := k.SendAgain(t.Context(), e.ID, host.Correction{})
			if again, ok := errors.AsType[*host.Error](err); err != nil && (!ok || again.Hint == "" && again.Fix == nil) {
				t.Errorf("sent again as it was: %v", err)
			}
			if err == nil {
				t.Fatal("what was refused was accepted as it was")
			}
			k.await(t, 1)
			if tt.fix.ContentType == "" && tt.fix.Body == nil {
				return // its header is wrong, which nothing fixes
			}
			accepted, batch, err := k.SendAgain(t.Context(), e.ID, tt.fix)
			if err != nil || len(accepted) != 1 || batch != tt.batch {
				t.Fatalf("sent again with its fix: %+v (batch: %t), %v", accepted, batch, err)
			}
			if event, err := k.db.Event(t.Context(), accepted[0].EventID); err != nil || string(event.Body) != fixed {
				t.Errorf("stored %+v, %v", event, err)
			}
			k.await(t, 0)
			if _, _, err := k.SendAgain(t.Context(), e.ID, tt.fix); host.CodeOf(err) != host.NotFound {
				t.Errorf("sent again twice: %v", err)
			}
		})
	}
}

func TestWhatIsNotRefusedForWhatItIsIsNotKept(t *testing.T) {
	t.Parallel()
	k := newKeeping(t)
	cut := request(path, "")
	cut.ContentLength, cut.Body = 100, http.NoBody
	for _, r := range []*http.Request{
		request(path, ada), request("/v1/events/post-login", ada), request(path, "{}", "Authorization: Bearer usher_x"), cut,
	} {
		k.send(r)
	}
	k.send(request(path, "{}"))
	k.await(t, 1)
}

func TestWhatIsKeptIsSealedAndShownMasked(t *testing.T) {
	t.Parallel()
	k := newKeeping(t)
	const secret = "correct-horse-battery"
	k.send(request(path, `{"user":{"email":"ada@example.com","Password":"`+secret+`","n":1,"l":[true,null,"Bearer `+secret+`"]},"secrets":{"A":"`+secret+`"},"access_token":["`+secret+`"]}`,
		"Idempotency-Key: k1", "Cookie: session="+secret))
	e := k.await(t, 1)[0]
	stored, err := k.db.RefusedEvent(t.Context(), e.ID)
	if err != nil || len(stored.Sealed) == 0 || strings.Contains(fmt.Sprintf("%+v %s", stored, stored.Sealed), secret) {
		t.Errorf("stored %+v, %v", stored, err)
	}
	_, body, text, err := k.RefusedEvent(t.Context(), e.ID)
	want := `{"user":{"email":"ada@example.com","Password":"(masked)","n":1,"l":[true,null,"(masked)"]},"secrets":"(masked)","access_token":"(masked)"}`
	if err != nil || string(body) != want || text != "" {
		t.Errorf("shown %s %q, %v, want %s", body, text, err, want)
	}
	k.send(request(path, "{\"user\":{\"password\":\"a\\\""+secret+"\",'token': "+secret+", url: https://me:"+secret+"@host/, jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0."+secret))
	_, body, text, err = k.RefusedEvent(t.Context(), k.await(t, 2)[0].ID)
	if err != nil || body != nil || strings.Contains(text, secret) || !strings.Contains(text, "host/") {
		t.Errorf("shown %s %q, %v", body, text, err)
	}
	k.send(request(path, "\xff\xfe{\x00"))
	_, body, text, err = k.RefusedEvent(t.Context(), k.await(t, 3)[0].ID)
	if err != nil || body != nil || text != "" {
		t.Errorf("shown %s %q, %v", body, text, err)
	}
}

func FuzzMaskedBodyHasNoSecret(f *testing.F) {
	f.Add([]byte(`{"a":[{"password":"S3CR3T-S3CR3T"},"x"],"b":{"token":{"x":"S3CR3T-S3CR3T"}}}`))
	f.Add([]byte(`{"\u0070assword" : "S3CR3T-S3CR3T" , "x":1}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		shown, _ := ingress.MaskBody(body)
		if shown == nil {
			return
		}
		var before, after any
		if json.Unmarshal([]byte(strings.TrimPrefix(string(body), bom)), &before) != nil {
			return
		}
		if err := json.Unmarshal(shown, &after); err != nil {
			t.Fatalf("%s was masked to %s, which is not JSON", body, shown)
		}
		walk(t, after)
	})
}

// walk looks for what stands at the name of a secret.
func walk(t *testing.T, v any) {
	t.Helper()
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if strings.Contains(strings.ToLower(key), "password") && value != "(masked)" && value != nil {
				t.Errorf("%s is %v", key, value)
			}
			walk(t, value)
		}
	case []any:
		for _, value := range v {
			walk(t, value)
		}
	}
}

// slow is a store of refused events that hangs.
type slow struct {
	ingress.RefusedStore
	hang   chan struct{}
	mu     sync.Mutex
	stored []int // how many at once
	bytes  int64
}

func (s *slow) KeepRefusedEvents(_ context.Context, events []host.RefusedEvent, _ host.RefusedEventLimits) error {
	<-s.hang
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stored = append(s.stored, len(events))
	for _, e := range events {
		s.bytes += int64(len(e.Sealed))
	}
	return nil
}

// plainly seals nothing.
type plainly struct{}

func (plainly) Seal(plain, _ []byte) ([]byte, error)  { return plain, nil }
func (plainly) Open(sealed, _ []byte) ([]byte, error) { return sealed, nil }

func TestAFloodOfRefusedEventsIsDroppedAndDelaysNoAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		registry := prometheus.NewRegistry()
		store := &slow{hang: make(chan struct{})}
		server := &ingress.Server{Store: &memory{}, Refused: store, Sealer: plainly{}, Metrics: registry}
		send := serve(t, server)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- server.Run(ctx) }()
		began := time.Now()
		for range 300 {
			if w := send(request(path, "{}")); w.Code != http.StatusBadRequest {
				t.Fatalf("answered %d", w.Code)
			}
		}
		if took := time.Since(began); took > 70*100*time.Millisecond {
			t.Errorf("the refusals took %s: more than those that are queued waited", took)
		}
		if w := send(request(path, ada)); w.Code != http.StatusAccepted {
			t.Errorf("answered an event with %d", w.Code)
		}
		close(store.hang)
		<-time.After(10 * time.Second)
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		kept, dropped := refusedCount(t, registry, "kept"), refusedCount(t, registry, "dropped")
		if kept < 60 || kept > 70 || kept+dropped != 300 {
			t.Errorf("kept %d and dropped %d", kept, dropped)
		}
		for _, n := range store.stored {
			if n > 32 {
				t.Errorf("stored %d at once", n)
			}
		}
	})
}

func refusedCount(t *testing.T, registry *prometheus.Registry, result string) (n int) {
	t.Helper()
	w := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	_, rest, _ := strings.Cut(w.Body.String(), `usher_refused_events_total{result="`+result+`"} `)
	if _, err := fmt.Sscan(rest, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestOneKeysLargeRefusedEventsLeaveTheQueueToOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &slow{hang: make(chan struct{})}
		server := &ingress.Server{Store: &memory{}, Refused: store, Sealer: plainly{}}
		send := serve(t, server)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- server.Run(ctx) }()
		for range 30 {
			send(request(path, "["+strings.Repeat(" ", 4<<20)+"{}]"))
		}
		close(store.hang)
		<-time.After(time.Minute)
		stop()
		<-done
		if store.bytes > 17<<20 {
			t.Errorf("one key had %d bytes in the queue", store.bytes)
		}
	})
}

func TestAFewRefusedEventsAreThereAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &slow{hang: make(chan struct{})}
		close(store.hang)
		server := &ingress.Server{Store: &memory{}, Refused: store, Sealer: plainly{}}
		send := serve(t, server)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- server.Run(ctx) }()
		began := time.Now()
		for i := range 15 {
			send(request(path, "{}"))
			if len(store.stored) != i+1 {
				t.Errorf("after %d refusals %d are stored", i+1, len(store.stored))
			}
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("that took %s", took)
		}
		stop()
		<-done
	})
}

func TestRefusedEventsAreStoredWithoutPasswords(t *testing.T) {
	t.Parallel()
	k := newKeeping(t)
	k.send(request("/v1/events/post-user-registration", `{"user":{"email":"a@b.example"},"request":{"body":{"name":"Ada","newPassword":"hunter2"}}}`))
	_, body, text, err := k.Server.RefusedEvent(t.Context(), k.await(t, 1)[0].ID)
	if err != nil || strings.Contains(string(body)+text, "assword") || !strings.Contains(string(body), `"name"`) {
		t.Errorf("stored is %s%s, %v", body, text, err)
	}
}
