package egress

import (
	"context"
	"errors"
	"sync"

	"github.com/usherhost/usher/host/fair"
)

// Why a request found no place.
var (
	errOriginBusy = errors.New("too many requests to it are under way")
	errHostBusy   = errors.New("too many requests of the host are under way")
)

// gate caps what is under way to each origin and in all, and shares both among
// bindings.
type gate struct {
	all *fair.Places

	mu    sync.Mutex // guards lanes and the users of each
	lanes map[string]*lane
}

type lane struct {
	places *fair.Places
	users  int // inside or waiting; the last one takes the lane away
}

func newGate(inAll int) *gate {
	return &gate{all: fair.New(inAll), lanes: map[string]*lane{}}
}

// enter waits until binding may send one more request to origin, which takes
// limit at once. It must be followed by leave unless it fails, which it does
// when ctx ends, with what it waited for. Who waits for an origin takes no place
// of those for all.
func (g *gate) enter(ctx context.Context, origin, binding string, limit int) error {
	l := g.join(origin, limit)
	if l.places.Enter(ctx, binding) != nil {
		g.part(origin, l)
		return errOriginBusy
	}
	if g.all.Enter(ctx, binding) != nil {
		l.places.Leave(binding)
		g.part(origin, l)
		return errHostBusy
	}
	return nil
}

func (g *gate) leave(origin, binding string) {
	g.all.Leave(binding)
	g.mu.Lock()
	l := g.lanes[origin]
	g.mu.Unlock()
	l.places.Leave(binding)
	g.part(origin, l)
}

func (g *gate) join(origin string, limit int) *lane {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.lanes[origin]
	if l == nil {
		l = &lane{places: fair.New(limit)}
		g.lanes[origin] = l
	}
	l.users++
	return l
}

func (g *gate) part(origin string, l *lane) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if l.users--; l.users == 0 {
		delete(g.lanes, origin)
	}
}
