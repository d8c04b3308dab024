// Package fair shares a number of places among keys: requests among bindings,
// expensive work among actions. The caller decides what a place stands for.
package fair

import (
	"context"
	"slices"
	"sync"
)

// Places are places that keys share. A key may take a place while it holds fewer
// than are free, and a key that holds none may take any. So one key holds half of the
// places at most, two keys a third each, and nearly always a place is free for a new
// key. Waiting callers are served key by key, and within a key in the order in which
// they came. It is safe for concurrent use.
type Places struct {
	mu      sync.Mutex
	free    int                        // guarded by mu
	held    map[string]int             // guarded by mu: by key; 0 has no entry
	waiting map[string][]chan struct{} // guarded by mu: by key; closed with the place taken
	turns   []string                   // guarded by mu: the keys that wait, the next to be served first
}

// New returns n free places.
func New(n int) *Places {
	return &Places{free: n, held: map[string]int{}, waiting: map[string][]chan struct{}{}}
}

// Enter takes a place for key, and waits for one if it must. The caller must call
// [Places.Leave], unless Enter fails. The error is ctx's.
func (p *Places) Enter(ctx context.Context, key string) error {
	p.mu.Lock()
	if len(p.waiting[key]) == 0 && p.fits(key) {
		p.take(key)
		p.mu.Unlock()
		return nil
	}
	turn := p.queue(key)
	p.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		p.giveUp(key, turn)
		return ctx.Err()
	}
}

// Leave gives key's place back.
func (p *Places) Leave(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free++
	if p.held[key]--; p.held[key] == 0 {
		delete(p.held, key)
	}
	p.serve()
}

// Idle reports whether no place is held or waited for.
func (p *Places) Idle() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.held) == 0 && len(p.turns) == 0
}

// fits reports whether key may take a place now. The caller holds mu.
func (p *Places) fits(key string) bool {
	return p.held[key] < p.free || p.held[key] == 0 && p.free > 0
}

func (p *Places) take(key string) {
	p.free--
	p.held[key]++
}

// queue adds a waiting caller of key. The caller holds mu.
func (p *Places) queue(key string) chan struct{} {
	turn := make(chan struct{})
	if len(p.waiting[key]) == 0 {
		p.turns = append(p.turns, key)
	}
	p.waiting[key] = append(p.waiting[key], turn)
	return turn
}

// serve gives free places to waiting callers. A key that was served goes to the end
// of the queue. The caller holds mu.
func (p *Places) serve() {
	for p.free > 0 {
		next := slices.IndexFunc(p.turns, p.fits)
		if next < 0 {
			return
		}
		key := p.turns[next]
		p.turns = slices.Delete(p.turns, next, next+1)
		turn := p.waiting[key][0]
		p.take(key)
		close(turn)
		if p.waiting[key] = p.waiting[key][1:]; len(p.waiting[key]) > 0 {
			p.turns = append(p.turns, key)
		} else {
			delete(p.waiting, key)
		}
	}
}

// giveUp removes a waiting caller from the queue, or gives back the place that it got
// at the same moment.
func (p *Places) giveUp(key string, turn chan struct{}) {
	p.mu.Lock()
	i := slices.Index(p.waiting[key], turn)
	if i < 0 {
		p.mu.Unlock()
		p.Leave(key)
		return
	}
	defer p.mu.Unlock()
	if p.waiting[key] = slices.Delete(p.waiting[key], i, i+1); len(p.waiting[key]) == 0 {
		delete(p.waiting, key)
		p.turns = slices.DeleteFunc(p.turns, func(other string) bool { return other == key })
	}
}
