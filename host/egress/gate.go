package egress

import (
	"context"
	"sync"
)

// gate caps what is under way for each key. Its zero value is open.
type gate struct {
	mu    sync.Mutex // guards lanes and the users of each
	lanes map[string]*lane
}

type lane struct {
	places chan struct{}
	users  int // inside or waiting; the last one takes the lane away
}

// enter waits until less than limit are inside, and must be followed by leave
// unless it fails. It fails only with ctx.
func (g *gate) enter(ctx context.Context, key string, limit int) error {
	l := g.join(key, limit)
	select {
	case l.places <- struct{}{}:
		return nil
	case <-ctx.Done():
		g.part(key, l)
		return ctx.Err()
	}
}

func (g *gate) leave(key string) {
	g.mu.Lock()
	l := g.lanes[key]
	g.mu.Unlock()
	<-l.places
	g.part(key, l)
}

func (g *gate) join(key string, limit int) *lane {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.lanes[key]
	if l == nil {
		if g.lanes == nil {
			g.lanes = map[string]*lane{}
		}
		l = &lane{places: make(chan struct{}, limit)}
		g.lanes[key] = l
	}
	l.users++
	return l
}

func (g *gate) part(key string, l *lane) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if l.users--; l.users == 0 {
		delete(g.lanes, key)
	}
}
