package daemon

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/usherhost/usher/host/sqlite"
)

// RegisterStore makes the metrics of the store's group commits.
func RegisterStore(metrics prometheus.Registerer, db *sqlite.DB) {
	store := statistics[sqlite.Stats](db.Stats)
	metrics.MustRegister(
		store.counter("usher_store_commits_total", "Commits of the database that wrote something.",
			func(s sqlite.Stats) float64 { return float64(s.Commits) }),
		store.counter("usher_store_operations_total", "Operations in these commits; many in one commit is what a busy host does.",
			func(s sqlite.Stats) float64 { return float64(s.Operations) }),
		store.gauge("usher_store_waiting_accepts", "Requests with events that wait for the next commit.",
			func(s sqlite.Stats) float64 { return float64(s.Waiting) }),
		store.gauge("usher_store_kept_results", "Results that a failing disk has not taken yet.",
			func(s sqlite.Stats) float64 { return float64(s.Kept) }),
	)
}
