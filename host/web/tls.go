package web

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"sync/atomic"

	"github.com/fsnotify/fsnotify"
)

// Certificate is a certificate with its key in two PEM files, which may change
// while it is served. It is safe for concurrent use.
type Certificate struct {
	certFile, keyFile string
	current           atomic.Pointer[tls.Certificate]
}

// LoadCertificate reads a certificate, with the chain that leads to its
// authority behind it, and its key.
func LoadCertificate(certFile, keyFile string) (*Certificate, error) {
	c := &Certificate{certFile: certFile, keyFile: keyFile}
	return c, c.load()
}

func (c *Certificate) load() error {
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("load the certificate %s with the key %s: %w", c.certFile, c.keyFile, err)
	}
	c.current.Store(&pair)
	return nil
}

// Watch loads the certificate again whenever its files change, until ctx ends.
// One that does not load is logged, and the earlier one stays.
func (c *Certificate) Watch(ctx context.Context, log *slog.Logger) error {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch the certificate: %w", err)
	}
	// A folder, not a file: certificates are replaced by renaming, and where
	// they are mounted, by changing a link.
	for _, file := range []string{c.certFile, c.keyFile} {
		if err := watcher.Add(filepath.Dir(file)); err != nil {
			return errors.Join(fmt.Errorf("watch the certificate: %w", err), watcher.Close())
		}
	}
	for {
		select {
		case <-ctx.Done():
			return watcher.Close()
		case <-watcher.Events:
			c.Reload(log)
		case err := <-watcher.Errors:
			log.Warn("the certificate's files may have changed unseen", "error", err)
		}
	}
}

// Reload takes a changed certificate, and logs that. One that does not load is
// logged, and the earlier one stays; a half-written pair raises another event
// when it is whole.
func (c *Certificate) Reload(log *slog.Logger) {
	before := c.current.Load()
	if err := c.load(); err != nil {
		log.Warn("keep serving the earlier certificate", "error", err)
		return
	}
	if now := c.current.Load(); string(now.Certificate[0]) != string(before.Certificate[0]) {
		log.Info("serving a new certificate", "file", c.certFile, "until", now.Leaf.NotAfter)
	}
}

// Secure returns a listener that speaks TLS 1.2 or later on l, with HTTP/2 for
// those who can.
func (c *Certificate) Secure(l net.Listener) net.Listener {
	return tls.NewListener(l, &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return c.current.Load(), nil
		},
	})
}
