package daemon

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/usherhost/usher/host/sqlite"
)

// RegisterStore makes the metrics of the store's group commits.
func RegisterStore(metrics prometheus.Registerer, db *sqlite.DB) {
	gauge := func(name, help string, read func(sqlite.Stats) float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return read(db.Stats()) })
	}
	counter := func(name, help string, read func(sqlite.Stats) float64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 { return read(db.Stats()) })
	}
	metrics.MustRegister(
		counter("usher_store_commits_total", "Commits of the database that wrote something.",
			func(s sqlite.Stats) float64 { return float64(s.Commits) }),
		counter("usher_store_operations_total", "Operations in these commits; many in one commit is what a busy host does.",
			func(s sqlite.Stats) float64 { return float64(s.Operations) }),
		gauge("usher_store_waiting_accepts", "Requests with events that wait for the next commit.",
			func(s sqlite.Stats) float64 { return float64(s.Waiting) }),
		gauge("usher_store_kept_results", "Results that a failing disk has not taken yet.",
			func(s sqlite.Stats) float64 { return float64(s.Kept) }),
	)
}
