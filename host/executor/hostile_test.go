package executor_test

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/egress"
	"github.com/usherhost/usher/host/executor"
	"github.com/usherhost/usher/host/internal/hostile"
)

// TestNoPeerHoldsTheDrain stops an executor, as SIGTERM does, while all of its
// actions wait for servers that never end what they began.
func TestNoPeerHoldsTheDrain(t *testing.T) {
	t.Parallel()
	urls := map[string]string{}
	clients := map[string]*egress.Client{}
	db := newStore()
	begun := make(chan struct{}, 1000)
	for _, p := range hostile.Peers() {
		if p.Upload || p.Ends && !strings.HasPrefix(p.Name, "switches protocols") {
			continue
		}
		s, err := p.Start()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		c := &egress.Client{AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, RootCAs: s.RootCAs}
		t.Cleanup(c.Close)
		urls[p.Name], clients[p.Name] = s.URL, c
	}
	runner := executor.RunnerFunc(func(ctx context.Context, x host.Execution, _, _ int) (host.Result, host.Tape, error) {
		begun <- struct{}{}
		_, _ = clients[x.ID].Send(ctx, &host.HTTPRequest{
			URL: urls[x.ID], MaxRequests: 1000, Timeout: time.Hour,
			Egress: host.Egress{Allow: []string{strings.TrimSuffix(urls[x.ID], "/hook")}},
		})
		<-ctx.Done()
		return host.Result{}, host.Tape{}, ctx.Err()
	})
	stop := begin(t, &executor.Executor{Runner: runner, Concurrency: 2 * len(urls), DrainTimeout: 200 * time.Millisecond}, db)
	for name := range urls {
		steps := plan(1)
		steps[0].ActionID = name // one action would not get all places
		db.accept(execution(name, steps))
	}
	for range urls {
		<-begun
	}
	began := time.Now()
	end(t, stop)
	took := time.Since(began)
	t.Logf("drained %d actions in %v", len(urls), took)
	if took > 5*time.Second { // and not the ten that the executor waits in vain
		t.Errorf("drained in %v, though the drain's timeout is 200 ms", took)
	}
}
