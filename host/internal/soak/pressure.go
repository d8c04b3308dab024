package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
)

// pressure is what goes on beside the events: bombs are uploaded, and idle
// senders hold connections. run ends with ctx.
type pressure struct {
	soak    *soak
	key     string // of the idle sender
	mu      sync.Mutex
	bombs   int             // guarded by mu
	uploads []time.Duration // of modules beside them; guarded by mu
}

func (p *pressure) run(ctx context.Context) {
	var all sync.WaitGroup
	all.Go(func() { p.every(ctx, 10*time.Second, p.bomb) })
	all.Go(func() { p.every(ctx, 5*time.Second, p.upload) })
	for range p.soak.idle {
		all.Go(func() { p.every(ctx, time.Second, p.idle) })
	}
	all.Wait()
}

func (p *pressure) every(ctx context.Context, pause time.Duration, do func(context.Context)) {
	for ctx.Err() == nil {
		do(ctx)
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// bomb uploads a module that is long to compile. Whether it is refused or
// compiled is all the same.
func (p *pressure) bomb(ctx context.Context) {
	var padding [16]byte
	_, _ = rand.Read(padding[:])
	_, _ = p.soak.client().CreateVersion(ctx, "bombs", padded(bomb(12_000), padding[:]), host.Manifest{}, false)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bombs++
}

// upload uploads a module as an honest author does.
func (p *pressure) upload(ctx context.Context) {
	var padding [16]byte
	_, _ = rand.Read(padding[:])
	start := time.Now()
	_, err := p.soak.client().CreateVersion(ctx, "uploads", padded(guests.Wasm("echo"), padding[:]), host.Manifest{}, false)
	if err != nil {
		return // the host was killed, or ctx has ended
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.uploads = append(p.uploads, time.Since(start))
}

// idle begins to send an event and stops, until the host gives it up.
func (p *pressure) idle(ctx context.Context) {
	c, err := (&net.Dialer{}).DialContext(ctx, "unix", p.soak.serve.Socket)
	if err != nil {
		return
	}
	defer func() { _ = c.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	if _, err := fmt.Fprintf(c, "POST /v1/events/post-user-registration HTTP/1.1\r\nHost: usher.test\r\nAuthorization: Bearer %s\r\n"+
		"Content-Type: application/json\r\nContent-Length: 200000\r\n\r\n{", p.key); err == nil {
		_, _ = io.Copy(io.Discard, c)
	}
}
