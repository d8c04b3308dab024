package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
	"unsafe"

	extism "github.com/extism/go-sdk"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/bench/compare"
	"github.com/usherhost/usher/host/bench/works"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/sandbox"
)

// benchIdle measures what an instance that waits for its next run costs, and
// what one more registered module costs.
func benchIdle(ctx context.Context, e compare.Effort) (rows []compare.Row, err error) {
	err = works.Each([]string{"tiny", "engine", "go"}, func(name string, wasm []byte) error {
		ours, theirs, err := compare.SideBySide(min(e.Rounds, 3), func() (float64, error) { return idleInstance(ctx, name, wasm, e) },
			func() (float64, error) { return idlePlugin(ctx, wasm, e) })
		rows = append(rows, compare.Cost("idle", name, ours, "KiB", "go-sdk", theirs))
		return err
	})
	if err != nil {
		return rows, err
	}
	ours, theirs, err := compare.SideBySide(e.Rounds, func() (float64, error) { return registered(ctx, e) },
		func() (float64, error) { return compiled(ctx, e) })
	return append(rows,
		compare.Cost("idle", "module", ours, "KiB", "go-sdk", theirs),
		compare.Cost("idle", "idle", ours, "KiB", "go-sdk", theirs)), err
}

// idleInstance returns what each of many instances of the module costs, which
// ran at the same time and were kept.
func idleInstance(ctx context.Context, name string, wasm []byte, e compare.Effort) (kib float64, err error) {
	hold := &hold{}
	s, err := sandbox.Open(ctx, sandbox.Config{Functions: hold.functions()})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.Close(ctx)) }()
	m, err := s.Module(ctx, host.Digest(wasm), func() ([]byte, error) { return wasm, nil })
	if err != nil {
		return 0, err
	}
	defer m.Release()
	entry := works.Entry
	if name == "tiny" {
		entry = "hold" // its entry never calls the host
	}
	input := works.Input()
	runs := func(n int) error {
		hold.expect(n)
		errs := make(chan error, n)
		for range n {
			go func() { errs <- runOnce(ctx, m, entry, input, hold) }()
		}
		var all error
		for range n {
			all = errors.Join(all, <-errs)
		}
		return all
	}
	return eachMore(e.Count/2, runs)
}

// eachMore returns what one of n more costs, after a first one.
func eachMore(n int, run func(total int) error) (float64, error) {
	if err := run(1); err != nil {
		return 0, err
	}
	before, err := memory()
	if err != nil {
		return 0, err
	}
	if err := run(n + 1); err != nil {
		return 0, err
	}
	after, err := memory()
	return float64(after-before) / 1024 / float64(n), err
}

// hold keeps runs within the host until as many as expected are there.
type hold struct {
	mu      sync.Mutex // guards waiting
	waiting int
	all     chan struct{}
}

func (h *hold) expect(n int) { h.waiting, h.all = n, make(chan struct{}) }

func (h *hold) functions() []sandbox.Function {
	functions := guest.Functions()
	for i := range functions {
		if functions[i].Name == "log_info" {
			functions[i].Run = func(c *sandbox.Call, _ []uint64) { c.Host.(*hold).arrive() }
		}
	}
	return functions
}

func (h *hold) arrive() {
	h.mu.Lock()
	if h.waiting--; h.waiting == 0 {
		close(h.all)
	}
	h.mu.Unlock()
	<-h.all
}

// still is the world of a guest that is only weighed: no chance, no time.
type still struct{}

func (still) Read(p []byte) (int, error)          { return len(p), nil }
func (still) Now(*sandbox.Call) time.Time         { return time.Unix(0, 0) }
func (still) Elapsed(*sandbox.Call) time.Duration { return 0 }
func (still) Sleep(*sandbox.Call, time.Duration)  {}

func runOnce(ctx context.Context, m *sandbox.Module, entry string, input []byte, h *hold) error {
	out := m.Run(ctx, &sandbox.Request{
		Entry: entry, Input: input, Limits: host.DefaultSettings().Limits, Host: h,
		Random: still{}, Clock: still{}, Stdout: io.Discard, Stderr: io.Discard,
	})
	if out.Fault != nil {
		h.arrive() // no run waits for it
		return fmt.Errorf("the guest failed: %s", out.Fault.Message)
	}
	return nil
}

// idlePlugin returns what each of many go-sdk instances costs that have run.
func idlePlugin(ctx context.Context, wasm []byte, e compare.Effort) (kib float64, err error) {
	p, err := newPlugin(ctx, wasm, nil)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	var kept []*extism.Plugin
	kib, err = eachMore(e.Count/4, func(total int) error {
		for len(kept) < total {
			instance, err := p.instance()
			if err != nil {
				return err
			}
			kept = append(kept, instance)
			if err := p.call(instance); err != nil {
				return err
			}
		}
		return nil
	})
	for _, instance := range kept {
		err = errors.Join(err, instance.Close(ctx))
	}
	return kib, err
}

// memory returns Go's heap in use and the private pages outside of it.
func memory() (int64, error) {
	held := heap()
	debug.FreeOSMemory()
	file, err := os.Open("/proc/self/smaps")
	if err != nil {
		return 0, err
	}
	defer func() { _ = file.Close() }()
	lines, outside, near := bufio.NewScanner(file), true, heapAddress()
	for lines.Scan() {
		line := lines.Text()
		var from, to, kib int64
		if n, _ := fmt.Sscanf(line, "%x-%x ", &from, &to); n == 2 {
			outside = to < near-heapReach || from > near+heapReach
		}
		if n, _ := fmt.Sscanf(line, "Anonymous: %d kB", &kib); n == 1 && outside {
			held += kib * 1024
		}
	}
	return held, lines.Err()
}

// heapReach is how far from any of its objects Go's heap may lie: it grows from
// a random address on, far from where the system maps the rest.
const heapReach = 16 << 30

// heapAddress is an address in Go's heap.
func heapAddress() int64 {
	object := new([1 << 20]byte) // too large for the stack
	address := int64(uintptr(unsafe.Pointer(object)))
	runtime.KeepAlive(object)
	return address
}

// registered returns what a module costs that is ready to run.
func registered(ctx context.Context, e compare.Effort) (float64, error) {
	s, err := sandbox.Open(ctx, sandbox.Config{Functions: guest.Functions()})
	if err != nil {
		return 0, err
	}
	defer func() { _ = s.Close(ctx) }()
	return kibEach(e, func(wasm []byte) error {
		m, err := s.Module(ctx, host.Digest(wasm), func() ([]byte, error) { return wasm, nil })
		if err == nil {
			m.Release()
		}
		return err
	})
}

// compiled returns what a compiled go-sdk plugin costs.
func compiled(ctx context.Context, e compare.Effort) (float64, error) {
	var kept []*plugin
	defer func() {
		for _, p := range kept {
			_ = p.close()
		}
	}()
	return kibEach(e, func(wasm []byte) error {
		p, err := newPlugin(ctx, wasm, nil)
		kept = append(kept, p)
		return err
	})
}

// kibEach returns what each of e.Count distinct modules costs on Go's heap.
func kibEach(e compare.Effort, load func(wasm []byte) error) (float64, error) {
	before := heap()
	for i := range e.Count {
		if err := load(distinct(guests.Wasm("echo"), i)); err != nil {
			return 0, err
		}
	}
	return float64(heap()-before) / 1024 / float64(e.Count), nil
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
