package decisions_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/decisions"
	"github.com/usherhost/usher/host/internal/hosttest"
	"github.com/usherhost/usher/host/internal/jstest"
	"github.com/usherhost/usher/host/web"
)

// roleVariable makes the test binary a host on the directory that it names.
const roleVariable = "USHER_DECISIONS_TEST_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(roleVariable); dir != "" {
		serveUntilKilled(dir)
	}
	os.Exit(jstest.Main(m))
}

// serveUntilKilled serves decisions and prints its URL and a key.
func serveUntilKilled(dir string) {
	h, err := hosttest.Open(context.Background(), dir, 1)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	routes := web.NewEcho(slog.New(slog.DiscardHandler))
	(&decisions.Server{Decider: h.Decider}).Register(routes.Group("/v1"), web.NewAuthenticator(h.DB).Require(host.ScopeDecide))
	_, key, err := h.Registry.CreateKey(context.Background(), host.NewKey{Name: "test", Scopes: []host.Scope{host.ScopeDecide}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(httptest.NewServer(routes).URL + "/v1/decisions/ " + key)
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

// A crash never changes an answered decision, and with record: strict it loses none.
func TestKilledDuringDecisions(t *testing.T) {
	t.Parallel()
	for _, record := range []host.Record{host.RecordAsync, host.RecordStrict} {
		t.Run(string(record), func(t *testing.T) {
			t.Parallel()
			g := open(t, hosttest.Options{})
			denies := calls(t, "denies", call("access_deny", `{"reason":"spam","user_message":"Not today"}`))
			denies.settings.Record = record
			g.deploy(denies)
			if err := g.Close(); err != nil {
				t.Fatal(err)
			}
			answered := decideUntilKilled(t, g, 500)
			var err error
			if g.Host, err = hosttest.OpenWith(t.Context(), g.dir, hosttest.Options{}); err != nil {
				t.Fatal(err)
			}
			lost := 0
			for _, a := range answered {
				x, err := g.DB.Execution(t.Context(), a.ExecutionID)
				switch {
				case host.CodeOf(err) == host.NotFound && err != nil:
					lost++
				case err != nil:
					t.Fatal(err)
				case x.Decision == nil || x.Decision.Verdict != a.Verdict || x.Decision.Reason != a.Reason || x.Decision.UserMessage != a.UserMessage:
					t.Errorf("answered was %+v, recorded is %+v", a.Decision, x.Decision)
				}
			}
			if lost > 0 && record == host.RecordStrict {
				t.Errorf("%d of %d records are lost", lost, len(answered))
			}
			t.Logf("%d answers, %d records lost", len(answered), lost)
		})
	}
}

// decideUntilKilled asks a host for decisions, of a thousand requests in all, kills it
// once so many are answered, and returns the answers.
func decideUntilKilled(t *testing.T, g *gate, enough int) []answer {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), roleVariable+"="+g.dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := child.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	g.url, g.key, _ = strings.Cut(strings.TrimSpace(line), " ")
	var all sync.WaitGroup
	var mu sync.Mutex
	var answered []answer // guarded by mu
	for range 20 {
		all.Go(func() {
			for range 50 {
				a, err := g.try(string(trigger), event)
				mu.Lock()
				if err == nil {
					answered = append(answered, a)
				}
				if len(answered) == enough {
					_ = child.Process.Kill()
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	_ = child.Wait() // it was killed
	if len(answered) < enough {
		t.Fatalf("only %d decisions were answered", len(answered))
	}
	return answered
}
