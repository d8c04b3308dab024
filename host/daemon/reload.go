package daemon

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"reflect"
	"sync/atomic"
	"syscall"

	"github.com/usherhost/usher/host/egress"
	"github.com/usherhost/usher/host/ingress"
	"github.com/usherhost/usher/host/settings"
	"github.com/usherhost/usher/host/web"
)

// Reloader reloads the configuration at every SIGHUP, and applies what a running
// host can change; see [reloader.apply].
type Reloader struct {
	signals     chan os.Signal
	read        func() (settings.Config, error)
	running     map[string]any // the value of each setting in the running host; for run alone
	log         *slog.Logger
	level       *slog.LevelVar
	Certificate *web.Certificate // nil: no TLS
	Egress      *egress.Client
	Ingress     *ingress.Server
	KeepDays    atomic.Int64
	KeepTapes   atomic.Int64 // days
	Fields      SearchableFields
}

// NewReloader keeps SIGHUP from ending the process from now on. The parts of the
// host that it changes are set before run.
func NewReloader(cfg settings.Config, read func() (settings.Config, error), log *slog.Logger, level *slog.LevelVar) *Reloader {
	r := &Reloader{signals: make(chan os.Signal, 1), read: read, running: map[string]any{}, log: log, level: level}
	for _, key := range settings.Keys() {
		r.running[key] = cfg.Value(key)
	}
	r.KeepDays.Store(int64(cfg.KeepDays))
	r.KeepTapes.Store(int64(cfg.KeepTapesDays))
	r.Fields.Set(cfg.SearchableFields)
	signal.Notify(r.signals, syscall.SIGHUP)
	return r
}

// Run reloads with every signal until ctx ends.
func (r *Reloader) Run(ctx context.Context) error {
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
func (r *Reloader) reload() {
	next, err := r.read()
	if err != nil {
		r.log.Error("the configuration can't be reloaded; the earlier one stays", "error", err)
		return
	}
	if r.Certificate != nil {
		r.Certificate.Reload(r.log)
	}
	applied, later := []string{}, []string{}
	for _, key := range r.changes(next) {
		if r.apply(key, next) {
			applied = append(applied, key)
			r.running[key] = next.Value(key)
		} else {
			later = append(later, key)
		}
	}
	r.log.Info("the configuration was reloaded", "applied", applied)
	if len(later) > 0 {
		r.log.Warn("these settings have changed and apply at the next start", "settings", later)
	}
}

// changes returns the keys of the settings that differ from
// those of the running host.
func (r *Reloader) changes(next settings.Config) []string {
	var changed []string
	for _, key := range settings.Keys() {
		if !reflect.DeepEqual(r.running[key], next.Value(key)) {
			changed = append(changed, key)
		}
	}
	return changed
}

// apply makes the running host follow one setting, and reports whether it can.
func (r *Reloader) apply(key string, next settings.Config) bool {
	switch key {
	case "log_level":
		r.level.Set(logLevel(next))
	case "allow_networks":
		r.Egress.SetAllowNetworks(next.AllowNetworks)
	case "allow_proxies":
		r.Egress.SetAllowProxies(next.AllowProxies)
	case "rate_limit", "rate_burst":
		r.Ingress.SetRate(next.RateLimit, next.RateBurst)
	case "keep_days":
		r.KeepDays.Store(int64(next.KeepDays))
	case "keep_tapes_days":
		r.KeepTapes.Store(int64(next.KeepTapesDays))
	case "searchable_fields":
		r.Fields.Set(next.SearchableFields)
	case "url", "api_key":
		// Only the commands use them.
	default:
		return false
	}
	return true
}
