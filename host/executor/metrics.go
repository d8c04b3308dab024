package executor

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/usherhost/usher/host"
)

// meters are the executor's metrics. Labels are few: triggers, faults, limits and states,
// and in [actionMeters] a bounded number of actions and versions.
type meters struct {
	*actionMeters
	executions   *prometheus.CounterVec
	overflowed   prometheus.Counter
	startLatency prometheus.Histogram
}

func newMeters(r prometheus.Registerer, b *backlog, u *pendingWrites, waiting Waiting, deleted func(actionID string) bool) *meters {
	m := &meters{
		actionMeters: newActionMeters(deleted),
		executions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "usher_executions_total", Help: "Executions that ended, by final status.",
		}, []string{"status"}),
		overflowed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "usher_queue_spilled_total", Help: "Accepted executions that found no room in memory and wait in the store.",
		}),
		startLatency: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "usher_start_latency_seconds", Help: "Time from an event's acceptance to the start of its first action.",
			Buckets: []float64{.00005, .0001, .0002, .0005, .001, .002, .005, .01, .025, .05, .1, .25, .5, 1, 5, 30, 300},
		}),
	}
	if r != nil {
		r.MustRegister(m.actionMeters, m.executions, m.overflowed, m.startLatency)
		r.MustRegister(gauges(b, u)...)
		r.MustRegister(&waitingCollector{memory: b, store: waiting})
	}
	return m
}

func gauges(b *backlog, u *pendingWrites) []prometheus.Collector {
	gauge := func(name, help string, read func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, read)
	}
	return []prometheus.Collector{
		gauge("usher_running", "Executions that run now.", func() float64 {
			return float64(b.runningNow())
		}),
		gauge("usher_unsaved_results", "Outcomes that the store has not made durable yet.", func() float64 {
			return float64(u.pending())
		}),
	}
}

// recorded counts an outcome once it is durable.
func (m *meters) recorded(t host.Trigger, o *host.Outcome) {
	m.actionMeters.recorded(t, o)
	if o.Status.Final() {
		m.executions.WithLabelValues(string(o.Status)).Inc()
	}
}
