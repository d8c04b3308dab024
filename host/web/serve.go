package web

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"
)

// unixPrefix begins an address that is a path: "unix:/run/usher.sock".
const unixPrefix = "unix:"

// unixSocketMode gives access to the socket's user and group only.
const unixSocketMode fs.FileMode = 0o660

// The times of a connection. WriteTimeout leaves room for a long poll.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 60 * time.Second
	writeTimeout      = 120 * time.Second
	idleTimeout       = 120 * time.Second
	maxHeaderBytes    = 64 << 10
)

// Listen opens a listener on addr: "host:port" for TCP, or "unix:" and a path
// for a socket that its user and group may use. A socket file that a dead
// process left is replaced; one that answers is not.
func Listen(ctx context.Context, addr string) (net.Listener, error) {
	path, unix := strings.CutPrefix(addr, unixPrefix)
	if !unix {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
		if err != nil {
			return nil, fmt.Errorf("listen on %s: %w", addr, err)
		}
		return l, nil
	}
	l, err := listenUnix(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	return l, nil
}

func listenUnix(ctx context.Context, path string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "unix", path)
	if errors.Is(err, syscall.EADDRINUSE) && isDead(ctx, path) {
		if err := os.Remove(path); err != nil {
			return nil, err
		}
		l, err = (&net.ListenConfig{}).Listen(ctx, "unix", path)
	}
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, unixSocketMode); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// isDead reports whether path is a socket without a listener.
func isDead(ctx context.Context, path string) bool {
	info, err := os.Lstat(path)
	if err != nil || info.Mode().Type() != fs.ModeSocket {
		return false
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
	if err == nil {
		_ = conn.Close()
	}
	return errors.Is(err, syscall.ECONNREFUSED)
}

// Serve answers requests on l with h until ctx ends, then takes no more, and
// waits up to drain for those that are being answered (see [Draining]); what
// is left after that has its context canceled and its connection closed, and
// Serve returns an error. It closes l.
func Serve(ctx context.Context, l net.Listener, h http.Handler, drain time.Duration, log *slog.Logger) error {
	draining, startDrain := context.WithCancel(context.Background())
	defer startDrain()
	base, cancelRequests := context.WithCancel(context.WithValue(context.Background(), drainKey{}, draining.Done()))
	defer cancelRequests()
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		BaseContext:       func(net.Listener) context.Context { return base },
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	startDrain()
	err := shutdown(server, cancelRequests, drain)
	if served := <-failed; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

func shutdown(server *http.Server, cancelRequests func(), drain time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	err := server.Shutdown(ctx)
	if err == nil {
		return nil
	}
	cancelRequests()
	return fmt.Errorf("drain connections for %s: %w", drain, errors.Join(err, server.Close()))
}

type drainKey struct{}

// Draining returns a channel that is closed when the [Serve] that ctx's request
// came through begins to drain: a long poll answers then with what it has. The
// channel is nil, and so never ready, outside of Serve.
func Draining(ctx context.Context) <-chan struct{} {
	done, _ := ctx.Value(drainKey{}).(<-chan struct{})
	return done
}
