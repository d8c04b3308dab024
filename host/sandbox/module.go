package sandbox

import (
	"cmp"
	"container/list"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox/admission"
	"github.com/usherhost/usher/host/sandbox/budget"
	"github.com/usherhost/usher/host/sandbox/extism"
)

// Module is a module that was admitted. It is safe for concurrent use. The
// caller of [Sandbox.Module] must release it.
type Module struct {
	sandbox  *Sandbox
	artifact *admission.Artifact
	digest   string
	snapshot *moduleSnapshot // nil: its instances initialise themselves
	links    []link          // what it links
	bytes    int64           // of its image

	codes moduleCodes
	usage moduleUsage
}

// link is the code of a linked module.
type link struct {
	name string
	code *code
}

// moduleCodes holds what was compiled of a module so far, by isolation.
type moduleCodes struct {
	mu                  sync.Mutex // guards the following
	plain, fresh, reset *code
}

// slot returns where the code of an isolation is held. The caller holds mu.
func (m *moduleCodes) slot(isolation host.Isolation) **code {
	switch isolation {
	case host.IsolationFresh:
		return &m.fresh
	case host.IsolationReset:
		return &m.reset
	}
	return &m.plain
}

// moduleUsage is where a module stands in its sandbox, whose mu guards all of it.
type moduleUsage struct {
	users   int             // callers that have not released it
	loading *loading        // by which it is found
	loaded  *list.Element   // in the sandbox's list
	idle    []*list.Element // its idle instances, the last used last
}

// loading is a module that is being loaded, or was.
type loading struct {
	done     chan struct{} // closed when module or err is set
	module   *Module
	err      error
	panicked any // what loading panicked with: its first caller does, too
}

// Module returns the module with digest: from memory, from its artifact on disk, or
// by admitting what load returns. Concurrent callers share one admission. The
// caller must release it.
func (s *Sandbox) Module(ctx context.Context, digest string, load func() ([]byte, error)) (*Module, error) {
	for {
		s.mu.Lock()
		l, found := s.modules[digest]
		if !found {
			l = &loading{done: make(chan struct{})}
			s.modules[digest] = l
			s.mu.Unlock()
			go s.loadInto(context.WithoutCancel(ctx), l, digest, load)
			return l.await(ctx)
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

// await returns the module to its first caller, who may give up: the module is loaded
// for the next one then.
func (l *loading) await(ctx context.Context) (*Module, error) {
	select {
	case <-l.done:
		if l.panicked != nil {
			panic(l.panicked)
		}
		return l.module, l.err
	case <-ctx.Done():
		go func() {
			if <-l.done; l.err == nil {
				l.module.Release()
			}
		}()
		return nil, ctx.Err()
	}
}

// errClosed is the error of a sandbox that was closed.
var errClosed = budget.ErrClosed

// loadInto loads a module and publishes it, also when loading panics. A sandbox that
// closes waits for it.
func (s *Sandbox) loadInto(ctx context.Context, l *loading, digest string, load func() ([]byte, error)) {
	defer s.publish(digest, l)
	defer func() {
		if p := recover(); p != nil {
			l.err, l.panicked = fmt.Errorf("load module %s: it panicked", digest), p
		}
	}()
	if !s.runs.enter() {
		l.err = errClosed
		return
	}
	defer s.runs.leave()
	l.module, l.err = s.load(ctx, digest, load)
}

// publish ends the waiting for a module, which its first caller uses.
func (s *Sandbox) publish(digest string, l *loading) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.err != nil {
		delete(s.modules, digest)
	} else {
		l.module.usage.users, l.module.usage.loading = 1, l
		l.module.usage.loaded = s.loaded.PushFront(l.module)
		s.loadBytes.Add(l.module.bytes)
		s.evictLocked()
	}
	close(l.done)
}

// use adds a user to a module, and reports false when it was unloaded.
func (s *Sandbox) use(l *loading) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.modules[l.module.digest] != l {
		return false
	}
	l.module.usage.users++
	s.loaded.MoveToFront(l.module.usage.loaded)
	return true
}

// Release gives the module back. It may be unloaded then.
func (m *Module) Release() {
	s := m.sandbox
	s.mu.Lock()
	defer s.mu.Unlock()
	m.usage.users--
	s.evictLocked()
}

func (s *Sandbox) load(ctx context.Context, digest string, load func() ([]byte, error)) (*Module, error) {
	if a := s.artifacts.Artifact(digest); a != nil {
		if m, err := s.newModule(ctx, digest, a); !errors.Is(err, admission.ErrDamaged) {
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
	a, err := s.admitter.Admit(ctx, digest, wasm)
	if err != nil {
		return nil, err
	}
	return s.newModule(ctx, digest, a)
}

// newModule makes a module of an artifact.
func (s *Sandbox) newModule(ctx context.Context, digest string, a *admission.Artifact) (*Module, error) {
	m := &Module{sandbox: s, artifact: a, digest: digest}
	if err := m.prepare(ctx); err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		m.freeLocked()
		return nil, err
	}
	return m, nil
}

// prepare loads the snapshot, the linked modules, and the code that most runs use.
func (m *Module) prepare(ctx context.Context) error {
	if m.artifact.Snapshot {
		if err := m.loadSnapshot(); err != nil {
			return err
		}
		m.artifact.SetDictionaries(m.sandbox.artifacts, m.snapshot.imageBytes)
	}
	if err := m.loadLinks(ctx); err != nil {
		return err
	}
	_, err := m.code(ctx, m.best(""))
	return err
}

// loadLinks compiles the modules that the module links.
func (m *Module) loadLinks(ctx context.Context) error {
	for i, linked := range m.artifact.Links {
		c, err := m.sandbox.compile(ctx, linked)
		if err != nil {
			return err
		}
		m.links = append(m.links, link{m.artifact.LinkNames[i], c})
	}
	return nil
}

// code returns the code for instances of an isolation, compiled once.
func (m *Module) code(ctx context.Context, isolation host.Isolation) (*code, error) {
	m.codes.mu.Lock()
	defer m.codes.mu.Unlock()
	slot := m.codes.slot(isolation)
	if *slot != nil {
		return *slot, nil
	}
	c, err := m.sandbox.compile(context.WithoutCancel(ctx), m.artifact.Unit(isolation))
	if errors.Is(err, admission.ErrDamaged) {
		m.sandbox.discard(m)
	}
	*slot = c
	return c, err
}

// best returns the isolation that a run gets: what it asks for, if the module
// allows it.
func (m *Module) best(asked host.Isolation) host.Isolation {
	switch {
	case m.snapshot == nil || asked == host.IsolationPlain:
		return host.IsolationPlain
	case asked == host.IsolationFresh:
		return host.IsolationFresh
	}
	return host.IsolationReset
}

// Exports reports whether the module exports a function name that can be an
// entry: no parameters, no result or one i32.
func (m *Module) Exports(name string) bool { return slices.Contains(m.artifact.Exports, name) }

// Run gives the run an instance of its own and calls its entry. When ctx ends, so
// does the run, with a fault of the host; ctx has the reason.
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
	c := callPool.Get().(*Call)
	c.begin(ctx, r)
	c.sandbox, c.share = m.sandbox, sh
	defer c.end()
	i, err := m.take(c)
	if err != nil {
		c.buffer = extism.NewHostKernel(nil, c.limits)
		return c.outcome(err, 0)
	}
	c.instance = i
	if c.buffer = i.buffer(c.limits); !c.buffer.Begin(r.Input, &r.Limits) {
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

// take returns an instance for the run: an idle pooled one, or a new one.
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
			i.close() // it was made for smaller limits
		}
	}
	code, err := m.code(c.parent, isolation)
	if err != nil {
		return nil, err
	}
	switch isolation {
	case host.IsolationReset:
		return m.sandbox.pooledInstance(c, code, m.snapshot)
	case host.IsolationFresh:
		return m.sandbox.snapshotInstance(c.parent, c, isolation, code, m.snapshot)
	}
	return m.sandbox.plainInstance(c, code, m.links)
}

// leastBytes returns the memory that every run needs.
func (m *Module) leastBytes(isolation host.Isolation) int64 {
	if size := m.snapshot.imageSize(); isolation != host.IsolationPlain && size > 0 {
		return size
	}
	return m.artifact.MinMemoryBytes
}

// give restores the instance for the next run, or closes it. One that trapped,
// exceeded a limit or grew is always closed.
func (m *Module) give(i *instance, out *Outcome) {
	fault := out.Fault
	broken := fault != nil && (fault.Kind != host.FaultGuest || fault.Trap != "" || fault.Stack != "")
	if i.isolation != host.IsolationReset || broken || !i.restore(m.snapshot, out.Fuel) {
		i.close()
		return
	}
	m.sandbox.putIdle(m, i)
}
