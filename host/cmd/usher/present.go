package main

import (
	"context"
	"sync"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/registry"
)

// present is the registry, with the bindings' settings in memory: each run of
// an action asks for those that hold at that moment.
type present struct {
	*registry.Registry

	mu       sync.Mutex // guards the following
	bindings map[string]host.Binding
	changes  int64 // what was read before the last change is not kept
}

// settings returns what holds now for a step: the binding's own settings over
// what its version declares. A binding that is gone, or can't be read, leaves
// the step with the settings that it was accepted with.
func (p *present) settings(ctx context.Context, step host.Step) host.Settings {
	b, err := p.binding(ctx, step.BindingID)
	if err != nil {
		return step.Settings
	}
	return b.Settings.Over(step.Declared).Over(host.DefaultSettings())
}

func (p *present) binding(ctx context.Context, id string) (host.Binding, error) {
	p.mu.Lock()
	b, known := p.bindings[id]
	changes := p.changes
	p.mu.Unlock()
	if known {
		return b, nil
	}
	b, err := p.Store.Binding(ctx, id)
	if err != nil {
		return host.Binding{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.changes == changes {
		if p.bindings == nil {
			p.bindings = map[string]host.Binding{}
		}
		p.bindings[id] = b
	}
	return b, nil
}

func (p *present) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bindings = nil
	p.changes++
}

// ReplaceBindings changes a trigger's order.
func (p *present) ReplaceBindings(ctx context.Context, trigger host.Trigger, list []host.BindingWrite) ([]host.Binding, error) {
	defer p.forget()
	return p.Registry.ReplaceBindings(ctx, trigger, list)
}

// UpdateBinding changes one binding.
func (p *present) UpdateBinding(ctx context.Context, idOrAction string, change func(*host.Binding) error) (host.Binding, error) {
	defer p.forget()
	return p.Registry.UpdateBinding(ctx, idOrAction, change)
}

// DeleteAction deletes an action, and its binding with it.
func (p *present) DeleteAction(ctx context.Context, idOrName string, force bool) error {
	defer p.forget()
	return p.Registry.DeleteAction(ctx, idOrName, force)
}
