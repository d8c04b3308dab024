package replaytest_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/internal/jstest"
	"github.com/usherhost/usher/host/jsbuild/bundle"
)

// atOnce answers at once: a run with it has no time of the network.
type atOnce struct{}

// Send implements guest.Egress.
func (atOnce) Send(_ context.Context, r *host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure) {
	return &host.HTTPResponse{Status: 200, Header: http.Header{"Content-Type": {"text/plain"}}, Body: []byte("ok"), URL: r.URL, Requests: 1}, nil
}

// BenchmarkReplay compares replays with the runs that they play back, without time of the
// network: the one should take no longer than the other.
func BenchmarkReplay(b *testing.B) {
	kit := jstest.Shared(b)
	built, err := kit.Builder.Build(b.Context(), bundle.Source{Code: []byte(`
		exports.onExecutePostUserRegistration = async (event) => {
			const post = (path) => fetch('https://a.example' + path, {method: 'POST', body: JSON.stringify(event.user)});
			await Promise.all([post('/a'), post('/b')]);
			console.log('done', (await post('/c')).status, Math.random());
		};`)})
	if err != nil {
		b.Fatal(err)
	}
	small := guests.Script(
		guests.Step{Function: "http_send", Argument: `{"method":"POST","url":"https://a.example/","body":"x"}`},
		guests.Step{Function: "log_write", Argument: "\x02done"}, guests.Step{Function: "secret_get", Argument: "TOKEN"},
	)
	for name, wasm := range map[string][]byte{"small": guests.Wasm("script"), "javascript": built.Module} {
		r := *kit.Runner
		from := modules{wasm, map[string]string{"TOKEN": "s3cret-value"}}
		r.Modules, r.Secrets, r.Egress = from, from, atOnce{}
		run := guest.Run{
			ExecutionID: "exe_1", Attempt: 1,
			Event: &host.Event{ID: "evt_1", Trigger: host.PostUserRegistration, Body: []byte(`{"user":{"user_id":"auth0|1","email":"jo@example.com"}}`)},
			Step: host.Step{ActionID: "act_1", Action: "action", Digest: host.Digest(wasm), Settings: host.Settings{
				Egress: host.Egress{Mode: host.EgressPublic}, Config: map[string]string{"script": small},
			}},
		}
		result, tape, err := r.Run(b.Context(), run)
		if err != nil || !result.Succeeded {
			b.Fatal(err, result.Error)
		}
		recorded := &guest.Recorded{Result: result, Tape: tape}
		b.Run(name, func(b *testing.B) {
			least := [2]time.Duration{time.Hour, time.Hour} // of many, one after the other: the machine is shared
			for b.Loop() {
				began := time.Now()
				if _, _, err := r.Run(b.Context(), run); err != nil {
					b.Fatal(err)
				}
				ran := time.Now()
				if played, err := r.Replay(b.Context(), run, recorded, nil); err != nil || played.Divergence != nil {
					b.Fatal(err, played.Divergence)
				}
				least[0], least[1] = min(least[0], ran.Sub(began)), min(least[1], time.Since(ran))
			}
			b.ReportMetric(float64(least[0].Nanoseconds()), "ns/run")
			b.ReportMetric(float64(least[1].Nanoseconds()), "ns/replay")
			b.ReportMetric(float64(least[1])/float64(least[0]), "replay/run")
		})
	}
}
