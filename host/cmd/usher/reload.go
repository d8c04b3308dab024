package main

import (
	"context"
	"log/slog"
	"maps"
	"os"
	"os/signal"
	"reflect"
	"sync/atomic"
	"syscall"

	"github.com/usherhost/usher/host/egress"
	"github.com/usherhost/usher/host/ingress"
	"github.com/usherhost/usher/host/web"
)

// reloader reads the configuration anew with every SIGHUP, and applies what a
// running host can take; see [reloader.apply].
type reloader struct {
	signals     chan os.Signal
	read        func() (config, error)
	running     map[string]any // what each setting is for the running host; for its goroutine
	log         *slog.Logger
	level       *slog.LevelVar
	certificate *web.Certificate // nil: no TLS
	egress      *egress.Client
	ingress     *ingress.Server
	keepDays    atomic.Int64
}

// newReloader keeps SIGHUP from ending the process from now on. The parts of the
// host that it changes are set before run.
func newReloader(cfg config, read func() (config, error), log *slog.Logger, level *slog.LevelVar) *reloader {
	r := &reloader{signals: make(chan os.Signal, 1), read: read, running: maps.Clone(cfg.values), log: log, level: level}
	r.keepDays.Store(int64(cfg.KeepDays))
	signal.Notify(r.signals, syscall.SIGHUP)
	return r
}

// run reloads with every signal until ctx ends.
func (r *reloader) run(ctx context.Context) error {
	defer signal.Stop(r.signals)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-r.signals:
			r.reload()
		}
	}
}

// reload applies what has changed, or nothing when the configuration can't be
// read.
func (r *reloader) reload() {
	next, err := r.read()
	if err != nil {
		r.log.Error("the configuration can't be read again; the earlier one stays", "error", err)
		return
	}
	if r.certificate != nil {
		r.certificate.Reload(r.log)
	}
	applied, later := []string{}, []string{}
	for _, key := range r.changes(next) {
		if r.apply(key, next) {
			applied = append(applied, key)
			r.running[key] = next.values[key]
		} else {
			later = append(later, key)
		}
	}
	r.log.Info("the configuration was read again", "applied", applied)
	if len(later) > 0 {
		r.log.Warn("these settings have changed and count from the next start on", "settings", later)
	}
}

// changes returns the keys of the settings that the running host does not
// follow.
func (r *reloader) changes(next config) []string {
	var changed []string
	for _, s := range settings {
		if !reflect.DeepEqual(r.running[s.key], next.values[s.key]) {
			changed = append(changed, s.key)
		}
	}
	return changed
}

// apply makes the running host follow one setting, and reports whether it can.
func (r *reloader) apply(key string, next config) bool {
	switch key {
	case "log_level":
		r.level.Set(logLevel(next))
	case "allow_networks":
		r.egress.SetAllowNetworks(next.AllowNetworks)
	case "rate_limit", "rate_burst":
		r.ingress.SetRate(next.RateLimit, next.RateBurst)
	case "keep_days":
		r.keepDays.Store(int64(next.KeepDays))
	case "url", "api_key":
		// They are the commands'.
	default:
		return false
	}
	return true
}
