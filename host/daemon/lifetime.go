// Package daemon holds what a serving process needs around the host's services:
// its log (logger.go, repeats.go), its end by a signal (lifetime.go), reloads of the
// configuration (reload.go), health checks (health.go, disk.go), the memory budget
// and the store's metrics (memory.go, store.go), its certificate and key files
// (tls.go, keyfiles.go), the permissions of the data directory (guard.go), plain HTTP
// (exposure.go), its service manager (notify.go), the deletion of old executions
// (retention.go), and what plays runs for checks (check.go).
// Command usher's serve connects them.
package daemon

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// Lifetime is how a host ends. With the first SIGINT or SIGTERM it begins to
// drain: /readyz answers 503, so that load balancers stop sending, while the
// listener still accepts requests. After the drain delay, or with a second signal,
// the context of the whole host ends; one more signal then ends the process at once.
type Lifetime struct {
	signals  chan os.Signal
	draining chan struct{} // closed when it begins
	delay    time.Duration
}

// NewLifetime catches the signals from now on, until End.
func NewLifetime(delay time.Duration) *Lifetime {
	l := &Lifetime{signals: make(chan os.Signal, 2), draining: make(chan struct{}), delay: delay}
	signal.Notify(l.signals, os.Interrupt, syscall.SIGTERM)
	return l
}

// End stops catching signals.
func (l *Lifetime) End() { signal.Stop(l.signals) }

// IsDraining reports whether the host is about to stop.
func (l *Lifetime) IsDraining() bool {
	select {
	case <-l.draining:
		return true
	default:
		return false
	}
}

// Watch calls stop when the host is to stop, and returns then, or when running
// ends. It stops catching signals, so that the next one ends the process.
func (l *Lifetime) Watch(ctx, running context.Context, stop context.CancelFunc, log *slog.Logger) error {
	defer l.End()
	defer stop()
	select {
	case <-l.signals:
	case <-ctx.Done():
		select { // ctx ends by the same signal, which may come here a moment later
		case <-l.signals:
		case <-time.After(100 * time.Millisecond):
		}
	case <-running.Done():
		return nil
	}
	close(l.draining)
	Notify(Stopping, log)
	if l.delay <= 0 {
		return nil
	}
	log.Info("draining: not ready, events are still accepted", "drain_delay", l.delay)
	timer := time.NewTimer(l.delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.signals:
		log.Info("draining: ended by a second signal")
	case <-running.Done():
	}
	return nil
}
