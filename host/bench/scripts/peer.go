package scripts

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// NodeMode says what a run of an action in Node begins with.
type NodeMode string

// The modes: a vm context of its own with the script compiled once, or the module
// that the process loaded once.
const (
	NodeFresh NodeMode = "fresh"
	NodeWarm  NodeMode = "warm"
)

// NodeTimes are what a run took in Node.
type NodeTimes struct {
	Millis float64 // the median
	Micros float64 // of processor time, on average
}

// Node measures for length how long a run of the action takes in Node. The error
// is a [*Missing] when Node or the packages are not there, or the action fails in it.
func (s *Script) Node(ctx context.Context, mode NodeMode, length time.Duration) (times NodeTimes, err error) {
	dir, err := os.MkdirTemp("", "usher-bench-*")
	if err != nil {
		return times, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	bundle, event := filepath.Join(dir, "action.js"), filepath.Join(dir, "event.json")
	if err := s.bundle(ctx, "node", bundle); err != nil {
		return times, err
	}
	if err := os.WriteFile(event, s.withSecrets(), 0o600); err != nil {
		return times, err
	}
	out, err := s.node(ctx, "node.js", string(mode), bundle, event, strconv.FormatInt(length.Milliseconds(), 10))
	if err != nil {
		return times, &Missing{"the action fails there: " + err.Error()}
	}
	return times, json.Unmarshal(out, &times)
}

// bundle bundles the action for a peer.
func (s *Script) bundle(ctx context.Context, peer, into string) error {
	if _, err := exec.LookPath("node"); err != nil {
		return &Missing{"Node is not installed"}
	}
	if _, err := os.Stat(filepath.Join(s.dir, "node_modules", "esbuild")); err != nil {
		return &Missing{"the peers' packages are not installed: run 'npm install' in host/bench/testdata/js"}
	}
	_, err := s.node(ctx, "bundle.js", s.Name+".js", peer, into)
	return err
}

func (s *Script) node(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "node", args...)
	cmd.Dir = s.dir
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("node %s: %w\n%s", args[0], err, complaint.Bytes())
	}
	return out, nil
}

// Workerd is workerd with the action as a worker, in the one isolate that all
// of its events share.
type Workerd struct {
	cmd    *exec.Cmd
	stop   context.CancelFunc
	dir    string
	url    string
	event  []byte
	client *http.Client
	ctx    context.Context
}

// workerdConfig serves the worker on a port of its own, and lets it reach
// loopback.
const workerdConfig = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker", esModule = embed "worker.js")],
      compatibilityDate = "2026-11-01", compatibilityFlags = ["nodejs_compat"],
    )),
    (name = "internet", network = (allow = ["private", "public"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`

// NewWorkerd starts workerd. The error is a [*Missing] when it is not
// installed. The caller must close it.
func (s *Script) NewWorkerd(ctx context.Context) (w *Workerd, err error) {
	binary, err := filepath.Abs(filepath.Join(s.dir, "node_modules", "workerd", "bin", "workerd"))
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(binary); err != nil {
		return nil, &Missing{"workerd is not installed: run 'npm install' in host/bench/testdata/js"}
	}
	w = &Workerd{ctx: ctx, event: s.withSecrets(), client: &http.Client{Timeout: time.Minute}}
	if w.dir, err = os.MkdirTemp("", "usher-bench-*"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Close())
		}
	}()
	if err := s.bundle(ctx, "workerd", filepath.Join(w.dir, "worker.js")); err != nil {
		return nil, err
	}
	config := filepath.Join(w.dir, "config.capnp")
	if err := os.WriteFile(config, []byte(workerdConfig), 0o600); err != nil {
		return nil, err
	}
	return w, w.start(ctx, binary, config)
}

// start starts workerd, which writes its port to a pipe.
func (w *Workerd) start(ctx context.Context, binary, config string) error {
	ctx, w.stop = context.WithCancel(ctx)
	port, write, err := os.Pipe()
	if err != nil {
		return err
	}
	defer func() { _ = port.Close() }()
	w.cmd = exec.CommandContext(ctx, binary, "serve", "--control-fd=3", config)
	w.cmd.ExtraFiles = []*os.File{write}
	var complaint bytes.Buffer
	w.cmd.Stderr = &complaint
	if err := errors.Join(w.cmd.Start(), write.Close()); err != nil {
		return &Missing{"workerd does not start: " + err.Error()}
	}
	line, err := bufio.NewReader(port).ReadBytes('\n')
	var listens struct{ Port int }
	if err == nil {
		err = json.Unmarshal(line, &listens)
	}
	if err != nil {
		return &Missing{"workerd does not start: " + complaint.String()}
	}
	w.url = fmt.Sprintf("http://127.0.0.1:%d/", listens.Port)
	return nil
}

// Run posts the event and waits for the answer.
func (w *Workerd) Run() error {
	request, err := http.NewRequestWithContext(w.ctx, http.MethodPost, w.url, bytes.NewReader(w.event))
	if err != nil {
		return err
	}
	response, err := w.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = &Missing{fmt.Sprintf("the action fails there: %s", text)}
	}
	return err
}

// Close ends workerd.
func (w *Workerd) Close() error {
	if w.cmd != nil && w.cmd.Process != nil {
		w.stop()
		_ = w.cmd.Wait() // it was killed
	}
	return os.RemoveAll(w.dir)
}
