package decisions_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/hosttest"
)

// TestADecisionThatWaitsForAnAnswerHoldsUpNoOther has one processor for decisions, and
// actions that wait: for the answer to a request, or for a time.
func TestADecisionThatWaitsForAnAnswerHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	asked, answer := make(chan struct{}, 100), make(chan struct{})
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-answer
		_, _ = io.WriteString(w, r.URL.Path)
	}))
	t.Cleanup(service.Close)
	g := open(t, hosttest.Options{DecisionTurns: 1, DecisionTimeout: time.Minute})
	m := script(t, "waits", handler(fmt.Sprintf(`
		if (event.user.name === "sleeps") await new Promise((resolve) => setTimeout(resolve, 200));
		if (event.user.name === "asks") api.access.deny(await (await fetch("%s/slow")).text(), "Not you");`, service.URL)))
	m.settings = host.Settings{Egress: host.Egress{Allow: []string{service.URL}}, Limits: host.Limits{TimeoutMillis: 60_000, HTTPTimeoutMillis: 60_000}}
	g.deploy(m)
	named := func(name string) string { return strings.Replace(event, `"user":{`, `"user":{"name":"`+name+`",`, 1) }
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if a, err := g.try(string(trigger), named("asks")); err != nil || a.Verdict != host.Deny || a.Reason != "/slow" {
				t.Errorf("decided %+v, %v", a.Decision, err)
			}
		})
		all.Go(func() {
			if a, err := g.try(string(trigger), named("sleeps")); err != nil || a.Verdict != host.Allow || a.Degraded {
				t.Errorf("decided %+v, %v", a.Decision, err)
			}
		})
	}
	for range 8 {
		<-asked // each of them is under way
	}
	if a := g.decide(event); a.Verdict != host.Allow || a.Degraded {
		t.Errorf("decided %+v", a.Decision)
	}
	close(answer)
	all.Wait()
}
