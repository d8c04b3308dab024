// Package hostile is the servers that a guest, or the one who answers it, may
// use against the host: those that are silent, slow, endless, or break the rules
// of their protocols. They listen on the loopback interface. It is for tests,
// and for those that run a host under attack.
package hostile

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"sync"
	"time"
)

// Peer is one way to misbehave.
type Peer struct {
	Name string
	// Upload says that the peer shows itself to requests with a large body only.
	Upload bool
	// Ends says that an exchange with the peer comes to an end by itself, soon:
	// whatever it is, it must be right. All others last until one side gives up.
	Ends bool

	scheme string // of its URL; empty is http
	tls    []string
	serve  func(*conn)
}

// Server is a peer that listens.
type Server struct {
	URL     string         // with a path
	RootCAs *x509.CertPool // that sign for it, when it speaks TLS

	listener net.Listener
	stop     chan struct{} // closed when the peers' connections must end
	serving  sync.WaitGroup

	mu     sync.Mutex
	opened int               // guarded by mu
	open   map[net.Conn]bool // guarded by mu
}

// Start lets the peer listen. The caller must close the server.
func (p Peer) Start() (*Server, error) {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start hostile peer %q: %w", p.Name, err)
	}
	s := &Server{listener: l, stop: make(chan struct{}), open: map[net.Conn]bool{}}
	scheme := p.scheme
	if scheme == "" {
		scheme = "http"
	}
	s.URL = scheme + "://" + l.Addr().String() + "/hook"
	certificate, roots := selfSigned()
	s.RootCAs = roots
	var over *tls.Config
	if p.tls != nil {
		over = &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: p.tls, MinVersion: tls.VersionTLS12}
	}
	s.serving.Go(func() { s.accept(p, over) })
	return s, nil
}

// Close ends every connection and waits for all of the peer to have ended.
func (s *Server) Close() {
	close(s.stop)
	_ = s.listener.Close()
	s.mu.Lock()
	for c := range s.open {
		_ = c.Close()
	}
	s.mu.Unlock()
	s.serving.Wait()
}

// Opened returns how many connections were made to the server.
func (s *Server) Opened() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opened
}

func (s *Server) accept(p Peer, over *tls.Config) {
	for {
		raw, err := s.listener.Accept()
		if err != nil {
			return
		}
		if !s.enter(raw) {
			_ = raw.Close()
			return
		}
		s.serving.Go(func() {
			defer s.leave(raw)
			c := &conn{Conn: raw, raw: raw.(*net.TCPConn), stop: s.stop, url: s.URL}
			if over != nil {
				secure := tls.Server(raw, over)
				if secure.HandshakeContext(context.Background()) != nil {
					return
				}
				c.Conn = secure
			}
			p.serve(c)
		})
	}
}

func (s *Server) enter(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.stop:
		return false
	default:
	}
	s.opened++
	s.open[c] = true
	return true
}

func (s *Server) leave(c net.Conn) {
	_ = c.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, c)
}

// conn is a connection that a peer serves. What fails on it ends the peer's
// part at its next step: see alive.
type conn struct {
	net.Conn
	raw    *net.TCPConn
	stop   <-chan struct{}
	url    string
	failed bool
}

// send writes text, and reports whether the client still takes it.
func (c *conn) send(text string) bool {
	if _, err := io.WriteString(c, text); err != nil {
		c.failed = true
	}
	return !c.failed
}

// wait waits, and reports whether the client is still there as far as is known.
func (c *conn) wait(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return !c.failed
	case <-c.stop:
		return false
	}
}

// hang waits until the client or the server has gone.
func (c *conn) hang() {
	_, _ = io.Copy(io.Discard, c)
}

// freeze is hang without reading, so that the client can't write for ever.
func (c *conn) freeze() { <-c.stop }

// head reads a request's head, and nothing of its body that comes later.
func (c *conn) head() string {
	var head []byte
	buffer := make([]byte, 4096)
	for {
		n, err := c.Read(buffer)
		head = append(head, buffer[:n]...)
		for i := 3; i < len(head); i++ {
			if string(head[i-3:i+1]) == "\r\n\r\n" {
				return string(head)
			}
		}
		if err != nil {
			c.failed = true
			return ""
		}
	}
}

// selfSigned returns a certificate for the loopback interface.
var selfSigned = sync.OnceValues(func() (tls.Certificate, *x509.CertPool) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"hostile.test"},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	signed, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(signed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
})

// SilentResolver returns a resolver whose name server never answers, and what
// ends that server.
func SilentResolver() (*net.Resolver, func(), error) {
	silent, err := new(net.ListenConfig).ListenPacket(context.Background(), "udp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, fmt.Errorf("start a silent name server: %w", err)
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", silent.LocalAddr().String())
	}
	return &net.Resolver{PreferGo: true, Dial: dial}, func() { _ = silent.Close() }, nil
}
