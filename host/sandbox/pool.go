package sandbox

import (
	"container/list"
	"slices"
)

// What a sandbox holds in memory, and how it is given up
//
// Everything here is guarded by [Sandbox].mu; functions whose name ends in Locked
// are called with it held. There are five ways to give something up, and each has
// one verb:
//
//   - release: a user of a module, of code or of a base ends its use. Code and bases
//     are freed with their last user. A module stays loaded until it is unloaded.
//   - close: an idle instance is removed from the pool and freed.
//   - unload: an unused module is removed from memory, with its idle instances. Its
//     artifact on disk stays.
//   - evict: instances are closed and modules unloaded, the longest unused first,
//     until the rest fits into a number of bytes.
//   - discard: a module whose files are damaged is removed from the index and its
//     artifact from disk, so that the next caller gets it admitted again. Its users
//     keep it until they release it.

// instanceBytes is about how much memory a pooled instance takes besides its call
// stacks and its own pages: its structures, and those of its kernel.
const instanceBytes = 14 << 10

func (i *instance) bytes() int64 { return instanceBytes + int64(i.stackBytes) + i.mapping.OwnBytes() }

// IdleBytes returns about how much memory modules and idle instances take.
func (s *Sandbox) IdleBytes() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.idleBytes + s.loadBytes.Load()
}

// takeIdle returns the idle instance of m that was used last, nil when there is none.
func (s *Sandbox) takeIdle(m *Module) *instance {
	s.mu.Lock()
	defer s.mu.Unlock()
	idle := m.usage.idle
	if len(idle) == 0 {
		return nil
	}
	e := idle[len(idle)-1]
	m.usage.idle = idle[:len(idle)-1]
	i := s.idle.Remove(e).(*instance)
	s.idleBytes -= i.bytes()
	return i
}

// putIdle adds a restored instance to the pool. Of a module's instances those that
// ran last are used first. Those that are unlikely to be used soon lose their call
// stacks.
func (s *Sandbox) putIdle(m *Module, i *instance) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i.owner = m
	m.usage.idle = append(m.usage.idle, s.idle.PushFront(i))
	s.idleBytes += i.bytes()
	if cold := len(m.usage.idle) - 1 - s.runs.hot(); cold >= 0 {
		i := m.usage.idle[cold].Value.(*instance)
		s.idleBytes -= int64(i.stackBytes)
		i.dropStacks()
	}
	s.evictLocked()
}

// evictTo evicts until idle instances and loaded modules take at most so many bytes.
func (s *Sandbox) evictTo(most int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.evictToLocked(most)
}

// evictLocked evicts until the rest fits into the limits of the configuration.
func (s *Sandbox) evictLocked() {
	most := s.config.IdleBytes
	if s.budget != nil {
		most = min(most, s.budget.Free())
	}
	s.evictToLocked(most)
}

func (s *Sandbox) evictToLocked(most int64) {
	for s.idle.Len() > 0 && s.idleBytes+s.loadBytes.Load() > most {
		s.closeIdleLocked(s.idle.Back())
	}
	for e := s.loaded.Back(); e != nil && s.loadBytes.Load() > most; {
		m := e.Value.(*Module)
		e = e.Prev()
		if m.usage.users == 0 {
			s.unloadLocked(m)
		}
	}
}

// closeIdleLocked closes an idle instance.
func (s *Sandbox) closeIdleLocked(e *list.Element) {
	i := s.idle.Remove(e).(*instance)
	s.idleBytes -= i.bytes()
	i.owner.usage.idle = slices.DeleteFunc(i.owner.usage.idle, func(other *list.Element) bool { return other == e })
	i.close()
}

// unloadLocked removes an unused module from memory.
func (s *Sandbox) unloadLocked(m *Module) {
	for _, e := range slices.Clone(m.usage.idle) {
		s.closeIdleLocked(e)
	}
	s.loaded.Remove(m.usage.loaded)
	s.loadBytes.Add(-m.bytes)
	s.removeFromIndexLocked(m)
	m.freeLocked()
}

// discard removes a damaged module from the index and from disk.
func (s *Sandbox) discard(m *Module) {
	s.artifacts.Remove(m.digest)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.removeFromIndexLocked(m)
}

// removeFromIndexLocked makes later callers load the module again.
func (s *Sandbox) removeFromIndexLocked(m *Module) {
	if s.modules[m.digest] == m.usage.loading {
		delete(s.modules, m.digest)
	}
}

// freeLocked frees what an unused module holds.
func (m *Module) freeLocked() {
	if m.snapshot != nil {
		m.snapshot.close()
		m.sandbox.releaseBaseLocked(m.snapshot.base)
	}
	codes := []*code{m.codes.plain, m.codes.fresh, m.codes.reset}
	for _, l := range m.links {
		codes = append(codes, l.code)
	}
	for _, c := range codes {
		m.sandbox.releaseCodeLocked(c)
	}
}
