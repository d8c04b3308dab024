package client_test

import (
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/client"
)

func TestRefusedEventsAreListedShownAndSentAgain(t *testing.T) {
	t.Parallel()
	c, _ := serve(t)
	ctx := t.Context()
	if _, err := c.SendEvent(ctx, trigger, []byte(`{"user":{"token":"abc"}}`), ""); host.CodeOf(err) != host.Invalid {
		t.Fatal(err)
	}
	var events []host.RefusedEvent
	for deadline := time.Now().Add(time.Minute); len(events) == 0 && time.Now().Before(deadline); {
		var err error
		if events, _, err = c.RefusedEvents(ctx, host.RefusedEventQuery{Limit: 5}); err != nil {
			t.Fatal(err)
		}
	}
	if len(events) != 1 || events[0].Errors[0].Pointer != "/user/user_id" {
		t.Fatalf("listed %+v", events)
	}
	id := events[0].ID
	shown := must[client.RefusedEvent](t)(c.RefusedEvent(ctx, id))
	if string(shown.Body) != `{"user":{"token":"(masked)"}}` {
		t.Errorf("shown %s", shown.Body)
	}
	if _, err := c.SendAgain(ctx, id, host.Correction{}); host.CodeOf(err) != host.Invalid {
		t.Errorf("sent again as it was: %v", err)
	}
	if _, err := c.SendAgain(ctx, id, host.Correction{Body: []byte("{")}); host.CodeOf(err) != host.Invalid {
		t.Errorf("sent again with what is no JSON: %v", err)
	}
	accepted := must[[]host.Accepted](t)(c.SendAgain(ctx, id, host.Correction{Body: []byte(`{"user":{"user_id":"a"}}`)}))
	if len(accepted) != 1 || accepted[0].EventID == "" {
		t.Errorf("accepted %+v", accepted)
	}
	if _, err := c.RefusedEvent(ctx, id); host.CodeOf(err) != host.NotFound {
		t.Errorf("it is still there: %v", err)
	}
}
