package executor

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/usherhost/usher/host"
)

// decisionMeters are the metrics of decisions.
type decisionMeters struct {
	decisions *prometheus.CounterVec
	seconds   *prometheus.HistogramVec
}

func newDecisionMeters(r prometheus.Registerer, d *Decider) *decisionMeters {
	m := &decisionMeters{
		decisions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "usher_decisions_total", Help: "Flows that decided, by verdict, and whether an action of theirs failed or did not run.",
		}, []string{"trigger", "decision", "degraded"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "usher_decision_seconds", Help: "Time of a whole flow, from its event to its answer.",
			Buckets: []float64{.0001, .00025, .0005, .001, .002, .003, .005, .01, .025, .05, .1, .25, .5, 1, 2, 3, 5, 10},
		}, []string{"trigger"}),
	}
	if r != nil {
		r.MustRegister(m.decisions, m.seconds, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "usher_decisions_in_flight", Help: "Flows that decide now, or wait for a place.",
		}, func() float64 { return float64(len(d.waiting)) }))
	}
	return m
}

func (m *decisionMeters) decided(t host.Trigger, d *host.Decision, took time.Duration) {
	m.decisions.WithLabelValues(string(t), string(d.Verdict), strconv.FormatBool(d.Degraded)).Inc()
	m.seconds.WithLabelValues(string(t)).Observe(took.Seconds())
}
