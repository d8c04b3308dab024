package jsbuild

import (
	"context"
	"errors"
	"fmt"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/jsbuild/bootstrap"
	"github.com/usherhost/usher/host/jsbuild/dist"
)

// making is the engine while it is made. It goes on when the build that needs it does not
// wait any longer, and ends with the builder.
type making struct {
	done  chan struct{}
	where bootstrap.Where
	err   error
}

// need waits until there is an engine, which the first build without one makes. The error
// is a [dist.ErrNoEngine], or the context's.
func (b *Builder) need(ctx context.Context) error {
	b.mu.Lock()
	if b.engine != nil {
		b.mu.Unlock()
		return nil
	}
	if b.making == nil {
		b.making = &making{done: make(chan struct{})}
		go b.make(b.making)
	}
	m := b.making
	b.mu.Unlock()
	select {
	case <-m.done:
		return m.err
	case <-ctx.Done():
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return dist.Missing(&host.Error{
			Code: host.Unavailable, Text: "the JavaScript engine is still being made, which the first build waits for",
			Hint: "build again in a minute",
		})
	}
	return ctx.Err()
}

// make finds or makes the engine.
func (b *Builder) make(m *making) {
	defer close(m.done)
	m.where, m.err = b.bootstrap.Ensure(b.life)
	var wasm []byte
	if m.err == nil {
		wasm, m.err = dist.Engine()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.making = nil; m.err == nil {
		b.engine, b.engineDir = wasm, m.where.Dir
	}
	if b.life.Err() != nil {
		m.err = fmt.Errorf("make the JavaScript engine: %w", b.life.Err())
	}
}
