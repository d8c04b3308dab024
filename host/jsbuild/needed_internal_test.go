package jsbuild

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/jsbuild/dist"
)

// TestABuildWaitsForTheEngineAsLongAsItMay: making it goes on for the next build.
func TestABuildWaitsForTheEngineAsLongAsItMay(t *testing.T) {
	t.Parallel()
	b := New(Config{})
	defer b.Close()
	m := &making{done: make(chan struct{})}
	b.making = m

	late, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	err := b.need(late)
	if wrong, ok := errors.AsType[*host.Error](err); !ok || !errors.Is(err, dist.ErrNoEngine) || !strings.Contains(wrong.Text, "still being made") {
		t.Errorf("after its deadline: %v", err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if err := b.need(stopped); !errors.Is(err, context.Canceled) {
		t.Errorf("a build that was stopped: %v", err)
	}
	waits := make(chan error)
	go func() { waits <- b.need(t.Context()) }()
	m.err = errors.New("no network")
	close(m.done)
	if err := <-waits; !errors.Is(err, m.err) {
		t.Errorf("a build that waits: %v", err)
	}
}
