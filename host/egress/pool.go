package egress

import (
	"container/list"
	"net/http"
	"sync"
	"time"
)

// The connections that are pooled for later requests. A pooled connection is
// checked against the policy again before a request uses it: see inspect in
// exchange.go.
const (
	idleTimeout    = 60 * time.Second
	idlePerOrigin  = 32  // of one binding
	idlePerBinding = 64  // to all origins
	openInAll      = 512 // from here on, connections that are idle make room for new ones
)

// pools keep the connections of each binding separate: no binding reads what
// another left in a connection.
type pools struct {
	client *Client

	mu        sync.Mutex       // guards the following, and the numbers and places of pools
	byBinding map[string]*pool // those with a user or a connection
	used      *list.List       // of the same *pool, the last used first
	open      int              // connections of all of them
}

// pool is the connections of one binding.
type pool struct {
	pools     *pools
	binding   string
	route     *route // nil: directly
	transport *http.Transport
	forwarder *http.Transport // for a proxy's requests in absolute form; nil without
	users     int             // requests under way
	open      int             // connections, idle or not
	place     *list.Element
}

func newPools(c *Client) *pools {
	return &pools{client: c, byBinding: map[string]*pool{}, used: list.New()}
}

// get returns the pool of the binding's connections by that route. The caller must put
// it back.
func (p *pools) get(binding string, r *route) *pool {
	if r != nil {
		binding += " " + r.key
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	one := p.byBinding[binding]
	if one == nil {
		one = &pool{pools: p, binding: binding, route: r}
		one.transport = newTransport(one)
		if r != nil && r.proxy != nil {
			one.forwarder = newForwarder(one)
		}
		one.place = p.used.PushFront(one)
		p.byBinding[binding] = one
	}
	one.users++
	p.used.MoveToFront(one.place)
	return one
}

func (p *pools) put(one *pool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	one.users--
	p.drop(one)
}

// opened counts a new connection, and lets idle ones go for it when there are
// many: those of the bindings first that have sent nothing for longest.
func (p *pools) opened(one *pool) {
	p.mu.Lock()
	p.open++
	one.open++
	full := p.open > openInAll
	p.mu.Unlock()
	if full {
		p.shed()
	}
}

func (p *pools) closed(one *pool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open--
	one.open--
	p.drop(one)
}

// drop forgets a pool that holds nothing. The caller holds mu.
func (p *pools) drop(one *pool) {
	if one.users == 0 && one.open == 0 && p.byBinding[one.binding] == one {
		delete(p.byBinding, one.binding)
		p.used.Remove(one.place)
	}
}

func (p *pools) shed() {
	for _, one := range p.leastUsedFirst() {
		one.closeIdle()
		p.mu.Lock()
		full := p.open > openInAll
		p.mu.Unlock()
		if !full {
			return
		}
	}
}

func (p *pools) leastUsedFirst() []*pool {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []*pool
	for e := p.used.Back(); e != nil; e = e.Prev() {
		all = append(all, e.Value.(*pool))
	}
	return all
}

// closeIdle closes every connection that is idle.
func (p *pools) closeIdle() {
	for _, one := range p.leastUsedFirst() {
		one.closeIdle()
	}
}

func (p *pool) closeIdle() {
	p.transport.CloseIdleConnections()
	if p.forwarder != nil {
		p.forwarder.CloseIdleConnections()
	}
}

// newTransport returns the transport of a binding. It has no proxy but the binding's,
// whatever the environment names, and no cookie jar.
func newTransport(p *pool) *http.Transport {
	return &http.Transport{
		DialContext:            p.dial,
		DialTLSContext:         p.dialTLS,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // decoded here, under a cap
		MaxIdleConns:           idlePerBinding,
		MaxIdleConnsPerHost:    idlePerOrigin,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: MaxResponseHeaderBytes,
		HTTP2: &http.HTTP2Config{
			MaxReceiveBufferPerStream:     256 << 10, // what a server can make us hold unread
			MaxReceiveBufferPerConnection: 2 << 20,
			SendPingTimeout:               15 * time.Second, // finds dead connections
			PingTimeout:                   5 * time.Second,
			WriteByteTimeout:              connectTimeout, // and servers that read nothing
		},
	}
}
