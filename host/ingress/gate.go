package ingress

import "sync/atomic"

// gate bounds what all requests together hold: memory while their bodies come
// in, and places in the store's queue after that. It refuses, and never makes
// anybody wait.
type gate struct {
	maxRequests, maxBytes int64
	requests, bytes       atomic.Int64
}

// enter takes a place before the store; leave gives it back.
func (g *gate) enter() bool {
	if g.requests.Add(1) <= g.maxRequests {
		return true
	}
	g.requests.Add(-1)
	return false
}

func (g *gate) leave() { g.requests.Add(-1) }

// hold begins one request's account of bytes. Its user must release it.
func (g *gate) hold() *holding { return &holding{gate: g} }

// holding is what one request holds; for one goroutine.
type holding struct {
	gate  *gate
	bytes int64
}

// grow accounts for n more bytes, or for none of them when that is too much.
func (h *holding) grow(n int64) bool {
	if h.gate.bytes.Add(n) > h.gate.maxBytes {
		h.gate.bytes.Add(-n)
		return false
	}
	h.bytes += n
	return true
}

func (h *holding) release() {
	h.gate.bytes.Add(-h.bytes)
	h.bytes = 0
}
