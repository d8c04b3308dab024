// Package egress sends HTTP requests for guests, and refuses those that the
// binding's policy or the host's forbids. How a guest's request is read and
// recorded is package guest's business.
//
// A [Client] sends a request with [Client.Send]. On its way it passes:
//
//	target.go    the URL is parsed once, into an [Origin] and a path (origin.go, hostname.go)
//	policy.go    the binding's [host.Egress]: is the origin allowed?
//	header.go    headers that would change the message's framing or its handling are refused
//	gate.go      a place among the requests under way, shared fairly among bindings
//	pool.go      a connection: a pooled one of the same binding, or a new one (dial.go)
//	address.go   every address is judged when its socket connects, and again when a
//	             pooled connection is used: public, or allowed by the operator
//	exchange.go  the request is sent, and its response read under limits (body.go, watch.go)
//	redirect.go  each redirect becomes a request of its own, which passes the whole policy
//
// A request without a response is a [host.EgressFailure] (failure.go), worded for
// the action's author: it names the rule that refused, and the origin or network to
// allow. [Client.Explain] gives the same decision without sending anything.
package egress

import (
	"context"
	"crypto/x509"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/usherhost/usher/host"
)

// The caps that no setting changes.
const (
	MaxRedirects           = 5
	MaxURLBytes            = 8 << 10
	MaxRequestHeaders      = 100      // values of one request
	MaxRequestHeaderBytes  = 32 << 10 // names and values of one request
	MaxResponseHeaderBytes = 64 << 10
)

// How many requests are under way at once, of all bindings together.
const (
	inFlight      = 128 // to one origin
	inFlightInAll = 1024
)

// Client sends requests for guests. Its zero value reaches public addresses
// only. It is safe for concurrent use; its fields are set before the first
// Send, and it must not be copied after that. Close it when done.
type Client struct {
	// AllowNetworks lists networks that guests may reach although they are not
	// public. An address of a cloud's metadata service is reached only if it
	// is listed by itself, as a /32 or /128. See SetAllowNetworks.
	AllowNetworks []netip.Prefix

	// AllowProxies lists the proxies that bindings may name, in the form of
	// [host.Proxy]. Their addresses need not be public. See SetAllowProxies.
	AllowProxies []string

	// Deny lists the host's own listen addresses. Guests never reach them,
	// whatever AllowNetworks lists. An unspecified address (0.0.0.0, ::) stands
	// for every address of this machine.
	Deny []netip.AddrPort

	// Resolver looks names up; nil is net.DefaultResolver.
	Resolver *net.Resolver

	// RootCAs are the certificate authorities to trust; nil is the system's.
	RootCAs *x509.CertPool

	// MaxInFlight caps how many requests to one origin are under way at once,
	// of all bindings together; more wait, as long as their timeout lets them.
	// One binding has half of these places at most, and fewer while others send
	// too. Zero is 128. In all, 1024 requests are under way, shared alike.
	MaxInFlight int

	allowed atomic.Pointer[[]netip.Prefix] // over AllowNetworks; nil: never set
	proxies atomic.Pointer[[]string]       // over AllowProxies; nil: never set
	once    sync.Once                      // opens what follows
	pools   *pools
	gate    *gate
}

// Send sends r and reads the response to its end. Exactly one of the two
// answers is nil. A status such as 404 or 500 is a response, not a failure. It
// returns when ctx ends, or soon after, whatever the server does.
//
// A Timeout of zero and MaxResponseBytes of zero are those of
// [host.DefaultSettings]; MaxRequests is taken as it stands: at zero nothing
// is sent.
func (c *Client) Send(ctx context.Context, r *host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure) {
	x, failure := c.exchange(r)
	if failure != nil {
		return nil, failure
	}
	ctx, cancel := context.WithTimeoutCause(ctx, x.timeout, errSlow)
	defer cancel()
	response, failure := x.run(ctx)
	if failure != nil {
		failure.Requests = x.sent
		return nil, failure
	}
	response.Requests = x.sent
	return response, nil
}

// Close closes the connections that are idle. Requests under way end as they
// would.
func (c *Client) Close() {
	c.once.Do(c.open)
	c.pools.closeIdle()
}

func (c *Client) open() {
	c.pools, c.gate = newPools(c), newGate(inFlightInAll)
}

func (c *Client) resolver() *net.Resolver {
	if c.Resolver != nil {
		return c.Resolver
	}
	return net.DefaultResolver
}

func (c *Client) maxInFlight() int {
	if c.MaxInFlight > 0 {
		return c.MaxInFlight
	}
	return inFlight
}
