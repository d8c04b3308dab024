package admin_test

import (
	"fmt"
	"testing"

	"github.com/usherhost/usher/host"
)

func TestDeadLettersAreListedAndRetriedInBulk(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.action(t, "notify")
	a.bind(t, "notify")
	a.accept(t, "good")
	a.run(t, true)
	var want []string
	for i := range 5 {
		want = append([]string{a.accept(t, fmt.Sprint("bad-", i)).ExecutionID}, want...)
	}
	a.run(t, false)

	var got []string
	for before, pages := "", 0; pages == 0 || before != ""; pages++ {
		var p executionPage
		a.do(t, 200, "GET", "/v1/dead-letters?limit=2&before="+before, "", &p)
		for _, e := range p.Executions {
			got = append(got, e.ID)
			if len(e.Results) != 1 || e.Results[0].Action != "notify" {
				t.Errorf("dead letters of %s are %+v", e.ID, e.Results)
			}
		}
		before = p.Next
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("listed %v, want %v", got, want)
	}

	retry := func(filter string) (done, selected int) {
		var answer host.Batch
		a.do(t, 200, "POST", "/v1/batches", `{"operation":"retry","batch":"fix","filter":`+filter+`}`, &answer)
		return answer.Done, answer.Selected
	}
	for _, step := range []struct {
		filter string
		want   int
	}{
		{`{"user_id":"unknown"}`, 0}, {`{"user_id":"bad-3"}`, 1}, {`{"limit":2}`, 2}, {`{"text":"no","action":"notify"}`, 2}, {`{}`, 0},
	} {
		if n, selected := retry(step.filter); n != step.want || selected != step.want {
			t.Errorf("%s retries %d of %d, want %d", step.filter, n, selected, step.want)
		}
	}
	var p executionPage
	a.do(t, 200, "GET", "/v1/dead-letters", "", &p)
	if len(p.Executions) != 0 {
		t.Errorf("after the retry there are %+v", p)
	}
	a.run(t, true)
	a.do(t, 200, "GET", "/v1/executions?status=completed", "", &p)
	if len(p.Executions) != 6 {
		t.Errorf("%d executions are completed", len(p.Executions))
	}
	var log struct{ Changes []host.Change }
	a.do(t, 200, "GET", "/v1/changes?object=fix", "", &log)
	if len(log.Changes) != 3 || log.Changes[2].Verb != "execution.retry" ||
		string(log.Changes[2].After) != `{"asked":{"operation":"retry","filter":{"user_id":"bad-3"},"batch":"fix"},"done":1}` {
		t.Errorf("the log of changes has %+v", log.Changes)
	}
}

func TestDeadLettersAreThoseOfTheActionThatDied(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	notify, store := a.action(t, "notify"), a.action(t, "store")
	a.bind(t, "notify", "store")
	a.accept(t, "ada")
	a.run(t, false) // notify dies, store does not
	for query, want := range map[string]int{
		"action=notify": 1, "version=" + notify.Deployed.ID: 1, "action=store": 0, "version=" + store.Deployed.ID: 0,
	} {
		var p executionPage
		a.do(t, 200, "GET", "/v1/dead-letters?"+query, "", &p)
		if len(p.Executions) != want {
			t.Errorf("%s lists %d, want %d", query, len(p.Executions), want)
		}
		a.do(t, 200, "GET", "/v1/executions?"+query, "", &p)
		if len(p.Executions) != 1 {
			t.Errorf("%s: %d executions had it in their plan", query, len(p.Executions))
		}
	}
}
