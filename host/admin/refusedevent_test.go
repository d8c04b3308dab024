package admin_test

import (
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
)

// refusedEvents stands for the endpoint that events come in by.
type refusedEvents struct {
	mu    sync.Mutex
	all   []host.RefusedEvent // newest first
	fixes []host.Correction
	err   error // of sending again
}

func (r *refusedEvents) RefusedEvents(_ context.Context, q host.RefusedEventQuery) ([]host.RefusedEvent, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []host.RefusedEvent
	for _, e := range r.all {
		if (q.Before == "" || e.ID < q.Before) && (q.KeyID == "" || e.KeyID == q.KeyID) && len(found) < q.Limit {
			found = append(found, e)
		}
	}
	return found, nil
}

func (r *refusedEvents) RefusedEvent(_ context.Context, id string) (host.RefusedEvent, json.RawMessage, string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := slices.IndexFunc(r.all, func(e host.RefusedEvent) bool { return e.ID == id })
	if at < 0 {
		return host.RefusedEvent{}, nil, "", &host.Error{Code: host.NotFound, Text: "no"}
	}
	return r.all[at], json.RawMessage(`{"user":{"password":"(masked)"}}`), "", nil
}

func (r *refusedEvents) SendAgain(ctx context.Context, id string, fix host.Correction) ([]host.Accepted, bool, error) {
	if _, _, _, err := r.RefusedEvent(ctx, id); err != nil {
		return nil, false, err
	}
	r.fixes = append(r.fixes, fix)
	return []host.Accepted{{EventID: "evt_1", ExecutionID: "exe_1", Repeat: r.err == nil && fix.Body == nil}}, false, r.err
}

func (r *refusedEvents) add(n int, key string) {
	r.all = append([]host.RefusedEvent{{
		ID: fmt.Sprintf("ref_%03d", n), Trigger: trigger, KeyID: key, Code: host.Invalid, Detail: "does not fit",
		Errors: []host.Field{{Pointer: "/user", Detail: "is required"}}, ContentType: "application/json", Kept: true,
		ReceivedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour), Sealed: []byte("sealed"),
	}}, r.all...)
}

func TestRefusedEventsAreListedPageByPage(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for n := range 5 {
		a.refused.add(n, fmt.Sprint("key_", n%2))
	}
	var page struct {
		Events []host.RefusedEvent `json:"refused_events"`
		Next   string              `json:"next"`
	}
	var got []string
	for path := "/v1/refused-events?limit=2"; ; path = "/v1/refused-events?limit=2&before=" + page.Next {
		answer := a.call(t, request{path: path, key: a.read})
		if strings.Contains(answer.Body.String(), "ealed") {
			t.Errorf("answered %s", answer.Body)
		}
		if err := json.Unmarshal(answer.Body.Bytes(), &page); err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Events {
			got = append(got, e.ID)
		}
		if page.Next == "" {
			break
		}
	}
	if want := []string{"ref_004", "ref_003", "ref_002", "ref_001", "ref_000"}; !slices.Equal(got, want) {
		t.Errorf("listed %v, want %v", got, want)
	}
	answer := a.call(t, request{path: "/v1/refused-events?key=key_1", key: a.read})
	if err := json.Unmarshal(answer.Body.Bytes(), &page); err != nil || len(page.Events) != 2 {
		t.Errorf("of a key there are %+v", page.Events)
	}
}

func TestARefusedEventIsShownMaskedAndSentAgain(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.refused.add(1, "key_1")
	if answer := a.call(t, request{path: "/v1/refused-events/ref_001", key: a.read}); !strings.Contains(answer.Body.String(), `"(masked)"`) {
		t.Errorf("answered %s", answer.Body)
	}
	again := request{method: "POST", path: "/v1/refused-events/ref_001/send-again", key: a.manage}
	if answer := a.call(t, again); answer.Code != http.StatusOK || !strings.Contains(answer.Body.String(), `"repeat":true`) {
		t.Errorf("answered %d %s", answer.Code, answer.Body)
	}
	again.body = `{"content_type":"application/json","body":{"user":{"user_id": "a"}}}`
	if answer := a.call(t, again); answer.Code != http.StatusAccepted {
		t.Errorf("answered %d %s", answer.Code, answer.Body)
	}
	if fix := a.refused.fixes[1]; fix.ContentType != "application/json" || string(fix.Body) != `{"user":{"user_id": "a"}}` {
		t.Errorf("sent again with %+v", fix)
	}
	a.refused.err = &host.Error{Code: host.Invalid, Text: "does not fit", Fields: []host.Field{{Pointer: "/user", Detail: "is required"}}}
	points(t, a.problem(t, http.StatusBadRequest, again), "/user")
	changes, err := a.db.Changes(t.Context(), host.ChangeQuery{Object: "ref_001"})
	if err != nil || len(changes) != 2 || changes[0].Verb != "refused_event.send_again" || changes[0].Actor.ID == "" {
		t.Errorf("the log of changes has %+v, %v", changes, err)
	}
}
