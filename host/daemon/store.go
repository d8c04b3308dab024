package daemon

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/usherhost/usher/host/sqlite"
)

// CommitSeconds makes the histogram of how long group commits take, for
// [sqlite.Options].
func CommitSeconds(metrics prometheus.Registerer) func(time.Duration) {
	seconds := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "usher_store_commit_seconds", Help: "Time of one commit of the database that wrote something, the disk included.",
		Buckets: []float64{.00025, .0005, .001, .002, .005, .01, .02, .05, .1, .25, .5, 1, 2.5, 5, 10},
	})
	metrics.MustRegister(seconds)
	return func(took time.Duration) { seconds.Observe(took.Seconds()) }
}

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
