package executor

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/usherhost/usher/host"
)

var (
	pausedNow = prometheus.NewDesc("usher_paused",
		"1 for each action, and each trigger as a whole (action is empty), that an operator paused.", []string{"trigger", "action"}, nil)
	heldNow = prometheus.NewDesc("usher_held_executions",
		"Executions whose next step is held back, by action and by what holds it: pause, breaker or limit.", []string{"action", "kind"}, nil)
	pausedWaiting = prometheus.NewDesc("usher_paused_executions",
		"Executions that wait because an action or the trigger is paused.", []string{"action"}, nil)
	breakersOpen = prometheus.NewDesc("usher_breakers_open",
		"Versions of an action whose breaker is open: their steps wait without losing attempts.", []string{"action"}, nil)
)

// holdsCollector reports what holds work back. It has a label for an action only while that
// is held back: as many as the operator has actions.
type holdsCollector struct{ executor *Executor }

// Describe is part of [prometheus.Collector].
func (h *holdsCollector) Describe(c chan<- *prometheus.Desc) {
	c <- pausedNow
	c <- heldNow
	c <- pausedWaiting
	c <- breakersOpen
}

// Collect is part of [prometheus.Collector].
func (h *holdsCollector) Collect(c chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	holds, err := h.executor.HeldBack(ctx)
	if err != nil {
		return // a gap in the metric: readiness reports a store that can't be read
	}
	type of struct {
		action string
		kind   host.HoldKind
	}
	waiting, open := map[of]int64{}, map[string]int{}
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		c <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	for i := range holds {
		hold := &holds[i]
		waiting[of{hold.Action, hold.Kind}] += hold.Waiting
		switch hold.Kind {
		case host.HoldPause:
			gauge(pausedNow, 1, string(hold.Trigger), hold.Action)
		case host.HoldBreaker:
			open[hold.Action]++
		}
	}
	for key, n := range waiting {
		gauge(heldNow, float64(n), key.action, string(key.kind))
		if key.kind == host.HoldPause {
			gauge(pausedWaiting, float64(n), key.action)
		}
	}
	for action, n := range open {
		gauge(breakersOpen, float64(n), action)
	}
}
