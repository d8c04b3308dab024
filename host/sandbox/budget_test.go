package sandbox_test

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/sandbox"
	"github.com/usherhost/usher/host/wasmbin"
)

func openWithin(t *testing.T, bytes int64) *sandbox.Sandbox {
	t.Helper()
	s, err := sandbox.Open(t.Context(), sandbox.Config{CacheDir: t.TempDir(), Functions: functions(), MemoryBytes: bytes})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if m := s.Memory(); m.HeldBytes != 0 || m.Waiting != 0 {
			t.Errorf("at the end: %+v", m)
		}
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// touching asks the guest "touch" for so many MiB, of which it may have a
// little more.
func touching(mebibytes int64) *sandbox.Request {
	r := request(string([]byte{byte(mebibytes)}))
	r.Limits.MemoryBytes = (mebibytes + 4) << 20
	return r
}

// TestRunsWaitForTheMemoryOfTheHost runs 64 guests at once, each of which
// touches 64 MiB, where 384 MiB are for all. It is not parallel: it looks at
// the memory of the process.
func TestRunsWaitForTheMemoryOfTheHost(t *testing.T) {
	const total = 384 << 20
	m := load(t, openWithin(t, total), guests.Wasm("touch"))
	debug.FreeOSMemory()
	before := resident(t)
	var most atomic.Int64
	stop := make(chan struct{})
	var watch, all sync.WaitGroup
	watch.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
				most.Store(max(most.Load(), resident(t)))
			}
		}
	})
	for range 64 {
		all.Go(func() {
			r := touching(64)
			if out := m.Run(t.Context(), r); out.Fault != nil {
				t.Error(out.Fault)
			}
		})
	}
	all.Wait()
	close(stop)
	watch.Wait()
	t.Logf("%d MiB before, %d MiB at most", before>>20, most.Load()>>20)
	if grown := most.Load() - before; grown > total+total/5 {
		t.Errorf("the process took %d MiB more, of %d", grown>>20, total>>20)
	}
}

// resident returns the memory that this process has.
func resident(t *testing.T) int64 {
	t.Helper()
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip("the system does not report how much memory a process has: ", err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(statm))[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

// TestNoActionTakesAllMemory lets one action have 64 runs that fill the host's
// memory, and runs another one beside it: it is over long before they are.
func TestNoActionTakesAllMemory(t *testing.T) {
	t.Parallel()
	s := openWithin(t, 96<<20)
	greedy := load(t, s, guests.Wasm("touch"))
	modest := load(t, s, wasmbin.AppendCustom(guests.Wasm("touch"), "other", nil))
	var over atomic.Int64
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			defer over.Add(1)
			if out := greedy.Run(t.Context(), touching(32)); out.Fault != nil {
				t.Error(out.Fault)
			}
		})
	}
	for s.Memory().Waiting < 32 && over.Load() < 16 {
		time.Sleep(time.Millisecond) // until they wait for one another
	}
	if out := modest.Run(t.Context(), touching(1)); out.Fault != nil {
		t.Error(out.Fault)
	}
	if n := over.Load(); n > 48 {
		t.Errorf("it waited for %d of 64 runs of the other action", n)
	}
	all.Wait()
	if m := s.Memory(); m.Waits == 0 || m.Waited == 0 {
		t.Errorf("no run waited: %+v", m)
	}
}

// TestWaitingForMemoryCostsNoTime gives runs less time than they wait.
func TestWaitingForMemoryCostsNoTime(t *testing.T) {
	t.Parallel()
	s := openWithin(t, 48<<20)
	m := load(t, s, guests.Wasm("touch"))
	release, err := s.Reserve(t.Context(), "another", 48<<20)
	if err != nil {
		t.Fatal(err)
	}
	r := touching(8)
	r.Limits.TimeoutMillis = 2000
	done := make(chan sandbox.Outcome)
	go func() { done <- m.Run(t.Context(), r) }()
	for s.Memory().Waiting == 0 {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(2100 * time.Millisecond) // longer than it has
	release()
	if out := <-done; out.Fault != nil {
		t.Error(out.Fault)
	}
}

// TestARunThatWaitsForMemoryEndsWithItsContext ends what waits, and closes the
// sandbox over the rest.
func TestARunThatWaitsForMemoryEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s := openWithin(t, 48<<20)
	m := load(t, s, guests.Wasm("touch"))
	release, err := s.Reserve(t.Context(), "another", 48<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan sandbox.Outcome)
	go func() { done <- m.Run(ctx, touching(8)) }()
	for s.Memory().Waiting == 0 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if out := <-done; out.Fault == nil || !strings.Contains(out.Fault.Message, "wait for memory") {
		t.Errorf("%+v", out.Fault)
	}
}

// TestARunLargerThanTheHostFailsAlone runs what needs more than there is.
func TestARunLargerThanTheHostFailsAlone(t *testing.T) {
	t.Parallel()
	m := load(t, openWithin(t, 48<<20), guests.Wasm("touch"))
	if out := m.Run(t.Context(), touching(64)); out.Fault == nil || out.Fault.Limit != "memory_bytes" ||
		!strings.Contains(out.Fault.Message, "of the host") {
		t.Errorf("%+v", out.Fault)
	}
	if out := m.Run(t.Context(), touching(16)); out.Fault != nil {
		t.Error(out.Fault)
	}
}

// TestIdleInstancesGiveWay fills the host's memory with instances that wait for
// a next run, and then runs what needs all of it.
func TestIdleInstancesGiveWay(t *testing.T) {
	t.Parallel()
	s := openWithin(t, 64<<20)
	for n := range 8 {
		m := load(t, s, wasmbin.AppendCustom(guests.Wasm("marker"), "number", fmt.Append(nil, n)))
		if out := m.Run(t.Context(), request("")); out.Fault != nil {
			t.Fatal(out.Fault)
		}
	}
	if s.Memory().PooledBytes == 0 {
		t.Fatal("no instance is idle")
	}
	if out := load(t, s, guests.Wasm("touch")).Run(t.Context(), touching(50)); out.Fault != nil {
		t.Error(out.Fault)
	}
}
