package executor

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/usherhost/usher/host"
)

// scrapeTimeout bounds how long a look at the metrics waits for the store.
const scrapeTimeout = 2 * time.Second

var (
	queueDepth = prometheus.NewDesc("usher_queue_depth",
		"Accepted executions that wait, in memory or in the store: pending ones for a worker, retrying ones for a further attempt.",
		[]string{"status"}, nil)
	queueAge = prometheus.NewDesc("usher_queue_oldest_age_seconds",
		"How long the execution has been due that has waited the longest.", nil, nil)
)

var deadLetters = prometheus.NewDesc("usher_dead_letter_executions",
	"Executions with a dead letter, which wait for an operator; 10,000 at most are counted.", nil, nil)

// deadCollector reports what waits for an operator.
type deadCollector func(context.Context) (int64, error)

// Describe is part of [prometheus.Collector].
func (deadCollector) Describe(c chan<- *prometheus.Desc) { c <- deadLetters }

// Collect is part of [prometheus.Collector].
func (count deadCollector) Collect(c chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	if n, err := count(ctx); err == nil { // else a gap, as of what waits
		c <- prometheus.MustNewConstMetric(deadLetters, prometheus.GaugeValue, float64(n))
	}
}

// waitingCollector reports what waits to be run.
type waitingCollector struct {
	memory *backlog
	store  Waiting // nil: what waits in memory is all that is known
}

// Describe is part of [prometheus.Collector].
func (q *waitingCollector) Describe(c chan<- *prometheus.Desc) { c <- queueDepth; c <- queueAge }

// Collect is part of [prometheus.Collector].
func (q *waitingCollector) Collect(c chan<- prometheus.Metric) {
	inMemory, since := q.memory.waiting()
	waiting := host.Backlog{Unended: int64(inMemory)}
	if q.store != nil {
		ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
		defer cancel()
		stored, err := q.store.Backlog(ctx)
		if err != nil {
			return // a gap in the metric: readiness reports a store that can't be read
		}
		stored.Unended -= int64(q.memory.runningNow())
		waiting = stored
	}
	if inMemory > 0 && (waiting.DueSince.IsZero() || since.Before(waiting.DueSince)) {
		waiting.DueSince = since
	}
	age := 0.0
	if !waiting.DueSince.IsZero() {
		age = max(0, time.Since(waiting.DueSince).Seconds())
	}
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		c <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	gauge(queueDepth, float64(max(0, waiting.Unended-waiting.Retrying)), string(host.StatusPending))
	gauge(queueDepth, float64(waiting.Retrying), string(host.StatusRetrying))
	gauge(queueAge, age)
}
