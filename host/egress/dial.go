package egress

import (
	"context"
	"crypto/tls"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const connectTimeout = 10 * time.Second

// connection is one to a server, on the wire: below TLS, if that is spoken.
type connection struct {
	net.Conn
	pool    *pool
	once    sync.Once
	odd     atomic.Bool  // what came over it is not what was asked for: not used again
	awaited atomic.Bool  // an answer begins with what is read next
	writing atomic.Int64 // since when a write has been under way, in nanoseconds; 0: none is
	secure  bool         // it carries TLS
	watch   watch
}

// Read implements net.Conn.
func (c *connection) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if !c.secure {
		c.look(p[:n])
	}
	return n, err
}

// Write implements net.Conn. One is under way at a time.
func (c *connection) Write(p []byte) (int, error) {
	c.writing.Store(time.Now().UnixNano())
	defer c.writing.Store(0)
	return c.Conn.Write(p)
}

// blocked reports whether the server has taken nothing for as long as d.
func (c *connection) blocked(d time.Duration) bool {
	since := c.writing.Load()
	return since != 0 && time.Now().UnixNano()-since >= int64(d)
}

// look examines what the server sent, before TLS encrypts or after it decrypts.
func (c *connection) look(p []byte) {
	if c.awaited.Swap(false) {
		c.watch = watch{}
	}
	if !c.watch.done && c.watch.odd(p) {
		c.odd.Store(true)
	}
}

// Close implements net.Conn. It ends every read and write, also of those who
// write to the server their regrets.
func (c *connection) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() { c.pool.pools.closed(c.pool) })
	return err
}

// onWire returns what the transport's connection is on the wire, and whether
// several exchanges share it, as they do in HTTP/2.
func onWire(conn net.Conn) (c *connection, shared bool) {
	switch conn := conn.(type) {
	case *connection:
		return conn, false
	case *secured:
		return conn.wire, false
	case *tls.Conn:
		c, _ = conn.NetConn().(*connection)
	}
	return c, true
}

// exchangeKey finds the context of the exchange that a connection is made for.
// The transport takes the exchange's end off the context that it dials with, so
// that another one may use the connection.
type exchangeKey struct{}

// dial and connect connect, for no longer than the exchange that needs the connection: no
// other request should wait for a server that does not answer.
func (p *pool) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := p.reach(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// reach connects to the server at address, through the proxy if there is one.
func (p *pool) reach(ctx context.Context, network, address string) (*connection, error) {
	if p.route != nil && p.route.proxy != nil {
		return p.tunnel(ctx, address)
	}
	return p.connect(ctx, network, address)
}

func (p *pool) connect(ctx context.Context, network, address string) (*connection, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if exchange, ok := ctx.Value(exchangeKey{}).(context.Context); ok {
		defer context.AfterFunc(exchange, cancel)()
	}
	dialer := &net.Dialer{
		Timeout:        connectTimeout,
		Resolver:       p.pools.client.Resolver,
		ControlContext: p.control,
	}
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	p.pools.opened(p)
	return &connection{Conn: conn, pool: p}, nil
}

// dialTLS is dial, and the handshake, which has the same end.
func (p *pool) dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	name, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	conn, err := p.reach(ctx, network, address)
	if err != nil {
		return nil, err
	}
	conn.secure = true
	config := &tls.Config{
		MinVersion: tls.VersionTLS12, RootCAs: p.pools.client.RootCAs, ServerName: name, NextProtos: []string{"h2", "http/1.1"},
	}
	number, _ := strconv.ParseUint(port, 10, 16) // of an origin, which was read
	certificate, asked := p.route.certificateFor(Origin{Scheme: "https", Host: name, Port: uint16(number)}), false
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		asked = true
		if certificate == nil {
			return &tls.Certificate{}, nil
		}
		return certificate, nil // whatever authorities the server names: many name none, or the wrong ones
	}
	over := tls.Client(conn, config)
	if err := p.shake(ctx, over); err != nil {
		_ = conn.Close()
		if asked && strings.Contains(err.Error(), remoteAlert) {
			err = &certificateError{err}
		}
		return nil, err
	}
	if over.ConnectionState().NegotiatedProtocol == "h2" {
		return over, nil // the transport takes HTTP/2 from nothing else
	}
	return &secured{Conn: over, wire: conn}, nil
}

// sharedPatience is how long a write may wait for the server when an exchange is
// over that shares the connection with others of its binding. Then it is closed:
// in HTTP/2 one write that waits blocks all of them.
const sharedPatience = 20 * time.Millisecond

// tie makes the end of ctx that of the connection too, so that no read and no
// write of the exchange waits on for the server. The exchange must be untied
// before its connection is another's.
func (x *exchange) tie(ctx context.Context, c *connection, shared bool) {
	x.untie()
	over := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		if !shared || c.stuck(over) {
			_ = c.Close()
		}
	})
	c.awaited.Store(true)
	x.conn, x.loose = c, func() { stop(); close(over) }
}

// stuck waits until an exchange whose time has come is over, and reports whether
// a write holds it up.
func (c *connection) stuck(over <-chan struct{}) bool {
	patience := time.NewTicker(sharedPatience)
	defer patience.Stop()
	for {
		select {
		case <-over:
			return false
		case <-patience.C:
			if c.blocked(sharedPatience) {
				return true
			}
		}
	}
}

// untie lets the connection outlive the exchange, unless something was odd with
// it.
func (x *exchange) untie() {
	if x.conn == nil {
		return
	}
	x.loose()
	if x.conn.odd.Load() {
		_ = x.conn.Close()
	}
	x.conn, x.loose = nil, nil
}
