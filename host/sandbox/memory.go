package sandbox

import (
	"cmp"
	"context"
	"sync"

	"github.com/usherhost/usher/host/sandbox/budget"
)

// shares are reused.
var shares = sync.Pool{New: func() any { return &budget.Share{} }}

// admitRun waits until there is memory for a run to begin with. It returns nil
// where memory is not bounded. The caller must end the run with [Sandbox.endRun].
func (s *Sandbox) admitRun(ctx context.Context, m *Module, r *Request) (*budget.Share, error) {
	if s.budget == nil {
		return nil, nil
	}
	sh := shares.Get().(*budget.Share)
	most := r.Limits.MemoryBytes + r.Limits.RecordBytes + 2*int64(len(r.Input)) + room + grain
	*sh = budget.Share{Owner: cmp.Or(r.Owner, m.digest), Most: most}
	if err := s.budget.Enter(ctx, sh, m.leastBytes(m.best(r.Isolation))+grain); err != nil {
		return nil, err
	}
	return sh, nil
}

func (s *Sandbox) endRun(sh *budget.Share) {
	if sh != nil {
		s.budget.Leave(sh)
		shares.Put(sh)
	}
}

// Memory describes how a sandbox's memory is shared at one moment.
type Memory struct {
	budget.Stats       // zero when the memory is not bounded
	KeptBytes    int64 // of modules, images and idle instances
}

// Memory returns how the memory is shared now.
func (s *Sandbox) Memory() Memory {
	m := Memory{KeptBytes: s.IdleBytes()}
	if s.budget != nil {
		m.Stats = s.budget.Stats()
	}
	return m
}

// Reserve takes bytes of the sandbox's memory for work outside of it, such as a
// subprocess, and waits for them if it must. More than all of them are not taken. The caller
// must call release. The error is ctx's, or that the sandbox is closed.
func (s *Sandbox) Reserve(ctx context.Context, owner string, bytes int64) (release func(), err error) {
	if s.budget == nil {
		return func() {}, nil
	}
	sh := &budget.Share{Owner: owner, Most: bytes}
	if err := s.budget.Enter(ctx, sh, bytes); err != nil {
		return nil, err
	}
	return func() { s.budget.Leave(sh) }, nil
}
