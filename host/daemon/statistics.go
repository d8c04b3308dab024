package daemon

import "github.com/prometheus/client_golang/prometheus"

// statistics reads a part of the host's figures together, whenever a metric that
// is made of one of them is asked for.
type statistics[T any] func() T

func (s statistics[T]) gauge(name, help string, value func(T) float64) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return value(s()) })
}

func (s statistics[T]) counter(name, help string, value func(T) float64) prometheus.Collector {
	return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 { return value(s()) })
}
