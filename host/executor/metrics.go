package executor

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/usherhost/usher/host"
)

// meters are the executor's metrics. Their labels are few: triggers, faults,
// limits and states, never names that users choose.
type meters struct {
	runs         *prometheus.CounterVec
	runSeconds   *prometheus.HistogramVec
	executions   *prometheus.CounterVec
	retries      prometheus.Counter
	deadLetters  prometheus.Counter
	overflowed   prometheus.Counter
	startLatency prometheus.Histogram
}

func newMeters(r prometheus.Registerer, b *backlog, u *pendingWrites, waiting Waiting) *meters {
	m := &meters{
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "usher_runs_total", Help: "Actions run, one for each attempt; limit names what a run with fault limit went over.",
		}, []string{"trigger", "outcome", "fault", "limit"}),
		runSeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "usher_run_seconds", Help: "Time of one attempt at an action.",
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20, 60},
		}, []string{"trigger"}),
		executions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "usher_executions_total", Help: "Executions that ended, by final status.",
		}, []string{"status"}),
		retries: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "usher_retries_total", Help: "Failed attempts that will be made again.",
		}),
		deadLetters: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "usher_dead_letters_total", Help: "Steps whose attempts are used up.",
		}),
		overflowed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "usher_queue_spilled_total", Help: "Accepted executions that found no room in memory and wait in the store.",
		}),
		startLatency: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "usher_start_latency_seconds", Help: "Time from an event's acceptance to the start of its first action.",
			Buckets: []float64{.00005, .0001, .0002, .0005, .001, .002, .005, .01, .025, .05, .1, .25, .5, 1, 5, 30, 300},
		}),
	}
	if r != nil {
		r.MustRegister(m.runs, m.runSeconds, m.executions, m.retries, m.deadLetters, m.overflowed, m.startLatency)
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

// ran counts one attempt.
func (m *meters) ran(t host.Trigger, r *host.Result) {
	outcome := "failed"
	if r.Succeeded {
		outcome = "succeeded"
	}
	m.runs.WithLabelValues(string(t), outcome, string(r.Fault), limitOf(r)).Inc()
	m.runSeconds.WithLabelValues(string(t)).Observe(r.EndedAt.Sub(r.StartedAt).Seconds())
}

// limitOf returns the name of the limit that ended a run, "" when none did.
func limitOf(r *host.Result) string {
	if r.Fault != host.FaultLimit {
		return ""
	}
	return r.Limit
}

// recorded counts an outcome once it is durable.
func (m *meters) recorded(o *host.Outcome) {
	if o.Result != nil && o.Result.DeadLetter {
		m.deadLetters.Inc()
	}
	switch {
	case o.Status == host.StatusRetrying:
		m.retries.Inc()
	case o.Status.Final():
		m.executions.WithLabelValues(string(o.Status)).Inc()
	}
}
