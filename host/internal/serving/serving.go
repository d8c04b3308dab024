// Package serving starts a real `usher serve` process on a data directory, for
// tests and tools that kill it or look at it from outside.
package serving

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/client"
)

// origin is what requests over the socket are sent to.
const origin = "http://usher.test"

// Options say how to start a host.
type Options struct {
	Binary string    // see [Build]
	Data   string    // the data directory
	Socket string    // where it listens: no other process takes a path between a kill and a start, as one may a port
	Args   []string  // more flags of serve
	Env    []string  // more variables
	Log    io.Writer // its standard error; nil: nowhere
}

// Host is a process that was started. Its methods but the last two are safe
// for concurrent use.
type Host struct {
	Options
	process *exec.Cmd
	http    *http.Client
	exited  chan struct{}
	err     error // of the process, once exited is closed
}

// Build builds the command into dir and returns its path.
func Build(ctx context.Context, dir string) (string, error) {
	binary := filepath.Join(dir, "usher")
	out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "github.com/usherhost/usher/host/cmd/usher").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build usher: %w\n%s", err, out)
	}
	return binary, nil
}

// Start starts the process and does not wait until it serves. The caller must
// Kill or Stop it.
func Start(o Options) (*Host, error) {
	h := &Host{Options: o, exited: make(chan struct{})}
	args := []string{"serve", "--data", o.Data, "--listen", "unix:" + o.Socket, "--log-level", "error"}
	h.process = exec.CommandContext(context.Background(), o.Binary, append(args, o.Args...)...)
	h.process.Env = append(os.Environ(), o.Env...)
	h.process.Stderr = o.Log
	h.process.WaitDelay = 10 * time.Second
	if err := h.process.Start(); err != nil {
		return nil, fmt.Errorf("start usher: %w", err)
	}
	go func() {
		h.err = h.process.Wait()
		close(h.exited)
	}()
	h.http = &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", o.Socket)
		},
		MaxIdleConnsPerHost: 64,
	}}
	return h, nil
}

// Ready waits until the host says that it is ready. The error is that of the
// process when it ended before.
func (h *Host) Ready(ctx context.Context) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if status, err := h.get(ctx, "/readyz"); err == nil && status == http.StatusOK {
			return nil
		}
		select {
		case <-h.exited:
			return fmt.Errorf("the host ended before it was ready: %w", cmp.Or(h.err, errEnded))
		case <-ctx.Done():
			return fmt.Errorf("the host is not ready: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

func (h *Host) get(ctx context.Context, path string) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, origin+path, http.NoBody)
	if err != nil {
		return 0, err
	}
	response, err := h.http.Do(r)
	if err != nil {
		return 0, err
	}
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode, response.Body.Close()
}

// PID is the process's.
func (h *Host) PID() int { return h.process.Process.Pid }

// Exited is closed when the process has ended.
func (h *Host) Exited() <-chan struct{} { return h.exited }

// AdminKey reads the key that the first start left in the data directory.
func (h *Host) AdminKey() (string, error) {
	key, err := os.ReadFile(filepath.Join(h.Data, "admin.key"))
	return strings.TrimSpace(string(key)), err
}

// Client is a client of the host's API.
func (h *Host) Client(key string) *client.Client {
	return &client.Client{URL: origin, Key: key, HTTP: h.http}
}

var errEnded = errors.New("it exited with 0")

// ErrRefused says that the host answered an event with something else than 202.
var ErrRefused = errors.New("the event was not accepted")

// Post sends one event once. Without an error the host has answered 202.
func (h *Host) Post(ctx context.Context, key string, body []byte) (host.Accepted, error) {
	var accepted host.Accepted
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, origin+"/v1/events/post-user-registration", bytes.NewReader(body))
	if err != nil {
		return accepted, err
	}
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Content-Type", "application/json")
	response, err := h.http.Do(r)
	if err != nil {
		return accepted, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	switch {
	case response.StatusCode != http.StatusAccepted:
		return accepted, fmt.Errorf("%w: %s %s", ErrRefused, response.Status, answer)
	case err != nil:
		return accepted, err
	}
	return accepted, json.Unmarshal(answer, &accepted)
}

// Kill ends the process as kill -9 does.
func (h *Host) Kill() {
	_ = h.process.Process.Kill()
	<-h.exited
	h.http.CloseIdleConnections()
}

// Stop asks the process to end, and waits for it.
func (h *Host) Stop() error {
	_ = h.process.Process.Signal(syscall.SIGTERM)
	<-h.exited
	h.http.CloseIdleConnections()
	return h.err
}
