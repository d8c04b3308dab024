//go:build unix

package resuming_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/executor"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/internal/hosttest"
)

// BenchmarkKeep is what keeping one part of an attempt costs: two calls, one with a body of
// a kilobyte.
func BenchmarkKeep(b *testing.B) {
	for _, checkpoint := range []host.Checkpoint{host.CheckpointAsync, host.CheckpointCall} {
		b.Run(string(checkpoint), func(b *testing.B) {
			done := make(chan struct{})
			runner := func(executor.Runner) executor.Runner {
				return executor.RunnerFunc(func(_ context.Context, x host.Execution, _, _ int) (host.Result, host.Tape, error) {
					defer close(done)
					part := host.Tape{Seed: make([]byte, 32), Start: time.Now(), Calls: []host.Call{
						{Function: "log_write", Request: json.RawMessage(`{"level":"info","message":"posting the user"}`)},
						{Function: "http_send", Request: json.RawMessage(fmt.Sprintf(`{"method":"POST","url":"https://crm.example.com/users","body":"%01000d"}`, 1)), Answer: json.RawMessage(`{"status":200,"body":"ok"}`)},
					}}
					for b.Loop() {
						x.Resumption.Keep(part)
					}
					return host.Result{Succeeded: true}, host.Tape{}, nil
				})
			}
			h := hosttest.New(b, hosttest.Options{Runner: runner})
			deploy(b, h, "noop", host.Settings{Checkpoint: checkpoint})
			if _, err := h.DB.Accept(b.Context(), []host.NewEvent{hosttest.Event(1)}); err != nil {
				b.Fatal(err)
			}
			<-done
		})
	}
}

// BenchmarkPosts is an execution whose action makes five requests that are not safe to
// repeat.
func BenchmarkPosts(b *testing.B) {
	for _, s := range []host.Settings{{Resume: host.ResumeOff}, {Resume: host.ResumeOn}, {Checkpoint: host.CheckpointCall}} {
		b.Run(fmt.Sprintf("resume=%s,checkpoint=%s", s.Resume, s.Checkpoint), func(b *testing.B) {
			peer := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			defer peer.Close()
			var steps []guests.Step
			for n := range posts {
				steps = append(steps, guests.Step{Function: "http_send", Argument: fmt.Sprintf(`{"method":"POST","url":"%s/%d","body":"%0500d"}`, peer.URL, n, n)})
			}
			s.Config = map[string]string{"script": guests.Script(steps...)}
			s.Egress.Allow = []string{peer.URL}
			h := hosttest.New(b, hosttest.Options{})
			deploy(b, h, "script", s)
			user := 0
			began := cpu()
			for b.Loop() {
				user++
				accepted, err := h.DB.Accept(b.Context(), []host.NewEvent{hosttest.Event(user)})
				if err != nil {
					b.Fatal(err)
				}
				if _, err := h.Wait(b.Context(), accepted[0].ExecutionID); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64((cpu()-began).Microseconds())/float64(b.N), "cpu-µs/op")
		})
	}
}

func deploy(b *testing.B, h *hosttest.Host, module string, s host.Settings) {
	b.Helper()
	err := h.Deploy(b.Context(), module, guests.Wasm(module), s)
	if err == nil {
		err = h.Bind(b.Context(), module)
	}
	if err != nil {
		b.Fatal(err)
	}
}

// cpu is the processor time of this process so far.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
