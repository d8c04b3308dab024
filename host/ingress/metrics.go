package ingress

import (
	"cmp"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/usherhost/usher/host"
)

// The results that are not errors; the others are a [host.Code].
const (
	resultAccepted = "accepted"
	resultRepeat   = "repeat"
)

// unknownName stands for a trigger that is not ours, whatever its name: labels
// must not grow with what senders write.
const unknownName = "unknown"

// The results of storing a refused event.
const (
	refusedKept    = "kept"
	refusedDropped = "dropped"
)

type metrics struct {
	events  *prometheus.CounterVec
	refused *prometheus.CounterVec
	seconds *prometheus.HistogramVec
}

func newMetrics(r prometheus.Registerer, g *gate) *metrics {
	auto := promauto.With(r)
	auto.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "usher_ingress_in_flight_requests",
		Help: "Requests that wait for the store's durable commit.",
	}, func() float64 { return float64(g.requests.inUse()) })
	auto.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "usher_ingress_held_bytes",
		Help: "Bytes of request bodies that are held in memory.",
	}, func() float64 { return float64(g.bytes.inUse()) })
	m := &metrics{
		events: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "usher_events_received_total",
			Help: "Events received, by result.",
		}, []string{"trigger", "result"}),
		refused: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "usher_refused_events_total",
			Help: "Refused events, by whether they are stored for a day or were dropped because there were too many.",
		}, []string{"result"}),
		seconds: auto.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "usher_ingress_request_seconds",
			Help:    "Time from the request's headers to the store's answer.",
			Buckets: []float64{.0002, .0005, .001, .002, .005, .01, .02, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"result"}),
	}
	for _, result := range []string{refusedKept, refusedDropped} {
		m.refused.WithLabelValues(result)
	}
	return m
}

// count counts a request and its events. A request that was refused before its
// body was split counts as one.
func (m *metrics) count(r *delivery, accepted []host.Accepted, err error, start time.Time) {
	trigger := cmp.Or(string(r.trigger), unknownName)
	result := resultAccepted
	if err != nil {
		result = string(host.CodeOf(err))
		m.events.WithLabelValues(trigger, result).Add(float64(max(1, len(r.items))))
	} else {
		repeats := countRepeats(accepted)
		if repeats == len(accepted) {
			result = resultRepeat
		}
		m.events.WithLabelValues(trigger, resultAccepted).Add(float64(len(accepted) - repeats))
		m.events.WithLabelValues(trigger, resultRepeat).Add(float64(repeats))
	}
	m.seconds.WithLabelValues(result).Observe(time.Since(start).Seconds())
}

func countRepeats(accepted []host.Accepted) int {
	n := 0
	for _, a := range accepted {
		if a.Repeat {
			n++
		}
	}
	return n
}
