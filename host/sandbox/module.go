package sandbox

import (
	"cmp"
	"container/list"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox/snapshot"
)

// Module is a module that was admitted. It is safe for concurrent use. The
// caller of [Sandbox.Module] must release it.
type Module struct {
	sandbox  *Sandbox
	artifact *artifact
	digest   string
	frozen   *frozen // nil: its instances initialise themselves
	base     *base   // of its image
	links    []link  // what it links
	bytes    int64

	mu                 sync.Mutex // guards the following
	plain, fresh, kept *code      // what was compiled so far

	// Guarded by the sandbox.
	users   int
	loading *loading // by which it is found
	loaded  *list.Element
	idle    []*list.Element // instances that nobody uses
}

// frozen is what a module's instances begin with.
type frozen struct {
	image   *snapshot.Image
	globals []uint64
	names   []string
}

func (f *frozen) close() {
	if f != nil && f.image != nil {
		_ = f.image.Close() // it only frees memory
	}
}

// bytes returns the memory that instances begin with.
func (f *frozen) bytes() []byte {
	if f.image == nil {
		return nil
	}
	return f.image.Bytes()
}

// Module returns the module with digest, from memory, or from what is kept of
// it on disk, or else by admitting what load returns. Concurrent callers share
// one admission. The caller must release it.
func (s *Sandbox) Module(ctx context.Context, digest string, load func() ([]byte, error)) (*Module, error) {
	for {
		s.mu.Lock()
		l, found := s.modules[digest]
		if !found {
			l = &loading{done: make(chan struct{})}
			s.modules[digest] = l
			s.mu.Unlock()
			s.loadInto(context.WithoutCancel(ctx), l, digest, load)
			return l.module, l.err
		}
		s.mu.Unlock()
		select {
		case <-l.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if l.err != nil {
			return nil, l.err
		}
		if s.use(l) {
			return l.module, nil
		}
	}
}

// errClosed is what a sandbox that was closed answers.
var errClosed = errors.New("the sandbox is closed")

// loadInto loads a module and settles it, also when loading panics.
func (s *Sandbox) loadInto(ctx context.Context, l *loading, digest string, load func() ([]byte, error)) {
	l.err = fmt.Errorf("load module %s: it panicked", digest)
	defer s.settle(digest, l)
	if !s.runs.enter() {
		l.err = errClosed
		return
	}
	defer s.runs.leave()
	l.module, l.err = s.load(ctx, digest, load)
}

// settle makes what was loaded known, in use by its first caller.
func (s *Sandbox) settle(digest string, l *loading) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.err != nil {
		delete(s.modules, digest)
	} else {
		l.module.users, l.module.loading = 1, l
		l.module.loaded = s.loaded.PushFront(l.module)
		s.loadBytes.Add(l.module.bytes)
		s.evict()
	}
	close(l.done)
}

// use takes a module that is loaded, and reports false when it was dropped.
func (s *Sandbox) use(l *loading) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.modules[l.module.digest] != l {
		return false
	}
	l.module.users++
	s.loaded.MoveToFront(l.module.loaded)
	return true
}

// Release gives the module back. It may be dropped from memory then.
func (m *Module) Release() {
	s := m.sandbox
	s.mu.Lock()
	defer s.mu.Unlock()
	m.users--
	s.evict()
}

func (s *Sandbox) load(ctx context.Context, digest string, load func() ([]byte, error)) (*Module, error) {
	if a := s.storedArtifact(digest); a != nil {
		if m, err := s.thaw(ctx, digest, a); !errors.Is(err, errArtifact) {
			return m, err
		}
	}
	wasm, err := load()
	if err != nil {
		return nil, err
	}
	if got := host.Digest(wasm); got != digest {
		return nil, fmt.Errorf("load module: its digest is %s, not %s", got, digest)
	}
	a, err := s.admitApart(ctx, digest, wasm)
	if err != nil {
		return nil, err
	}
	return s.thaw(ctx, digest, a)
}

// thaw makes a module of an artifact.
func (s *Sandbox) thaw(ctx context.Context, digest string, a *artifact) (*Module, error) {
	m := &Module{sandbox: s, artifact: a, digest: digest}
	if err := m.thaw(ctx); err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		m.free()
		return nil, err
	}
	return m, nil
}

// thaw makes the module ready: its image, and the code that most runs use.
func (m *Module) thaw(ctx context.Context) error {
	a := m.artifact
	if a.Frozen {
		m.frozen = &frozen{globals: a.Globals, names: a.GlobalNames}
		if err := m.loadImage(); err != nil {
			return err
		}
		a.packParts(m.sandbox, m.frozen.bytes)
	}
	if err := m.loadLinks(ctx); err != nil {
		return err
	}
	_, err := m.code(ctx, m.best(""))
	return err
}

// loadLinks compiles what the module links.
func (m *Module) loadLinks(ctx context.Context) error {
	for i, linked := range m.artifact.Links {
		c, err := m.sandbox.compilePart(ctx, linked)
		if err != nil {
			return err
		}
		m.links = append(m.links, link{m.artifact.LinkNames[i], c})
	}
	return nil
}

// code returns the code for instances of an isolation, compiled once.
func (m *Module) code(ctx context.Context, isolation host.Isolation) (*code, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	slot := &m.plain
	switch isolation {
	case host.IsolationFresh:
		slot = &m.fresh
	case host.IsolationReset:
		slot = &m.kept
	}
	if *slot != nil {
		return *slot, nil
	}
	c, err := m.sandbox.compilePart(context.WithoutCancel(ctx), m.artifact.code(isolation))
	if errors.Is(err, errArtifact) {
		m.sandbox.disown(m)
	}
	*slot = c
	return c, err
}

// disown lets the next caller have the module made anew, because what is kept of
// this one is damaged.
func (s *Sandbox) disown(m *Module) {
	if s.config.CacheDir != "" {
		_ = os.Remove(s.artifactPath(m.digest)) // when it stays, the next one fails alike
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget(m)
}

// forget lets nobody find the module any more. The caller holds the lock.
func (s *Sandbox) forget(m *Module) {
	if s.modules[m.digest] == m.loading {
		delete(s.modules, m.digest)
	}
}

// best returns the isolation that a run gets: what it asks for, if the module
// allows it.
func (m *Module) best(asked host.Isolation) host.Isolation {
	switch {
	case m.frozen == nil || asked == host.IsolationPlain:
		return host.IsolationPlain
	case asked == host.IsolationFresh:
		return host.IsolationFresh
	}
	return host.IsolationReset
}

// Exports reports whether the module exports a function name that can be an
// entry: no parameters, no result or one i32.
func (m *Module) Exports(name string) bool { return slices.Contains(m.artifact.Exports, name) }

// Run gives the run an instance of its own and calls its entry. A done ctx ends
// the run with a host fault; ask ctx.
func (m *Module) Run(ctx context.Context, r *Request) Outcome {
	if _, err := m.code(ctx, m.best(r.Isolation)); err != nil { // compiled before the run's time begins
		return Outcome{Fault: &Fault{Kind: host.FaultHost, Message: "compile the module: " + err.Error()}}
	}
	sh, err := m.sandbox.admitRun(ctx, m, r)
	if err != nil {
		return Outcome{Fault: &Fault{Kind: host.FaultHost, Message: "wait for memory: " + err.Error()}}
	}
	defer m.sandbox.endRun(sh)
	if !m.sandbox.runs.enter() {
		return Outcome{Fault: &Fault{Kind: host.FaultHost, Message: errClosed.Error()}}
	}
	defer m.sandbox.runs.leave()
	c := calls.Get().(*Call)
	c.begin(ctx, r)
	c.sandbox, c.share = m.sandbox, sh
	defer c.end()
	i, err := m.take(c)
	if err != nil {
		c.exchange = &kernel{}
		return c.outcome(err, 0)
	}
	c.instance = i
	if c.exchange = i.exchange(); !c.exchange.begin(r.Input, &r.Limits) {
		err = &Fault{Kind: host.FaultLimit, Limit: "memory_bytes", Message: fmt.Sprintf("the input of %d bytes does not fit into the memory", len(r.Input))}
	}
	c.fill()
	if err == nil && i.isolation == host.IsolationPlain {
		err = i.initialise(c)
	}
	start := time.Since(c.started)
	if err == nil {
		err = cmp.Or(i.enter(c, r.Entry), c.overdrawn())
	}
	out := c.outcome(err, start)
	m.give(i, &out)
	return out
}

// take returns an instance for the run: a kept one that nobody uses, or a new
// one.
func (m *Module) take(c *Call) (*instance, error) {
	isolation := m.best(c.request.Isolation)
	if least := m.leastBytes(isolation); least > c.limits.MemoryBytes {
		return nil, &Fault{
			Kind: host.FaultLimit, Limit: "memory_bytes",
			Message: fmt.Sprintf("the module begins with %d bytes of memory (limit %d)", least, c.limits.MemoryBytes),
		}
	}
	if isolation == host.IsolationReset {
		if i := m.sandbox.takeIdle(m); i != nil {
			if i.begin(c) {
				return i, nil
			}
			i.close() // it was made for a smaller limit
		}
	}
	code, err := m.code(c.parent, isolation)
	if err != nil {
		return nil, err
	}
	switch isolation {
	case host.IsolationReset:
		return m.sandbox.keptInstance(c, code, m.frozen)
	case host.IsolationFresh:
		return m.sandbox.imageInstance(c.parent, c, isolation, code, m.frozen)
	}
	return m.sandbox.plainInstance(c, code, m.links)
}

func (m *Module) leastBytes(isolation host.Isolation) int64 {
	if isolation == host.IsolationPlain || m.frozen.image == nil {
		return m.artifact.MinMemoryBytes
	}
	return int64(m.frozen.image.Size())
}

// give keeps the instance for the next run, made what it was before, or closes
// it. One that trapped, ran out of something or grew is never kept.
func (m *Module) give(i *instance, out *Outcome) {
	fault := out.Fault
	broken := fault != nil && (fault.Kind != host.FaultGuest || fault.Trap != "" || fault.Stack != "")
	if i.isolation != host.IsolationReset || broken || !i.reset(m.frozen, out.Fuel) {
		i.close()
		return
	}
	m.sandbox.keepIdle(m, i)
}
