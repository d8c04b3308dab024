package egress

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/usherhost/usher/host"
)

// exchange is one Send: the request as it stands for the next hop, and what
// it has cost so far.
type exchange struct {
	client    *Client
	binding   string
	policy    policy
	route     *route // nil: directly
	redirect  host.Redirect
	timeout   time.Duration
	maxBytes  int64
	maxSends  int64
	another   func() bool  // asked before a redirect is followed
	contacted func(string) // called with each origin that got a request; may be nil

	target target
	method string
	header http.Header
	body   []byte

	sent  int64
	hops  int
	pool  *pool
	conn  *connection             // what the exchange is tied to; nil before it has one
	loose func()                  // undoes that
	stale atomic.Pointer[refusal] // of a pooled connection that inspect closed
}

// exchange checks r as far as that goes without sending anything.
func (c *Client) exchange(r *host.HTTPRequest) (*exchange, *host.EgressFailure) {
	c.once.Do(c.open)
	base := host.DefaultSettings().Limits
	x := &exchange{
		client:    c,
		binding:   r.Binding,
		policy:    newPolicy(r.Egress),
		redirect:  r.Redirect,
		timeout:   r.Timeout,
		maxBytes:  r.MaxResponseBytes,
		maxSends:  r.MaxRequests,
		another:   r.Redirected,
		contacted: r.Contacted,
		body:      r.Body,
	}
	if x.timeout <= 0 {
		x.timeout = time.Duration(base.HTTPTimeoutMillis) * time.Millisecond
	}
	if x.maxBytes <= 0 {
		x.maxBytes = base.ResponseBytes
	}
	if failure := x.read(r); failure != nil {
		return nil, failure
	}
	route, failure := c.routeOf(r)
	x.route = route
	return x, failure
}

// read takes over what the guest set.
func (x *exchange) read(r *host.HTTPRequest) *host.EgressFailure {
	var problem string
	if x.target, problem = parseTarget(r.URL); problem != "" {
		return invalidURL(r.URL, problem)
	}
	if x.method, problem = parseMethod(r.Method); problem != "" {
		return invalid("method " + quote(r.Method) + ": " + problem)
	}
	if x.header, problem = cleanHeader(r.Header, x.target.origin, len(r.Body)); problem != "" {
		return invalid(problem)
	}
	switch r.Redirect {
	case "", host.RedirectFollow, host.RedirectManual, host.RedirectError:
		return nil
	}
	return invalid("redirect " + quote(string(r.Redirect)) + `: must be "follow", "manual" or "error"`)
}

// run sends the request, and again for each redirect that is followed.
func (x *exchange) run(ctx context.Context) (*host.HTTPResponse, *host.EgressFailure) {
	for {
		if failure := x.checkPolicy(ctx); failure != nil {
			return nil, failure
		}
		if x.sent >= x.maxSends || x.hops > 0 && x.another != nil && !x.another() {
			return nil, limited("http_requests", "the run has used up its HTTP requests")
		}
		response, failure := x.hop(ctx)
		if response != nil || failure != nil {
			return response, failure
		}
	}
}

func (x *exchange) checkPolicy(ctx context.Context) *host.EgressFailure {
	by, failure := x.policy.check(x.target.origin)
	if failure == nil && x.route != nil && x.route.proxy != nil {
		failure = x.checkTarget(ctx, by)
	}
	if failure != nil && x.hops > 0 {
		failure.Message = "redirected, and " + failure.Message
	}
	return failure
}

// hop sends one request. Both answers are nil when x now stands for the next
// hop.
func (x *exchange) hop(ctx context.Context) (*host.HTTPResponse, *host.EgressFailure) {
	origin := x.target.origin.String()
	if err := x.client.gate.enter(ctx, origin, x.binding, x.client.maxInFlight()); err != nil {
		return nil, x.crowded(ctx, err)
	}
	defer x.client.gate.leave(origin, x.binding)
	x.pool = x.client.pools.get(x.binding, x.route)
	defer x.client.pools.put(x.pool)
	defer x.untie()
	res, err := x.roundTrip(ctx)
	if err != nil {
		return nil, x.failed(ctx, err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode == http.StatusProxyAuthRequired && x.route.forwarding(x.target.url) {
		return nil, x.failed(ctx, x.route.unauthorized())
	}
	if res.StatusCode < http.StatusOK {
		return nil, notFinal(x.target.origin, res.StatusCode)
	}
	location := res.Header.Get("Location")
	if !isRedirect(res.StatusCode) || location == "" || x.redirect == host.RedirectManual {
		return x.answer(ctx, res)
	}
	drain(res)
	return nil, x.follow(res.StatusCode, location)
}

// roundTrip builds the request by hand: its URL was read once, and no second
// reading can differ.
func (x *exchange) roundTrip(ctx context.Context) (*http.Response, error) {
	var wrote atomic.Bool
	var early atomic.Pointer[connection] // to be left when an answer comes before the request was written
	ctx = context.WithValue(ctx, exchangeKey{}, ctx)
	req := (&http.Request{
		Method: x.method,
		URL:    x.target.url,
		Host:   x.target.url.Host,
		Header: x.header,
	}).WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			if c, shared := onWire(info.Conn); c != nil {
				x.tie(ctx, c, shared)
				if early.Store(nil); !shared {
					early.Store(c)
				}
			}
			x.inspect(info)
		},
		WroteRequest: func(info httptrace.WroteRequestInfo) { wrote.Store(info.Err == nil) },
		GotFirstResponseByte: func() {
			if c := early.Load(); c != nil && !wrote.Load() {
				c.odd.Store(true)
			}
		},
	}))
	if len(x.body) > 0 {
		req.ContentLength = int64(len(x.body))
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(x.body)), nil }
		req.Body, _ = req.GetBody()
	}
	req.Close = bindsConnection(x.header) || len(x.body) > 0 && !expectsBody(x.method)
	x.stale.Store(nil)
	x.sent++
	transport := x.pool.transport
	if x.route.forwarding(x.target.url) {
		transport = x.pool.forwarder
	}
	res, err := transport.RoundTrip(req)
	if x.contacted != nil && (err == nil || wrote.Load()) {
		x.contacted(x.target.origin.String())
	}
	return res, err
}

// inspect closes a pooled connection whose address the host would refuse
// now, or with which something was odd. The transport has written nothing yet;
// it dials again, and control answers, or it gives up.
func (x *exchange) inspect(info httptrace.GotConnInfo) {
	if !info.Reused {
		return
	}
	if x.conn != nil && x.conn.odd.Load() {
		_ = x.conn.Close()
	}
	v := verdict{rule: "address that is no IP address"}
	if remote, ok := info.Conn.RemoteAddr().(*net.TCPAddr); ok {
		v = x.pool.judge(unmapped(remote.AddrPort()))
	}
	if v.rule != "" {
		x.stale.Store(&refusal{v})
		_ = info.Conn.Close()
	}
}

// unmapped undoes what the net package does with an IPv4 address.
func unmapped(at netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}

// bindsConnection reports whether the request logs its whole connection in, as
// NTLM and Negotiate do. Such a connection is not left to the next guest.
func bindsConnection(h http.Header) bool {
	scheme, _, _ := strings.Cut(strings.TrimSpace(h.Get("Authorization")), " ")
	return strings.EqualFold(scheme, "NTLM") || strings.EqualFold(scheme, "Negotiate")
}

// expectsBody reports whether a server surely reads the body of such a request.
// One that does not takes the body for the next request, and answers that over
// the same connection, which is therefore not kept.
func expectsBody(method string) bool {
	return method == http.MethodPost || method == http.MethodPut || method == http.MethodPatch
}

// drain reads a short rest, so that the connection can be used again.
func drain(res *http.Response) {
	const short = 4 << 10
	if res.ContentLength >= 0 && res.ContentLength <= short {
		_, _ = io.CopyN(io.Discard, res.Body, short)
	}
}

func (x *exchange) answer(ctx context.Context, res *http.Response) (*host.HTTPResponse, *host.EgressFailure) {
	body, decoded, err := readBody(ctx, res, x.maxBytes)
	if err != nil {
		return nil, x.failed(ctx, err)
	}
	if decoded {
		res.Header.Del("Content-Encoding")
		res.Header.Del("Content-Length")
	}
	return &host.HTTPResponse{
		Status: res.StatusCode,
		Header: res.Header,
		Body:   body,
		URL:    x.target.url.String(),
		Proxy:  x.route.proxyName(),
	}, nil
}

// parseMethod returns the method in the form it is sent. Empty is GET.
func parseMethod(s string) (method, problem string) {
	if s == "" {
		return http.MethodGet, ""
	}
	if len(s) > 32 || !httpguts.ValidHeaderFieldName(s) {
		return "", "it is not a method name"
	}
	upper := strings.ToUpper(s)
	if slices.Contains([]string{"CONNECT", "TRACE", "TRACK", "PRI"}, upper) {
		return "", "guests can't send it"
	}
	if slices.Contains([]string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}, upper) {
		return upper, ""
	}
	return s, ""
}
