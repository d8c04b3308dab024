package admin_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
)

type changePage struct {
	Changes []host.Change
	Next    int64
}

func TestEveryChangeIsLoggedWithWhoMadeIt(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.do(t, 201, "POST", "/v1/actions", `{"name":"notify","trigger":"post-user-registration","secrets":[{"name":"TOKEN","value":"hunter2"}]}`, nil)
	kind, body := wasmForm(guests.Wasm("noop"), "")
	if answer := a.call(t, request{method: "POST", path: "/v1/actions/notify/versions?deploy=true", key: a.manage, kind: kind, body: body}); answer.Code != 201 {
		t.Fatalf("upload answers %d %s", answer.Code, answer.Body)
	}
	a.do(t, 200, "PUT", "/v1/triggers/post-user-registration/bindings", `{"bindings":[{"action":"notify"}]}`, nil)
	a.do(t, 200, "PATCH", "/v1/bindings/notify", `{"settings":{"on_failure":"stop"}}`, nil)
	a.do(t, 200, "PATCH", "/v1/actions/notify/secrets", `{"secrets":[{"name":"TOKEN","value":"hunter3"}]}`, nil)
	accepted := a.accept(t, "ada")
	a.run(t, false)
	path := "/v1/executions/" + accepted.ExecutionID
	a.do(t, 202, "POST", path+"/retry", "", nil)
	a.do(t, 200, "POST", path+"/cancel", "", nil)
	a.do(t, 202, "POST", path+"/rerun", "", nil)
	a.do(t, 200, "DELETE", "/v1/actions/notify?force=true", "", nil)

	var keys struct{ Keys []host.Key }
	a.do(t, 200, "GET", "/v1/keys", "", &keys)
	manager := keys.Keys[slices.IndexFunc(keys.Keys, func(k host.Key) bool { return k.May(host.ScopeManage) })]
	var all changePage
	answer := a.do(t, 200, "GET", "/v1/changes?actor="+manager.ID, "", &all)
	if strings.Contains(answer.Body.String(), "hunter") {
		t.Error("the log of changes shows a secret")
	}
	var verbs []string
	for _, c := range all.Changes {
		verbs = append(verbs, c.Verb)
		if c.Actor != (host.Actor{Kind: "key", ID: manager.ID, Name: manager.Name}) || c.At.IsZero() {
			t.Errorf("%s is recorded as by %+v at %s", c.Verb, c.Actor, c.At)
		}
	}
	want := []string{
		"action.delete", "execution.rerun", "execution.cancel", "execution.retry", "secret.change",
		"binding.update", "binding.replace", "action.deploy", "version.create", "action.create",
	}
	if !slices.Equal(verbs, want) {
		t.Errorf("logged %v, want %v", verbs, want)
	}
}

func TestChangesAreListedInPages(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for i := range 5 {
		a.do(t, 201, "POST", "/v1/actions", fmt.Sprintf(`{"name":"a%d","trigger":"post-user-registration"}`, i), nil)
	}
	var seen []string
	for before, pages := int64(0), 0; pages == 0 || before != 0; pages++ {
		query := "limit=2"
		if before != 0 {
			query += fmt.Sprint("&before=", before)
		}
		var p changePage
		a.do(t, 200, "GET", "/v1/changes?"+query, "", &p)
		for _, c := range p.Changes {
			seen = append(seen, c.Name)
		}
		before = p.Next
	}
	if len(seen) < 5 || strings.Join(seen[:5], " ") != "a4 a3 a2 a1 a0" {
		t.Errorf("listed %v", seen)
	}
	var p changePage
	a.do(t, 200, "GET", "/v1/changes?object=a3", "", &p)
	if len(p.Changes) != 1 || p.Changes[0].Name != "a3" {
		t.Errorf("of a3 there is %+v", p)
	}
	for query, want := range map[string]int{"object=act_gone": 0, "object=unknown": 0, "actor=key_gone": 0, "object=post-user-registration": 0} {
		p = changePage{}
		if a.do(t, 200, "GET", "/v1/changes?"+query, "", &p); len(p.Changes) != want {
			t.Errorf("%s lists %+v", query, p)
		}
	}
	for _, query := range []string{"before=0", "before=x", "limit=0", "limit=501", "verb=x"} {
		a.problem(t, 400, request{path: "/v1/changes?" + query})
	}
}
