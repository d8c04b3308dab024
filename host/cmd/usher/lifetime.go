package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// lifetime is how a host ends. With the first SIGINT or SIGTERM it begins to
// drain: /readyz answers 503, so that balancers send elsewhere, while the
// listener still takes what comes. A drain delay later, or with a second signal,
// the context ends with which all of the host stops; one more signal then ends
// the process at once.
type lifetime struct {
	signals  chan os.Signal
	draining chan struct{} // closed when it begins
	delay    time.Duration
}

// newLifetime catches the signals from now on; end gives them back.
func newLifetime(delay time.Duration) *lifetime {
	l := &lifetime{signals: make(chan os.Signal, 2), draining: make(chan struct{}), delay: delay}
	signal.Notify(l.signals, os.Interrupt, syscall.SIGTERM)
	return l
}

func (l *lifetime) end() { signal.Stop(l.signals) }

// isDraining reports whether the host is about to stop.
func (l *lifetime) isDraining() bool {
	select {
	case <-l.draining:
		return true
	default:
		return false
	}
}

// watch calls stop when the host is to stop, and returns then, or when running
// ends. It gives the signals back, so that the next one ends the process.
func (l *lifetime) watch(ctx, running context.Context, stop context.CancelFunc, log *slog.Logger) error {
	defer l.end()
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
	if l.delay <= 0 {
		return nil
	}
	log.Info("draining: not ready any more, events are still taken", "drain_delay", l.delay)
	timer := time.NewTimer(l.delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.signals:
		log.Info("draining: cut short by a second signal")
	case <-running.Done():
	}
	return nil
}

// managedDrainDelay is how long a balancer may take to notice that the host is
// not ready any more.
const managedDrainDelay = "5s"

// managers are the variables by which a process knows that a service manager
// started it: systemd's two, and Kubernetes's.
var managers = []string{"NOTIFY_SOCKET", "INVOCATION_ID", "KUBERNETES_SERVICE_HOST"}

// defaultDrainDelay is that of a service manager where one is and nobody looks
// on: a terminal that a session manager started has its variables too.
func defaultDrainDelay(environ []string, terminal bool) string {
	for _, name := range managers {
		if !terminal && strings.TrimSpace(lookup(environ, name)) != "" {
			return managedDrainDelay
		}
	}
	return "0s"
}
