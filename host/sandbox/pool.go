package sandbox

import (
	"container/list"
	"context"
	"slices"
)

// instanceBytes is about what a kept instance costs besides its call stacks and
// the pages that are its own: its own structures, and the kernel's.
const instanceBytes = 14 << 10

func (i *instance) bytes() int64 { return instanceBytes + int64(i.stacks) + i.mapping.OwnBytes() }

// IdleBytes returns about how much memory modules and kept instances take.
func (s *Sandbox) IdleBytes() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.idleBytes + s.loadBytes.Load()
}

// loadedBytes returns what code and images take, which nobody can take away.
func (s *Sandbox) loadedBytes() int64 { return s.loadBytes.Load() }

// evictTo drops idle instances, and modules that nobody uses, until they fit.
func (s *Sandbox) evictTo(most int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.evictOver(most)
}

// takeIdle returns the instance of m that was used last, nil when there is none.
func (s *Sandbox) takeIdle(m *Module) *instance {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(m.idle) == 0 {
		return nil
	}
	e := m.idle[len(m.idle)-1]
	m.idle = m.idle[:len(m.idle)-1]
	i := s.idle.Remove(e).(*instance)
	s.idleBytes -= i.bytes()
	return i
}

// keepIdle keeps an instance that was reset. Of a module's instances those that
// ran last are used first; the others wait without their call stacks.
func (s *Sandbox) keepIdle(m *Module, i *instance) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i.owner = m
	m.idle = append(m.idle, s.idle.PushFront(i))
	s.idleBytes += i.bytes()
	if cold := len(m.idle) - 1 - s.runs.hot(); cold >= 0 {
		i := m.idle[cold].Value.(*instance)
		s.idleBytes -= int64(i.stacks)
		i.dropStacks()
	}
	s.evict()
}

// evict drops what was not used for longest until the rest fits: instances
// first, then modules that nobody uses. The caller holds the lock.
func (s *Sandbox) evict() {
	most := s.config.IdleBytes
	if s.budget != nil {
		most = min(most, s.budget.total-s.budget.held.Load())
	}
	s.evictOver(most)
}

func (s *Sandbox) evictOver(most int64) {
	for s.idle.Len() > 0 && s.idleBytes+s.loadBytes.Load() > most {
		s.drop(s.idle.Back())
	}
	for e := s.loaded.Back(); e != nil && s.loadBytes.Load() > most; {
		m := e.Value.(*Module)
		e = e.Prev()
		if m.users == 0 {
			s.unload(m)
		}
	}
}

// drop closes an idle instance.
func (s *Sandbox) drop(e *list.Element) {
	i := s.idle.Remove(e).(*instance)
	s.idleBytes -= i.bytes()
	i.owner.idle = slices.DeleteFunc(i.owner.idle, func(kept *list.Element) bool { return kept == e })
	i.close()
}

// unload forgets a module that nobody uses; it comes back from disk.
func (s *Sandbox) unload(m *Module) {
	for _, e := range slices.Clone(m.idle) {
		s.drop(e)
	}
	s.loaded.Remove(m.loaded)
	s.loadBytes.Add(-m.bytes)
	s.forget(m)
	m.free()
}

// free gives back what the module holds. The caller holds the sandbox's lock,
// and nobody uses the module.
func (m *Module) free() {
	m.frozen.close()
	m.sandbox.unlinkBase(m.base)
	codes := []*code{m.plain, m.fresh, m.kept}
	for _, l := range m.links {
		codes = append(codes, l.code)
	}
	for _, c := range codes {
		m.sandbox.unlink(c)
	}
}

// unlink takes a user from compiled code. The caller holds the lock.
func (s *Sandbox) unlink(c *code) {
	if c == nil {
		return
	}
	if c.users--; c.users == 0 {
		delete(s.codes, c.key)
		s.loadBytes.Add(-c.bytes)
		_ = c.compiled.Close(context.Background()) // it only frees memory
	}
}
