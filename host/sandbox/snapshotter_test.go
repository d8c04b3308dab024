package sandbox_test

import (
	"context"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/sandbox"
)

// A build may outlive the HTTP server: closing the sandbox ends the build's
// session, and frees nothing before the session has ended.
func TestCloseWaitsForTheSessionsThatItEnds(t *testing.T) {
	t.Parallel()
	s, err := sandbox.Open(t.Context(), sandbox.Config{})
	if err != nil {
		t.Fatal(err)
	}
	w, err := s.Snapshotter(t.Context(), guests.Wasm("loop"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := w.Session(t.Context(), host.Limits{TimeoutMillis: 60_000, Fuel: 1 << 50, MemoryBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	began, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		close(began)
		_, err := b.Call("onExecutePostUserRegistration")
		b.Close()
		w.Close()
		ended <- err
	}()
	<-began
	if err := s.Close(context.Background()); err != nil {
		t.Error(err)
	}
	if err := <-ended; err == nil {
		t.Error("a call without end returned")
	}
	if _, err := w.Session(t.Context(), host.Limits{}); err == nil {
		t.Error("a closed sandbox opened a session")
	}
}
