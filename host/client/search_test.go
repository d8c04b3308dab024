package client_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/client"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/sqlite"
)

// bindOne makes an action what is bound.
func bindOne(t *testing.T, c *client.Client, name string) host.Version {
	t.Helper()
	ctx := t.Context()
	must[host.Action](t)(c.CreateAction(ctx, name, trigger))
	v := must[host.Version](t)(c.CreateVersion(ctx, name, guests.Wasm("noop"), host.Manifest{Secrets: []string{"TOKEN"}}, true))
	must[[]host.Binding](t)(c.ReplaceBindings(ctx, trigger, []host.BindingWrite{{Action: name}}))
	return v
}

// fail sends an event of a user, whose one action fails permanently.
func fail(t *testing.T, c *client.Client, db *sqlite.DB, user string) host.Accepted {
	t.Helper()
	sent := must[host.Accepted](t)(c.SendEvent(t.Context(), trigger, fmt.Appendf(nil, `{"user":{"user_id":%q}}`, user), ""))
	record(t, db)
	return sent
}

func TestExecutionsAreFoundByEveryFilter(t *testing.T) {
	t.Parallel()
	c, db := serve(t)
	v := bindOne(t, c, "a")
	sent := fail(t, c, db, "ada")
	other := fail(t, c, db, "bob")
	at := must[client.Execution](t)(c.Execution(t.Context(), sent.ExecutionID)).CreatedAt
	for _, tt := range []struct {
		name string
		q    host.ExecutionQuery
		want int
	}{
		{"all", host.ExecutionQuery{}, 2},
		{"status", host.ExecutionQuery{Status: host.StatusPartial}, 2},
		{"user", host.ExecutionQuery{UserID: "ada"}, 1},
		{"event", host.ExecutionQuery{EventID: sent.EventID}, 1},
		{"action", host.ExecutionQuery{ActionID: "a"}, 2},
		{"version", host.ExecutionQuery{VersionID: v.ID}, 2},
		{"its number", host.ExecutionQuery{ActionID: "a", VersionID: "1"}, 2},
		{"since", host.ExecutionQuery{Since: at.Add(time.Microsecond)}, 1},
		{"until", host.ExecutionQuery{Until: at.Add(time.Microsecond)}, 1},
		{"text", host.ExecutionQuery{Text: "no"}, 2},
		{"other text", host.ExecutionQuery{Text: "yes"}, 0},
		{"before", host.ExecutionQuery{Before: other.ExecutionID}, 1},
		{"limit", host.ExecutionQuery{Limit: 1}, 1},
	} {
		page := must[client.ExecutionPage](t)(c.Executions(t.Context(), tt.q))
		if len(page.Executions) != tt.want {
			t.Errorf("%s: %d executions, want %d", tt.name, len(page.Executions), tt.want)
		}
		dead := must[client.DeadLetterPage](t)(c.DeadLetters(t.Context(), tt.q))
		if len(dead.Executions) != tt.want || tt.want > 0 && (len(dead.Executions[0].Results) != 1 || string(dead.Executions[0].Results[0].Output) != "\xff") {
			t.Errorf("%s: dead letters are %+v, want %d", tt.name, dead, tt.want)
		}
	}
}

func TestDeadLettersAreRetried(t *testing.T) {
	t.Parallel()
	c, db := serve(t)
	bindOne(t, c, "a")
	for i := range 4 {
		fail(t, c, db, fmt.Sprint("user-", i))
	}
	for _, tt := range []struct {
		q    host.ExecutionQuery
		want int
	}{
		{host.ExecutionQuery{UserID: "user-2", Until: time.Now().Add(time.Hour)}, 1},
		{host.ExecutionQuery{Limit: 1}, 1},
		{host.ExecutionQuery{}, 2},
		{host.ExecutionQuery{}, 0},
	} {
		if n := must[host.Batch](t)(c.DoBatch(t.Context(), client.Batch{Operation: "retry", Query: tt.q})).Done; n != tt.want {
			t.Errorf("%+v retries %d, want %d", tt.q, n, tt.want)
		}
	}
	if _, err := c.DoBatch(t.Context(), client.Batch{Operation: "retry", Query: host.ExecutionQuery{Status: "done"}}); host.CodeOf(err) != host.Invalid {
		t.Errorf("error is %v", err)
	}
}

func TestWhatAnExecutionLoggedIsRead(t *testing.T) {
	t.Parallel()
	c, db := serve(t)
	bindOne(t, c, "a")
	text := must[string](t)(c.ExecutionLogs(t.Context(), fail(t, c, db, "ada").ExecutionID))
	if !strings.HasSuffix(text, " error a v1 #1: no\n") {
		t.Errorf("the log is %q", text)
	}
}

func TestChangesAreRead(t *testing.T) {
	t.Parallel()
	c, _ := serve(t)
	bindOne(t, c, "a")
	page := must[client.ChangePage](t)(c.Changes(t.Context(), host.ChangeQuery{Object: "a", Limit: 1}))
	if len(page.Changes) != 1 || page.Changes[0].Verb != "action.deploy" || page.Changes[0].Actor.Kind != "key" || page.Next != page.Changes[0].Seq {
		t.Fatalf("changes are %+v", page)
	}
	page = must[client.ChangePage](t)(c.Changes(t.Context(), host.ChangeQuery{Object: "a", Before: page.Next, Actor: page.Changes[0].Actor.ID}))
	if len(page.Changes) != 1 || page.Changes[0].Verb != "action.create" || page.Next != 0 {
		t.Errorf("changes are %+v", page)
	}
}

func TestEgressIsShownAndTightened(t *testing.T) {
	t.Parallel()
	c, db := serve(t)
	ctx := t.Context()
	v := bindOne(t, c, "a")
	if _, err := c.TightenEgress(ctx, "a", client.Tightening{}); host.CodeOf(err) != host.Conflict {
		t.Errorf("before the first request: %v", err)
	}
	if err := db.RecordOriginUse(ctx, v.ID, map[string]int64{"https://a.example": 2}, time.Now()); err != nil {
		t.Fatal(err)
	}
	shown := must[host.EgressReport](t)(c.Egress(ctx, "a", true))
	if !slices.Equal(shown.Tightened, []string{"https://a.example"}) || shown.Contacted[0].Requests != 2 {
		t.Errorf("report is %+v", shown)
	}
	if _, err := c.TightenEgress(ctx, "a", client.Tightening{Expect: []string{"https://b.example"}}); host.CodeOf(err) != host.Conflict {
		t.Errorf("another list than expected: %v", err)
	}
	now := must[host.EgressReport](t)(c.TightenEgress(ctx, "a", client.Tightening{Expect: shown.Tightened}))
	if now.Mode != host.EgressAllowlist || !slices.Equal(now.Allow, shown.Tightened) {
		t.Errorf("tightened to %+v", now)
	}
	found := must[host.Capabilities](t)(c.Capabilities(ctx, "a", "1"))
	if found.VersionID != v.ID || len(found.Egress.Contacted) != 1 || !slices.Equal(found.Secrets.Declared, []string{"TOKEN"}) {
		t.Errorf("capabilities are %+v", found)
	}
	if _, err := c.Draft(ctx, "a"); host.CodeOf(err) != host.NotFound {
		t.Errorf("the draft of an uploaded action: %v", err)
	}
}
