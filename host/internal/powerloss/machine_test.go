package powerloss_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/internal/hosttest"
	"github.com/usherhost/usher/host/internal/powerloss"
	"github.com/usherhost/usher/host/internal/serving"
)

// patience is for what a slow machine takes long to do.
const patience = 2 * time.Minute

// machine is a disk with a host that runs on it.
type machine struct {
	*testing.T
	disk    *powerloss.Disk
	dir     string // where the disk is mounted
	unmount func() error
	host    *serving.Host
	log     *os.File
}

// shared is a directory for what all tests use.
var shared string

func TestMain(m *testing.M) {
	var err error
	if shared, err = os.MkdirTemp("", "powerloss-"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(shared)
	os.Exit(code)
}

var binary = sync.OnceValues(func() (string, error) {
	return serving.Build(context.Background(), shared)
})

func usher(t *testing.T) string {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// boot mounts the disk.
func boot(t *testing.T, disk *powerloss.Disk) *machine {
	t.Helper()
	dir, err := os.MkdirTemp("", "pl") //nolint:usetesting // the path of the socket beside it must be short
	if err != nil {
		t.Fatal(err)
	}
	m := &machine{T: t, disk: disk, dir: filepath.Join(dir, "m")}
	if err := os.Mkdir(m.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	m.unmount, err = powerloss.Mount(disk, m.dir)
	if errors.Is(err, powerloss.ErrNoFUSE) {
		fmt.Fprintf(os.Stderr, "SKIPPED: no power was cut: %v\n", err)
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		m.off()
		_ = os.RemoveAll(dir)
	})
	return m
}

func (m *machine) data() string { return filepath.Join(m.dir, "data") }

// start starts the host, and does not wait for it.
func (m *machine) start() {
	m.Helper()
	var err error
	if m.log, err = os.CreateTemp(shared, "log-"); err != nil {
		m.Fatal(err)
	}
	m.host, err = serving.Start(serving.Options{
		Binary: usher(m.T), Data: m.data(), Socket: filepath.Join(filepath.Dir(m.dir), "s"), Log: m.log,
		Args: []string{"--concurrency", "8"},
	})
	if err != nil {
		m.Fatal(err)
	}
}

// ready waits until the host serves, and reports whether it does: not when the
// power failed before. A host that ends by itself has failed.
func (m *machine) ready() bool {
	m.Helper()
	ctx, stop := context.WithTimeout(m.Context(), patience)
	defer stop()
	go func() {
		select {
		case <-m.disk.Dead():
			stop()
		case <-ctx.Done():
		}
	}()
	err := m.host.Ready(ctx)
	select {
	case <-m.disk.Dead():
		return false
	default:
	}
	if err != nil {
		m.Fatalf("%v\n%s", err, m.output())
	}
	return true
}

// output is what the host has logged.
func (m *machine) output() string {
	text, _ := os.ReadFile(m.log.Name())
	return string(text)
}

// off ends the host and takes the disk out. What is not durable is lost only
// when the power was cut.
func (m *machine) off() {
	m.Helper()
	if m.host != nil {
		m.host.Kill()
		m.host = nil
		_ = m.log.Close()
		_ = os.Remove(m.log.Name())
	}
	if m.unmount == nil {
		return
	}
	deadline := time.Now().Add(patience)
	for err := m.unmount(); err != nil; err = m.unmount() {
		if time.Now().After(deadline) {
			m.Fatalf("unmount: %v", err)
		}
		time.Sleep(5 * time.Millisecond) // its processes are still ending
	}
	m.unmount = nil
}

func (m *machine) adminKey() string {
	m.Helper()
	key, err := m.host.AdminKey()
	if err != nil {
		m.Fatal(err)
	}
	return key
}

// register makes an action that needs its secret.
func register(ctx context.Context, h *serving.Host, key string) error {
	c := h.Client(key)
	if _, err := c.CreateAction(ctx, "step", host.PostUserRegistration, host.SecretWrite{Name: "TOKEN", Value: new("a-secret-of-the-action")}); err != nil {
		return err
	}
	settings := host.Settings{
		Retry: host.Retry{MaxAttempts: 20, InitialMillis: 10, MaxMillis: 100},
		Config: map[string]string{"script": guests.Script(
			guests.Step{Function: "secret_get", Argument: "TOKEN"},
			guests.Step{Function: "log_warn", Argument: "a line of its log"},
		)},
	}
	if _, err := c.CreateVersion(ctx, "step", guests.Wasm("script"), host.Manifest{Settings: settings}, true); err != nil {
		return err
	}
	_, err := c.ReplaceBindings(ctx, host.PostUserRegistration, []host.BindingWrite{{Action: "step"}})
	return err
}

// sender posts events until it is stopped, and keeps what was accepted.
type sender struct {
	mu       sync.Mutex // guards the rest
	users    int
	accepted []string
}

func (s *sender) post(ctx context.Context, h *serving.Host, key string) error {
	s.mu.Lock()
	s.users++
	user := s.users
	s.mu.Unlock()
	accepted, err := h.Post(ctx, key, hosttest.Event(user).Body)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accepted = append(s.accepted, accepted.ExecutionID)
	return nil
}

func (s *sender) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.accepted...)
}

// load posts events from several senders until the power fails.
func (s *sender) load(m *machine, key string) (wait func()) {
	ctx, stop := context.WithCancel(m.Context())
	var senders sync.WaitGroup
	for range 8 {
		senders.Go(func() {
			for ctx.Err() == nil {
				if err := s.post(ctx, m.host, key); err != nil {
					select {
					case <-m.disk.Dead():
						return
					case <-time.After(time.Millisecond):
					}
				}
			}
		})
	}
	return func() {
		stop()
		senders.Wait()
	}
}
