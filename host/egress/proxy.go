package egress

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/net/proxy"

	"github.com/usherhost/usher/host"
)

// A request through a proxy passes the whole policy of its target, and its target's
// name is looked up here too: see checkTarget. The proxy is dialled instead of the
// target. A request to https, and any by SOCKS5, gets a tunnel and then a connection
// like any other; one to http is given to the proxy in absolute form.

// proxyError is a failure at the proxy, in words that name it.
type proxyError struct {
	message string
	err     error // nil, or what the network said
}

func (e *proxyError) Error() string { return e.message }
func (e *proxyError) Unwrap() error { return e.err }

// judgeProxy gives the verdict on an address of a proxy. The operator named the proxy,
// so that it may be in a private network, but not at the host itself.
func (c *Client) judgeProxy(at netip.AddrPort) verdict {
	v := c.judge(at)
	if v.rule == RuleOwn || v.rule == RuleMetadata {
		return v
	}
	return verdict{by: "proxy"}
}

// judge gives the verdict on an address that the pool's connections lead to.
func (p *pool) judge(at netip.AddrPort) verdict {
	if p.route != nil && p.route.proxy != nil {
		return p.pools.client.judgeProxy(at)
	}
	return p.pools.client.judge(at)
}

// control refuses a socket by the address it is about to connect to: after the
// look-up, for each address, so that no answer of a name server and no race between
// two of them gets past it.
func (p *pool) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return &refusal{verdict{rule: "address that is no IP address"}}
	}
	if v := p.judge(at); v.rule != "" {
		return &refusal{v}
	}
	return nil
}

// lookupPatience is how long a target's name is looked up that a proxy will look up
// again.
const lookupPatience = 2 * time.Second

// checkTarget checks the addresses of a target that the proxy will connect to. Which
// of them it takes, and whether its name server gives the same, is the proxy's
// business; so all must be allowed. A name that is unknown here is let through when the
// binding lists it.
func (x *exchange) checkTarget(ctx context.Context, by string) *host.EgressFailure {
	o := x.target.origin
	ctx, cancel := context.WithTimeout(ctx, lookupPatience)
	defer cancel()
	addrs, err := x.client.resolver().LookupNetIP(ctx, "ip", o.Host)
	if err != nil || len(addrs) == 0 {
		if by == byPublic {
			return refused("name that can't be looked up", o, o.String()+
				" can't be looked up here, so that it may be private; mode public does not reach it through a proxy (add it to the allowed hosts)")
		}
		return nil
	}
	for _, addr := range addrs {
		if v := x.client.judge(netip.AddrPortFrom(addr.Unmap(), o.Port)); v.rule != "" {
			return refusedAddress(o, v)
		}
	}
	return nil
}

// dialProxy connects to the proxy, with TLS when it speaks that.
func (p *pool) dialProxy(ctx context.Context) (*connection, error) {
	r := p.route
	conn, err := p.connect(ctx, "tcp", r.address)
	if err != nil {
		return nil, p.atProxy(err)
	}
	if r.proxy.Scheme != "https" {
		return conn, nil
	}
	encrypted := tls.Client(conn.Conn, &tls.Config{
		MinVersion: tls.VersionTLS12, RootCAs: p.pools.client.RootCAs, ServerName: r.proxy.Hostname(), NextProtos: []string{"http/1.1"},
	})
	if err := p.shake(ctx, encrypted); err != nil {
		_ = conn.Close()
		return nil, p.atProxy(err)
	}
	conn.Conn = inTLS{encrypted}
	return conn, nil
}

// inTLS is a connection in TLS that closes at once, as all others here do.
type inTLS struct{ *tls.Conn }

// Close implements net.Conn.
func (c inTLS) Close() error { return c.NetConn().Close() }

// shake is a handshake that ends with the exchange that asked for the connection.
func (p *pool) shake(ctx context.Context, over *tls.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	if exchange, ok := ctx.Value(exchangeKey{}).(context.Context); ok {
		defer context.AfterFunc(exchange, cancel)()
	}
	return over.HandshakeContext(ctx)
}

// atProxy words an error of the network as one at the proxy. Refusals stay as they are.
func (p *pool) atProxy(err error) error {
	name := p.route.name
	if r, ok := errors.AsType[*refusal](err); ok {
		return &proxyError{message: "the proxy " + name + " is at a " + r.rule + ", which guests never reach"}
	}
	reason, _ := reasonOf(err)
	if reason == "" {
		reason = "the exchange broke off"
	}
	return &proxyError{message: "the proxy " + name + ": " + reason, err: err}
}

// tunnel returns a connection through the proxy to address, as if it were direct.
func (p *pool) tunnel(ctx context.Context, address string) (*connection, error) {
	conn, err := p.dialProxy(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	if exchange, ok := ctx.Value(exchangeKey{}).(context.Context); ok {
		defer context.AfterFunc(exchange, cancel)()
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	if p.route.proxy.Scheme == "socks5" {
		err = p.socks(ctx, conn.Conn, address)
	} else {
		err = p.ask(conn.Conn, address)
	}
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err == nil {
		return conn, nil
	}
	_ = conn.Close()
	if _, ok := errors.AsType[*proxyError](err); !ok {
		err = p.atProxy(err)
	}
	return nil, err
}

// maxConnectBytes bounds the head of a proxy's answer.
const maxConnectBytes = 16 << 10

// ask asks an HTTP proxy for a tunnel.
func (p *pool) ask(stream net.Conn, address string) error {
	head := "CONNECT " + address + " HTTP/1.1\r\nHost: " + address + "\r\nUser-Agent: usher\r\n"
	if a := p.route.authorization(); a != "" {
		head += "Proxy-Authorization: " + a + "\r\n"
	}
	if _, err := io.WriteString(stream, head+"\r\n"); err != nil {
		return err
	}
	// The server says nothing before the guest's side does, so what follows the head
	// is not a byte that could be lost here.
	r := bufio.NewReaderSize(&io.LimitedReader{R: stream, N: maxConnectBytes}, 16)
	res, err := http.ReadResponse(r, &http.Request{Method: http.MethodConnect})
	if err != nil {
		return err
	}
	_ = res.Body.Close()
	switch {
	case res.StatusCode == http.StatusProxyAuthRequired:
		return p.route.unauthorized()
	case res.StatusCode/100 != 2:
		return &proxyError{message: fmt.Sprintf("the proxy %s refused to connect to %s: %s", p.route.name, address, statusLine(res))}
	case r.Buffered() > 0:
		return &proxyError{message: "the proxy " + p.route.name + " sent more than an answer to CONNECT"}
	}
	return nil
}

// statusLine is a status as the proxy has it, such as "403 Forbidden".
func statusLine(res *http.Response) string {
	reason := strings.TrimSpace(strings.TrimPrefix(res.Status, strconv.Itoa(res.StatusCode)))
	if reason == "" {
		reason = http.StatusText(res.StatusCode)
	}
	return strings.TrimSpace(strconv.Itoa(res.StatusCode) + " " + printable(clip(reason, 100)))
}

// socks asks a SOCKS5 proxy for a tunnel. The proxy looks the name up.
func (p *pool) socks(ctx context.Context, stream net.Conn, address string) error {
	var auth *proxy.Auth
	if u := p.route.proxy.User; u != nil {
		password, _ := u.Password()
		auth = &proxy.Auth{User: u.Username(), Password: password}
	}
	dialer, err := proxy.SOCKS5("tcp", p.route.address, auth, over{stream})
	if err != nil {
		return err
	}
	_, err = dialer.(proxy.ContextDialer).DialContext(ctx, "tcp", address)
	if err == nil {
		return nil
	}
	text := err.Error()
	if strings.Contains(text, "authentication") || strings.Contains(text, "no acceptable") {
		return p.route.unauthorized()
	}
	if i := strings.LastIndex(text, "unknown error "); i >= 0 {
		return &proxyError{message: fmt.Sprintf("the proxy %s refused to connect to %s: %s", p.route.name, address, printable(text[i+len("unknown error "):]))}
	}
	return err
}

// over is a dialer that has its connection already.
type over struct{ net.Conn }

// Dial implements proxy.Dialer.
func (o over) Dial(string, string) (net.Conn, error) { return o.Conn, nil }

// DialContext implements proxy.ContextDialer.
func (o over) DialContext(context.Context, string, string) (net.Conn, error) { return o.Conn, nil }

// authorization is the header's value for the proxy, "" without a user.
func (r *route) authorization() string {
	u := r.proxy.User
	if u == nil {
		return ""
	}
	password, _ := u.Password()
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(u.Username()+":"+password))
}

// unauthorized is the failure of a proxy that wants another user, or one at all.
func (r *route) unauthorized() error {
	if r.proxy.User == nil {
		return &proxyError{message: "the proxy " + r.name + " asks for a user and a password (407): name the secrets that hold them in the binding's proxy"}
	}
	return &proxyError{message: "the proxy " + r.name + " does not accept the user and password that the binding's secrets hold (407)"}
}

// forwarding reports whether a request to u is given to the proxy, and not to a server
// at the end of a tunnel.
func (r *route) forwarding(u *url.URL) bool {
	return r != nil && r.proxy != nil && r.proxy.Scheme != "socks5" && u.Scheme == "http"
}

// newForwarder returns the transport of the requests that a proxy is given in absolute
// form.
func newForwarder(p *pool) *http.Transport {
	t := newTransport(p)
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		conn, err := p.dialProxy(ctx)
		if err != nil {
			return nil, err
		}
		return conn, nil
	}
	t.DialContext, t.DialTLSContext = dial, dial
	t.Proxy = http.ProxyURL(p.route.proxy)
	t.ForceAttemptHTTP2 = false
	return t
}

// printable returns s without what is no ASCII that can be seen.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, s)
}
