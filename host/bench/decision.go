package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/usherhost/usher/host/bench/baseline"
	"github.com/usherhost/usher/host/bench/compare"
	"github.com/usherhost/usher/host/bench/peers"
	"github.com/usherhost/usher/host/bench/scripts"
	"github.com/usherhost/usher/host/bench/testdata"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/internal/hosttest"
	"github.com/usherhost/usher/host/internal/serving"
)

// registering is the event that is decided on.
const registering = `{"connection":{"id":"con_1","name":"Username-Password-Authentication","strategy":"auth0"},` +
	`"request":{"ip":"203.0.113.7","method":"POST","language":"en","body":{"ulp-terms":"yes"},"geoip":{"countryCode":"DE"}},` +
	`"security_context":{"ja4":"t13d1516h2_8daaf6152771_02713d6af862"},"tenant":{"id":"acme"},` +
	`"user":{"email":"ada@example.com","name":"Ada","user_metadata":{},"app_metadata":{}}}`

// The steady load, at which a decision's latency is measured, and the background
// events that run beside it.
const (
	steadyPerSecond = 500
	background      = 5000
)

// warmUp is how long a server gets decisions before it is measured. Node compiles its own
// code meanwhile: before that it is four times as slow.
const warmUp = time.Second

// decider is one server under measurement, with its answers checked.
type decider struct {
	*peers.Server
	clients []*poster
}

// benchDecision measures decisions over loopback HTTP from 64 connections whose client
// shares the cores: of a C guest against a bare handler, and of JavaScript actions
// against a Node server that calls the same function in its own process.
func benchDecision(ctx context.Context, e compare.Effort) (rows []compare.Row, err error) {
	dir, err := os.MkdirTemp("", "usher-bench-*")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	binary, err := serving.Build(ctx, dir)
	if err != nil {
		return nil, err
	}
	validator := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }))
	defer validator.Close()
	scriptsDir, err := scripts.Folder()
	if err != nil {
		return nil, err
	}
	node := func(name string) func(context.Context) (*peers.Server, error) {
		return func(ctx context.Context) (*peers.Server, error) {
			if _, err := exec.LookPath("node"); err != nil {
				return nil, &scripts.Missing{What: "Node is not installed"}
			}
			return peers.Node(ctx, scriptsDir, name+".js", validator.URL)
		}
	}
	for _, work := range []struct {
		name, against, module string
		peer                  func(context.Context) (*peers.Server, error)
	}{
		{"C guest", "bare handler", "decide.wasm", peers.Bare},
		{"JavaScript", "Node, in its process", "decide.js", node("decide")},
		{"JavaScript, one fetch", "Node, in its process", "decide-fetch.js", node("decide-fetch")},
	} {
		usher := func(ctx context.Context) (*peers.Server, error) {
			return serveAction(ctx, binary, filepath.Join(dir, work.name), work.module, scriptsDir, validator.URL)
		}
		more, err := decideBoth(ctx, e, work.name, work.against, usher, work.peer)
		rows = append(rows, more...)
		if err != nil && !leftOut(work.name, err) {
			return rows, fmt.Errorf("%s: %w", work.name, err)
		}
	}
	more, err := decideBesideBackground(ctx, e, binary, filepath.Join(dir, "background"), scriptsDir)
	return append(rows, more...), err
}

// serveAction starts usher with one action bound.
func serveAction(ctx context.Context, binary, dir, module, scriptsDir, url string) (*peers.Server, error) {
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	s, err := peers.Usher(ctx, binary, filepath.Join(dir, "data"))
	if err != nil {
		return nil, err
	}
	code, err := testdata.Small.ReadFile(module)
	if err != nil {
		code, err = os.ReadFile(filepath.Join(scriptsDir, module))
	}
	if err == nil {
		err = deployAction(ctx, s, binary, filepath.Join(dir, "action"), "pre-user-registration", module, code, url)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func deployAction(ctx context.Context, s *peers.Server, binary, folder, trigger, module string, code []byte, url string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	description := "name: " + filepath.Base(folder) + "\ntrigger: " + trigger + "\nmodule: " + module + "\n"
	if url != "" {
		description += "secrets: [URL]\nsettings: {egress: {allow: [" + url + "]}}\n"
	}
	err := errors.Join(os.WriteFile(filepath.Join(folder, module), code, 0o600), //nolint:gosec // the names are the benchmark's
		os.WriteFile(filepath.Join(folder, "action.yaml"), []byte(description), 0o600))
	if err != nil {
		return err
	}
	if err := s.Deploy(ctx, binary, folder); err != nil || url == "" {
		return err
	}
	return s.SetSecret(ctx, binary, filepath.Base(folder), "URL", url)
}

// decideBoth measures both servers in turns.
func decideBoth(ctx context.Context, e compare.Effort, work, against string, ours, theirs func(context.Context) (*peers.Server, error)) ([]compare.Row, error) {
	our, err := openDecider(ctx, ours)
	if err != nil {
		return nil, err
	}
	defer our.close()
	their, err := openDecider(ctx, theirs)
	if err != nil {
		return nil, err
	}
	defer their.close()
	rate := func(d *decider) compare.Measurement {
		return func() (float64, error) {
			m, err := baseline.Loop(len(d.clients), e.Length, func(i int) error { return d.decide(d.clients[i]) })
			return m.PerSecond(), err
		}
	}
	ourRate, theirRate, err := compare.SideBySide(e.Rounds, rate(our), rate(their))
	if err != nil {
		return nil, err
	}
	rows := []compare.Row{compare.Rate("decision", work, ourRate, "decisions/s", against, theirRate)}
	for _, part := range []float64{0.5, 0.99} {
		latency := func(d *decider) compare.Measurement {
			return func() (float64, error) { return d.steadily(e.Length, part) }
		}
		a, b, err := compare.SideBySide(e.Rounds, latency(our), latency(their))
		if err != nil {
			return rows, err
		}
		rows = append(rows, compare.Cost("decision", fmt.Sprintf("%s, p%.0f at %d/s", work, part*100, steadyPerSecond), a, "ms", against, b))
	}
	return rows, nil
}

// decideBesideBackground measures decisions while events of the other trigger run,
// against those of the same host when it has nothing else to do.
func decideBesideBackground(ctx context.Context, e compare.Effort, binary, dir, scriptsDir string) ([]compare.Row, error) {
	d, err := openDecider(ctx, func(ctx context.Context) (*peers.Server, error) {
		return serveAction(ctx, binary, dir, "decide.wasm", scriptsDir, "")
	})
	if err != nil {
		return nil, err
	}
	defer d.close()
	if err := deployAction(ctx, d.Server, binary, filepath.Join(dir, "noop"), "post-user-registration", "noop.wasm", guests.Wasm("noop"), ""); err != nil {
		return nil, err
	}
	idle, err := d.steadily(e.Length, 0.99)
	if err != nil {
		return nil, err
	}
	stop, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- d.sendBackground(stop) }()
	busy, err := d.steadily(e.Length, 0.99)
	close(stop)
	if err := errors.Join(err, <-done); err != nil {
		return nil, err
	}
	return []compare.Row{compare.Cost("decision", fmt.Sprintf("C guest, p99 beside up to %d events", background), busy, "ms", "idle", idle)}, nil
}

// sendBackground sends events of the other trigger from a few connections, until there
// are enough or it is stopped.
func (d *decider) sendBackground(stop <-chan struct{}) error {
	const senders = 4
	var failures [senders]error
	var sent sync.WaitGroup
	for i := range senders {
		sent.Go(func() { failures[i] = d.sendEvents(background/senders, stop) })
	}
	sent.Wait()
	return errors.Join(failures[:]...)
}

func (d *decider) sendEvents(n int, stop <-chan struct{}) error {
	sender, err := newPoster(context.Background(), d.Address, d.Key)
	if err != nil {
		return err
	}
	defer sender.close()
	for range n {
		select {
		case <-stop:
			return nil
		default:
		}
		if err := sender.event(hosttest.Event(int(users.Add(1))).Body); err != nil {
			return err
		}
	}
	return nil
}

func openDecider(ctx context.Context, open func(context.Context) (*peers.Server, error)) (*decider, error) {
	s, err := open(ctx)
	if err != nil {
		return nil, err
	}
	d := &decider{Server: s}
	for range producers {
		c, err := newPoster(ctx, s.Address, s.Key)
		if err != nil {
			d.close()
			return nil, err
		}
		d.clients = append(d.clients, c)
	}
	if err := d.decide(d.clients[0]); err != nil { // it loads
		d.close()
		return nil, err
	}
	if _, err := baseline.Loop(len(d.clients), warmUp, func(i int) error { return d.decide(d.clients[i]) }); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

func (d *decider) close() {
	for _, c := range d.clients {
		c.close()
	}
	d.Close()
}

// decide asks for one decision.
func (d *decider) decide(c *poster) error {
	text, err := c.post(d.Path, []byte(registering), http.StatusOK)
	if err == nil && !bytes.Contains(text, []byte(`"allow"`)) {
		err = fmt.Errorf("answered %s", text)
	}
	return err
}

// steadily sends decisions at an even rate, whatever the answers take, and returns a
// quantile of their latencies in milliseconds, each from the moment at which it was due.
func (d *decider) steadily(length time.Duration, part float64) (float64, error) {
	var mu sync.Mutex
	var latencies []float64
	var failed error
	free := make(chan *poster, len(d.clients))
	for _, c := range d.clients {
		free <- c
	}
	var sent sync.WaitGroup
	began := time.Now()
	for i := range int(length.Seconds() * steadyPerSecond) {
		due := began.Add(time.Duration(i) * time.Second / steadyPerSecond)
		time.Sleep(time.Until(due))
		c := <-free
		sent.Go(func() {
			err := d.decide(c)
			took := millis(time.Since(due))
			mu.Lock()
			latencies, failed = append(latencies, took), errors.Join(failed, err)
			mu.Unlock()
			free <- c
		})
	}
	sent.Wait()
	if failed != nil || len(latencies) == 0 {
		return 0, failed
	}
	slices.Sort(latencies)
	return latencies[int(float64(len(latencies)-1)*part)], nil
}
