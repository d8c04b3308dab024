package ingress

import (
	"maps"
	"sync"
)

// gate bounds what all requests together hold: memory while their bodies arrive,
// and places in the store's queue after that. It refuses and never blocks.
//
// No API key may hold more than what is left. So one key alone gets half of all,
// two get a third each, n of them an (n+1)th part, and a key that holds nothing
// finds room, whatever the others do: its own share is free.
type gate struct {
	requests, bytes pool
}

// maxIdleShares bounds how many shares are remembered that hold nothing.
const maxIdleShares = 1024

// pool is something that keys hold parts of.
type pool struct {
	max int64

	mu     sync.Mutex
	used   int64             // guarded by mu
	shares map[string]*int64 // what each key holds; guarded by mu
}

// take gives a key n more, or none of them when that is more than its share.
func (p *pool) take(key string, n int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.shares[key]
	if s == nil {
		s = p.add(key)
	}
	if *s+n > p.max-p.used {
		return false
	}
	*s += n
	p.used += n
	return true
}

func (p *pool) add(key string) *int64 {
	if len(p.shares) >= maxIdleShares {
		maps.DeleteFunc(p.shares, func(_ string, held *int64) bool { return *held == 0 })
	}
	if p.shares == nil {
		p.shares = map[string]*int64{}
	}
	s := new(int64)
	p.shares[key] = s
	return s
}

// give takes n back from a key.
func (p *pool) give(key string, n int64) {
	if n == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	*p.shares[key] -= n
	p.used -= n
}

// inUse returns what all keys hold together.
func (p *pool) inUse() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.used
}

// hold begins one request's account of bytes. Its user must release it.
func (g *gate) hold(key string) *holding { return &holding{pool: &g.bytes, key: key} }

// holding is what one request holds; for one goroutine.
type holding struct {
	pool  *pool
	key   string
	bytes int64
}

// grow accounts for n more bytes, or for none of them when that is too much.
func (h *holding) grow(n int64) bool {
	if !h.pool.take(h.key, n) {
		return false
	}
	h.bytes += n
	return true
}

func (h *holding) release() {
	h.pool.give(h.key, h.bytes)
	h.bytes = 0
}
