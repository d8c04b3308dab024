package admin_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"
)

type logPage struct {
	Results []struct {
		Seq    int64
		Action string
	}
	Next int64
}

func TestLogsAreReadInOrder(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.action(t, "notify")
	a.action(t, "store")
	a.bind(t, "notify")
	var p logPage
	a.do(t, 200, "GET", "/v1/logs", "", &p)
	if len(p.Results) != 0 || p.Next != 0 {
		t.Fatalf("nothing ran, and there is %+v", p)
	}
	for i := range 5 {
		a.accept(t, fmt.Sprint(i))
	}
	a.run(t, true)
	var seen []int64
	for after := int64(0); ; {
		p = logPage{}
		a.do(t, 200, "GET", fmt.Sprintf("/v1/logs?limit=2&after=%d", after), "", &p)
		if len(p.Results) == 0 {
			break
		}
		for _, r := range p.Results {
			seen = append(seen, r.Seq)
		}
		after = p.Next
	}
	if len(seen) != 5 {
		t.Errorf("saw %v", seen)
	}
	last := seen[len(seen)-1]
	for query, want := range map[string]int{"tail=2": 2, "tail=0": 0, "tail=500": 5, "action=notify": 5, "action=store": 0} {
		p = logPage{}
		a.do(t, 200, "GET", "/v1/logs?"+query, "", &p)
		if len(p.Results) != want || p.Next != last {
			t.Errorf("%s: %+v, want %d results up to %d", query, p, want, last)
		}
	}
	for _, query := range []string{"after=-1", "after=1&tail=1", "wait=31", "limit=501", fmt.Sprintf("after=%d", last+1)} {
		a.problem(t, 400, request{path: "/v1/logs?" + query})
	}
	a.problem(t, 404, request{path: "/v1/logs?action=nope"})
}

func TestAFollowerIsAnsweredWhenSomethingRan(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.action(t, "notify")
	a.bind(t, "notify")
	answers := make(chan *httptest.ResponseRecorder, 1)
	go func() { answers <- a.call(t, request{path: "/v1/logs?wait=30", key: a.read}) }()
	a.accept(t, "ada")
	a.run(t, true)
	select {
	case answer := <-answers:
		if answer.Code != 200 || answer.Body.Len() < 100 {
			t.Errorf("answer is %d %s", answer.Code, answer.Body)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("no answer")
	}
}

func TestAFollowerWhoLeavesIsLetGo(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ctx, leave := context.WithCancel(t.Context())
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		sent := httptest.NewRequestWithContext(ctx, "GET", "/v1/logs?wait=30", nil)
		sent.Header.Set("X-Api-Key", a.read)
		a.routes.ServeHTTP(httptest.NewRecorder(), sent)
	}()
	leave()
	select {
	case <-gone:
	case <-time.After(20 * time.Second):
		t.Fatal("still waiting")
	}
}

func TestAWaitWithoutResultsEnds(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	started := time.Now()
	var p logPage
	a.do(t, 200, "GET", "/v1/logs?wait=1", "", &p)
	if took := time.Since(started); len(p.Results) != 0 || took < time.Second {
		t.Errorf("%+v after %s", p, took)
	}
}
