package admin_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
)

type executionPage struct {
	Executions []struct {
		host.Execution
		Results []struct{ Action string }
	}
	Next string
}

func TestEveryFilterSelects(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	notify, store := a.action(t, "notify"), a.action(t, "store")
	a.bind(t, "notify")
	a.accept(t, "ada")
	a.run(t, false) // it dies of "no"
	a.bind(t, "store")
	bob := a.accept(t, "bob")
	a.run(t, true)
	a.accept(t, "cy") // nothing has run of it
	var e host.Execution
	a.do(t, 200, "GET", "/v1/executions/"+bob.ExecutionID, "", &e)
	at := func(d time.Duration) string { return url.QueryEscape(e.CreatedAt.Add(d).Format(time.RFC3339Nano)) }
	for query, want := range map[string]int{
		"status=partial": 1, "user_id=bob": 1, "event_id=" + bob.EventID: 1,
		"action=notify": 1, "action=" + store.ID: 2, "version=" + notify.Deployed.ID: 1, "version=ver_gone": 0,
		"action=store&version=1": 2, "text=no": 1, "text=nothing": 0, "before=" + bob.ExecutionID: 1,
		"since=" + at(0): 2, "until=" + at(0): 1, "since=" + at(0) + "&until=" + at(time.Microsecond): 1,
		"since=2026-11-21T09:30:00%2B01:00&until=2026-11-21T10:30:00Z": 0, "limit=2": 2,
		"status=partial&text=no&action=notify&user_id=ada": 1, "status=completed&text=no": 0,
	} {
		var p executionPage
		a.do(t, 200, "GET", "/v1/executions?"+query, "", &p)
		if len(p.Executions) != want {
			t.Errorf("%q lists %d, want %d", query, len(p.Executions), want)
		}
	}
}

func TestAFilterThatCanNotBeReadIsRefused(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.action(t, "notify")
	for _, tt := range []struct {
		query, body string
		pointer     string
		status      int
	}{
		{"status=done", `"status":"done"`, "/filter/status", 400},
		{"since=yesterday", `"since":"yesterday"`, "/filter/since", 400},
		{"until=2026-11-21", `"until":"2026-11-21"`, "/filter/until", 400},
		{"version=1", `"version":"1"`, "/filter/version", 400},
		{"before=evt_1", `"before":"evt_1"`, "/filter/before", 400},
		{"limit=-1", `"limit":-1`, "/filter/limit", 400},
		{"limit=501", `"limit":10001`, "/filter/limit", 400},
		{"user=ada", `"user":"ada"`, "/filter/user", 400},
		{"action=nope", `"action":"nope"`, "", 404},
		{"action=notify&version=9", `"action":"notify","version":"9"`, "", 404},
	} {
		for _, path := range []string{"/v1/executions?", "/v1/dead-letters?"} {
			if p := a.problem(t, tt.status, request{path: path + tt.query}); p.Detail == "" {
				t.Errorf("%s%s: %+v", path, tt.query, p)
			}
		}
		p := a.problem(t, tt.status, request{method: "POST", path: "/v1/batches", body: `{"operation":"retry","filter":{` + tt.body + `}}`})
		if tt.pointer != "" {
			points(t, p, tt.pointer)
		}
	}
	points(t, a.problem(t, 400, request{method: "POST", path: "/v1/batches", body: `{"operation":"retry"}`}), "/filter")
}
