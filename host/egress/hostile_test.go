package egress_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/egress"
	"github.com/usherhost/usher/host/internal/hostile"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// late is how much later than its deadline a request may end here. It is
// generous, for a machine that does other things; the figure is logged.
const late = 2 * time.Second

// meet returns a client and a request to a peer.
func meet(t *testing.T, p hostile.Peer) (*egress.Client, *host.HTTPRequest) {
	t.Helper()
	s, err := p.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	c := open(t)
	c.RootCAs = s.RootCAs
	r := get(s.URL, s.URL[:len(s.URL)-len("/hook")])
	r.MaxRequests = 10_000
	if p.Upload {
		r.Method, r.Body = "POST", bytes.Repeat([]byte("x"), 8<<20)
	}
	return c, r
}

func TestNoPeerHoldsARequestPastItsDeadline(t *testing.T) {
	t.Parallel()
	for _, p := range hostile.Peers() {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			c, r := meet(t, p)
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			deadline, _ := ctx.Deadline()
			response, failure := c.Send(ctx, r)
			after := time.Since(deadline)
			t.Logf("ended %v after its deadline: %v %v", after, response != nil, failure)
			if after > late {
				t.Errorf("it ended %v after its deadline", after)
			}
			if !p.Ends && failure == nil {
				t.Errorf("it ended with status %d and %q", response.Status, response.Body)
			}
		})
	}
}

func TestNoPeerHoldsARequestThatIsCanceled(t *testing.T) {
	t.Parallel()
	for _, p := range hostile.Peers() {
		if p.Ends {
			continue
		}
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			c, r := meet(t, p)
			ctx, cancel := context.WithCancel(t.Context())
			canceled := make(chan time.Time, 1)
			time.AfterFunc(100*time.Millisecond, func() { canceled <- time.Now(); cancel() })
			_, failure := c.Send(ctx, r)
			after := time.Since(<-canceled)
			if after > late || failure == nil || failure.Code != host.EgressTimeout {
				t.Errorf("it ended %v after it was canceled, with %+v", after, failure)
			}
		})
	}
}

func TestAProtocolIsNotSwitched(t *testing.T) {
	t.Parallel()
	for _, p := range hostile.Peers() {
		switch p.Name {
		case "switches protocols and is silent", "switches protocols and is endless", "switches protocols without a word",
			"switches protocols after 100", "a status of 099":
		default:
			continue
		}
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			c, r := meet(t, p)
			f := mustFail(t, c, r, host.EgressNetwork)
			if !bytes.Contains([]byte(f.Message), []byte("which is no final answer")) || f.Requests != 1 {
				t.Errorf("failed with %+v", *f)
			}
		})
	}
}

func TestWhatHasNoEndIsCutAtTheLimit(t *testing.T) {
	t.Parallel()
	for _, p := range hostile.Peers() {
		if !p.Ends {
			continue
		}
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			c, r := meet(t, p)
			ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, errors.New("still there"))
			defer cancel()
			response, failure := c.Send(ctx, r)
			if ctx.Err() != nil || failure != nil && failure.Code == host.EgressTimeout {
				t.Errorf("ended with %+v", failure)
			}
			if response != nil && len(response.Body) > 2 {
				t.Errorf("ended with the body %q", response.Body)
			}
		})
	}
}
