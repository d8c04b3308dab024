package registry

import (
	"context"
	"sync"

	"github.com/usherhost/usher/host"
)

// Settings returns what holds now for a step: its binding's own settings over
// what its version declares. A binding that is gone, or can't be read, leaves
// the step with the settings that it was accepted with.
func (r *Registry) Settings(ctx context.Context, step host.Step) host.Settings {
	b, known, at := r.present.get(step.BindingID)
	if !known {
		var err error
		if b, err = r.Store.Binding(ctx, step.BindingID); err != nil {
			return step.Settings
		}
		r.present.put(b, at)
	}
	return b.Settings.Over(step.Declared).Over(host.DefaultSettings())
}

// presentBindings are bindings as they are now: every run asks for its own.
type presentBindings struct {
	mu      sync.Mutex              // guards the following
	byID    map[string]host.Binding // what was read since the last change
	changes int64
}

// get returns the binding, if it is known, and the moment to put one back at.
func (p *presentBindings) get(id string) (b host.Binding, known bool, at int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	b, known = p.byID[id]
	return b, known, p.changes
}

// put keeps a binding that was read after at, unless it changed since.
func (p *presentBindings) put(b host.Binding, at int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.changes != at {
		return
	}
	if p.byID == nil {
		p.byID = map[string]host.Binding{}
	}
	p.byID[b.ID] = b
}

func (p *presentBindings) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.byID = nil
	p.changes++
}
