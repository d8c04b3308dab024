package daemon

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/usherhost/usher/host/oracle"
)

// RegisterOracle makes the metrics of runs that are replayed on the second engine.
func RegisterOracle(metrics prometheus.Registerer, o *oracle.Oracle) {
	stats := statistics[oracle.Stats](o.Stats)
	metrics.MustRegister(
		stats.counter("usher_oracle_same_total", "Sampled runs that were the same on the second engine.",
			func(s oracle.Stats) float64 { return float64(s.Replayed) }),
		stats.counter("usher_oracle_mismatches_total", "Sampled runs that were not the same on the second engine: an alarm.",
			func(s oracle.Stats) float64 { return float64(s.Mismatched) }),
		stats.counter("usher_oracle_skipped_total", "Sampled runs that were too many or too long for the second engine.",
			func(s oracle.Stats) float64 { return float64(s.Skipped) }),
		stats.counter("usher_oracle_failures_total", "Sampled runs that could not be replayed.",
			func(s oracle.Stats) float64 { return float64(s.Failed) }),
	)
}
