package daemon

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/usherhost/usher/host/settings"
)

// written is a log that a timer writes to as well.
type written struct {
	mu    sync.Mutex
	bytes bytes.Buffer // guarded by mu
}

func (w *written) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.bytes.Write(p)
}

func (w *written) lines(with string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for line := range strings.Lines(w.bytes.String()) {
		if strings.Contains(line, with) {
			n++
		}
	}
	return n
}

func TestErrorsThatRepeatAreCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out written
		log, _ := NewLogger(&out, settings.Config{LogLevel: "info"})
		log = log.With("host", "a")
		for i := range 1000 {
			log.Error("request", "path", "/v1/events", "request_id", fmt.Sprint("req_", i), "error", fmt.Errorf("accept evt_%d: the disk is full", i))
		}
		log.Error("request", "error", "something else")
		log.Info("request", "error", "the disk is full")
		if n := out.lines("level=ERROR"); n != 2 {
			t.Errorf("%d errors were logged at once, want the first of each kind", n)
		}
		if n := out.lines("level=INFO"); n != 1 {
			t.Errorf("%d lines below errors, want 1", n)
		}
		time.Sleep(repeatsEvery + time.Second)
		if n := out.lines("repeated=999 within=10s"); n != 1 {
			t.Errorf("%d lines count the rest:\n%s", n, out.bytes.String())
		}
		time.Sleep(2 * repeatsEvery)
		if n := out.lines("level=ERROR"); n != 3 {
			t.Errorf("%d lines when nothing more came, want 3", n)
		}
		log.Error("request", "error", "accept evt_7: the disk is full")
		if n := out.lines("level=ERROR"); n != 4 {
			t.Error("after a pause an error is not logged at once")
		}
		time.Sleep(3 * repeatsEvery) // the timers end
	})
}

func TestKindsOfErrorsThatAreCountedAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out written
		log, _ := NewLogger(&out, settings.Config{LogLevel: "info"})
		for i := range 2 * maxRepeats {
			log.Error(strings.Repeat("x", i))
		}
		if n := out.lines("level=ERROR"); n != 2*maxRepeats {
			t.Errorf("%d of %d kinds were logged", n, 2*maxRepeats)
		}
		time.Sleep(3 * repeatsEvery)
	})
}
