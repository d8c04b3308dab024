package web_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/usherhost/usher/host/web"
)

// running is a Serve in the background.
type running struct {
	url  string
	stop context.CancelFunc
	done chan error
}

func run(t *testing.T, h http.HandlerFunc, drain time.Duration) running {
	t.Helper()
	l, err := web.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := running{url: "http://" + l.Addr().String(), stop: cancel, done: make(chan error, 1)}
	go func() { s.done <- web.Serve(ctx, l, h, drain, silent()) }()
	t.Cleanup(cancel)
	return s
}

// fetch returns the body of a GET in the background, and "error" for none.
func fetch(t *testing.T, url string) chan string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 1)
	go func() {
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			got <- "error"
			return
		}
		defer answer.Body.Close()
		body, _ := io.ReadAll(answer.Body)
		got <- string(body)
	}()
	return got
}

func TestServeDrains(t *testing.T) {
	t.Parallel()
	entered, let := make(chan struct{}), make(chan struct{})
	s := run(t, func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-let
		_, _ = io.WriteString(w, "finished")
	}, time.Minute)
	got := fetch(t, s.url)
	<-entered
	s.stop()
	for { // the listener closes while the request goes on
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
		if err != nil {
			break
		}
		_ = conn.Close()
	}
	close(let)
	if body := <-got; body != "finished" {
		t.Errorf("answered %q", body)
	}
	if err := <-s.done; err != nil {
		t.Error(err)
	}
}

func TestServeEndsLongPolls(t *testing.T) {
	t.Parallel()
	entered := make(chan struct{})
	s := run(t, func(w http.ResponseWriter, r *http.Request) {
		close(entered)
		select {
		case <-web.Draining(r.Context()):
			_, _ = io.WriteString(w, "drained")
		case <-r.Context().Done():
		}
	}, time.Minute)
	got := fetch(t, s.url)
	<-entered
	s.stop()
	if body := <-got; body != "drained" {
		t.Errorf("answered %q", body)
	}
	if err := <-s.done; err != nil {
		t.Error(err)
	}
	if web.Draining(t.Context()) != nil {
		t.Error("a context that Serve did not make can drain")
	}
}

func TestServeCutsWhatDoesNotEnd(t *testing.T) {
	t.Parallel()
	entered := make(chan struct{})
	s := run(t, func(_ http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done()
	}, time.Millisecond)
	got := fetch(t, s.url)
	<-entered
	s.stop()
	if err := <-s.done; err == nil || !strings.Contains(err.Error(), "drain connections for 1ms") {
		t.Errorf("ended with %v", err)
	}
	<-got
}

func TestServeFailsWithItsListener(t *testing.T) {
	t.Parallel()
	l, err := web.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	if err := web.Serve(t.Context(), l, http.NotFoundHandler(), 0, silent()); err == nil {
		t.Error("served on a closed listener")
	}
}

func TestListenOnAUnixSocket(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	first, err := web.Listen(t.Context(), "unix:"+path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o660 {
		t.Errorf("made the socket with mode %v: %v", info.Mode(), err)
	}
	if _, err := web.Listen(t.Context(), "unix:"+path); err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("took a socket that is served: %v", err)
	}
	first.(*net.UnixListener).SetUnlinkOnClose(false) // as a process that was killed leaves it
	_ = first.Close()
	second, err := web.Listen(t.Context(), "unix:"+path)
	if err != nil {
		t.Fatalf("did not replace a dead socket: %v", err)
	}
	_ = second.Close()
}

func TestListenLeavesFilesAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := web.Listen(t.Context(), "unix:"+path); err == nil {
		t.Error("listened on a file")
	}
	if body, err := os.ReadFile(path); err != nil || string(body) != "mine" {
		t.Errorf("the file is %q: %v", body, err)
	}
	if _, err := web.Listen(t.Context(), "127.0.0.1:none"); err == nil {
		t.Error("listened on a port that is none")
	}
}
