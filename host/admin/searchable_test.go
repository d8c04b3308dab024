package admin_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
)

// register accepts an event with a body.
func (a *api) register(t *testing.T, user, body string) host.Accepted {
	t.Helper()
	accepted, err := a.db.Accept(t.Context(), []host.NewEvent{{
		Event: host.Event{Tenant: "acme", Trigger: trigger, UserID: user, Body: []byte(body)}, Key: user,
	}})
	if err != nil {
		t.Fatal(err)
	}
	return accepted[0]
}

func TestExecutionsAndEventsAreFoundByFields(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.action(t, "notify")
	a.bind(t, "notify")
	old := a.register(t, "old", `{"user":{"user_id":"old","email":"Old@example.com","plan":"pro"}}`)
	if err := a.db.SetSearchableFields(t.Context(), []string{"user.email", "user.plan"}); err != nil {
		t.Fatal(err)
	}
	ada := a.register(t, "ada", `{"user":{"user_id":"ada","email":"Ada@example.com","plan":"pro"}}`)
	a.register(t, "bob", `{"user":{"user_id":"bob","email":"bob+x@example.com","plan":"free"}}`)
	count := func(query string) (executions, events, indexing int) {
		var p struct {
			Executions []host.Execution
			Events     []host.Event
			Indexing   []host.SearchableField
		}
		a.do(t, 200, "GET", "/v1/events?"+query, "", &p)
		a.do(t, 200, "GET", "/v1/executions?"+query, "", &p)
		return len(p.Executions), len(p.Events), len(p.Indexing)
	}
	for query, want := range map[string]int{
		"email=ADA@example.com": 1, "where=user.email%3Dada@example.com": 1, "where=user.plan%3Dpro": 1, "email=bob%2Bx@example.com": 1,
		"email=ada@example.com&where=user.plan%3Dpro": 1, "email=ada@example.com&where=user.plan%3Dfree": 0,
		"where=user.plan%3Dpro&where=/user/email%3Dada*": 1, "email=absent@example.com": 0, "": 3, "user_id=bob": 1, "limit=2": 2,
	} {
		if executions, events, _ := count(query); executions != want || events != want {
			t.Errorf("%q lists %d executions and %d events, want %d", query, executions, events, want)
		}
	}
	if n, _, indexing := count("where=user.plan%3Dpro"); n != 1 || indexing != 1 {
		t.Errorf("before older events are indexed: %d executions, %d fields are said to be incomplete", n, indexing)
	}
	if err := a.db.IndexFields(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if n, _, indexing := count("where=user.plan%3Dpro"); n != 2 || indexing != 0 {
		t.Errorf("afterwards: %d executions, %d fields are said to be incomplete", n, indexing)
	}
	var fields struct{ Fields []host.SearchableField }
	a.do(t, 200, "GET", "/v1/searchable-fields", "", &fields)
	if fmt.Sprint(fields.Fields) != "[{user.email true 100} {user.plan true 100}]" {
		t.Errorf("the fields are %v", fields.Fields)
	}
	var page struct {
		Events []host.Event
		Next   string
	}
	a.do(t, 200, "GET", "/v1/events?limit=1&before="+ada.EventID, "", &page)
	if len(page.Events) != 1 || page.Events[0].ID != old.EventID || page.Next != old.EventID {
		t.Errorf("the page is %+v", page)
	}
}

func TestDeadLettersAreRetriedByFields(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	if err := a.db.SetSearchableFields(t.Context(), []string{"user.email"}); err != nil {
		t.Fatal(err)
	}
	a.action(t, "notify")
	a.bind(t, "notify")
	for _, user := range []string{"ada", "bob"} {
		a.register(t, user, `{"user":{"user_id":"`+user+`","email":"`+user+`@x"}}`)
		a.run(t, false)
	}
	var retried host.Batch
	a.do(t, 200, "POST", "/v1/batches", `{"operation":"retry","filter":{"where":["user.email=ada@x"],"email":"ADA@x"}}`, &retried)
	if retried.Done != 1 {
		t.Errorf("%d were retried, want 1", retried.Done)
	}
	var p executionPage
	a.do(t, 200, "GET", "/v1/dead-letters?email=bob@x", "", &p)
	if len(p.Executions) != 1 {
		t.Errorf("%d dead letters are left, want 1", len(p.Executions))
	}
}

func TestAUserIsDeleted(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.action(t, "notify")
	a.bind(t, "notify")
	a.register(t, "ada-lovelace", `{"user":{"user_id":"ada-lovelace"}}`)
	a.problem(t, 409, request{method: "DELETE", path: "/v1/events?user_id=ada-lovelace"})
	a.run(t, true)
	a.problem(t, 400, request{method: "DELETE", path: "/v1/events"})
	a.problem(t, 400, request{method: "DELETE", path: "/v1/events?user=ada-lovelace"})
	for _, want := range []int{1, 0} {
		var deleted struct{ Executions int }
		a.do(t, 200, "DELETE", "/v1/events?user_id=ada-lovelace", "", &deleted)
		if deleted.Executions != want {
			t.Errorf("%d executions were deleted, want %d", deleted.Executions, want)
		}
	}
	var log struct {
		Changes []struct{ Verb, Object string }
	}
	answer := a.do(t, 200, "GET", "/v1/changes", "", &log)
	if log.Changes[0].Verb != "event.delete" || strings.Contains(answer.Body.String(), "ada-lovelace") {
		t.Errorf("the log of changes says %s", answer.Body)
	}
}

func TestAFieldThatIsNotSearchableIsRefused(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for _, query := range []string{"where=user.plan%3Dpro", "where=user.plan", "where=%3Da", "where=user.email%3Da*", "email=a@x", "before=exe_1", "since=now", "limit=0"} {
		for _, path := range []string{"/v1/executions?", "/v1/events?"} {
			if path+query == "/v1/executions?before=exe_1" {
				continue
			}
			if p := a.problem(t, 400, request{path: path + query}); p.Detail == "" {
				t.Errorf("%s%s: %+v", path, query, p)
			}
		}
	}
	points(t, a.problem(t, 400, request{method: "POST", path: "/v1/batches", body: `{"operation":"retry","filter":{"where":["user.plan"]}}`}), "/filter/where")
	a.problem(t, 404, request{path: "/v1/events?before=evt_1"})
}
