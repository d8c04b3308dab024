package executor

import (
	"context"
	"slices"
	"strconv"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/usherhost/usher/host"
)

// The bounds of the labels that users choose: the metrics of further actions have the
// action "other", without a version. Of one action the versions that ran last have
// metrics of their own. Those of a deleted action, and of a name that an action had
// before, go with the next scrape.
const (
	maxLabelledActions  = 200
	maxLabelledVersions = 3
	otherActions        = "other"
)

// actionMeters are the metrics that name the action. Their number is bounded.
type actionMeters struct {
	runs        *prometheus.CounterVec
	runSeconds  *prometheus.HistogramVec
	retries     *prometheus.CounterVec
	deadLetters *prometheus.CounterVec
	deleted     func(actionID string) bool // may be nil

	mu      sync.Mutex // guards those below
	actions map[string]*labelled
}

// labelled is an action with metrics of its own.
type labelled struct {
	name     string
	versions []int // the one that ran last is the last
}

func newActionMeters(deleted func(actionID string) bool) *actionMeters {
	return &actionMeters{
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "usher_runs_total", Help: "Actions run, one for each attempt; limit names what a run with fault limit went over.",
		}, []string{"trigger", "action", "version", "outcome", "fault", "limit"}),
		runSeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "usher_run_seconds", Help: "Time of one attempt at an action.",
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20, 60},
		}, []string{"trigger", "action"}),
		retries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "usher_retries_total", Help: "Failed attempts that will be made again.",
		}, []string{"trigger", "action", "version"}),
		deadLetters: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "usher_dead_letters_total", Help: "Steps whose attempts are used up.",
		}, []string{"trigger", "action", "version"}),
		deleted: deleted, actions: map[string]*labelled{},
	}
}

func (m *actionMeters) vectors() []prometheus.Collector {
	return []prometheus.Collector{m.runs, m.runSeconds, m.retries, m.deadLetters}
}

// Describe is part of [prometheus.Collector].
func (m *actionMeters) Describe(c chan<- *prometheus.Desc) {
	for _, v := range m.vectors() {
		v.Describe(c)
	}
}

// Collect is part of [prometheus.Collector].
func (m *actionMeters) Collect(c chan<- prometheus.Metric) {
	m.forgetDeleted()
	for _, v := range m.vectors() {
		v.Collect(c)
	}
}

// forgetDeleted deletes the metrics of actions that are deleted.
func (m *actionMeters) forgetDeleted() {
	if m.deleted == nil {
		return
	}
	m.mu.Lock()
	ids := make([]string, 0, len(m.actions))
	for id := range m.actions {
		ids = append(ids, id)
	}
	m.mu.Unlock()
	for _, id := range ids {
		if !m.deleted(id) {
			continue
		}
		m.mu.Lock()
		if a := m.actions[id]; a != nil {
			delete(m.actions, id)
			m.forget(prometheus.Labels{"action": a.name})
		}
		m.mu.Unlock()
	}
}

// forget deletes the metrics with these labels.
func (m *actionMeters) forget(labels prometheus.Labels) {
	m.runs.DeletePartialMatch(labels)
	m.retries.DeletePartialMatch(labels)
	m.deadLetters.DeletePartialMatch(labels)
	if _, version := labels["version"]; !version {
		m.runSeconds.DeletePartialMatch(labels)
	}
}

// count calls do with the labels of a result's action: do counts, and no label that it
// gets is forgotten meanwhile.
func (m *actionMeters) count(r *host.Result, do func(action, version string)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a := m.actions[r.ActionID]
	if a == nil {
		if len(m.actions) >= maxLabelledActions {
			do(otherActions, "")
			return
		}
		a = &labelled{name: r.Action}
		m.actions[r.ActionID] = a
	}
	if a.name != r.Action {
		m.forget(prometheus.Labels{"action": a.name})
		a.name, a.versions = r.Action, nil
	}
	m.ranLast(a, r.Number)
	do(a.name, strconv.Itoa(r.Number))
}

// ranLast notes the version that runs, and forgets the one that ran the longest ago when
// there are too many.
func (m *actionMeters) ranLast(a *labelled, number int) {
	if n := len(a.versions); n > 0 && a.versions[n-1] == number {
		return
	}
	if i := slices.Index(a.versions, number); i >= 0 {
		a.versions = slices.Delete(a.versions, i, i+1)
	}
	if a.versions = append(a.versions, number); len(a.versions) > maxLabelledVersions {
		m.forget(prometheus.Labels{"action": a.name, "version": strconv.Itoa(a.versions[0])})
		a.versions = slices.Delete(a.versions, 0, 1)
	}
}

// ran counts one attempt.
func (m *actionMeters) ran(t host.Trigger, r *host.Result) {
	outcome := "failed"
	if r.Succeeded {
		outcome = "succeeded"
	}
	m.count(r, func(action, version string) {
		m.runs.WithLabelValues(string(t), action, version, outcome, string(r.Fault), limitOf(r)).Inc()
		m.runSeconds.WithLabelValues(string(t), action).Observe(r.EndedAt.Sub(r.StartedAt).Seconds())
	})
}

// recorded counts an outcome once it is durable.
func (m *actionMeters) recorded(t host.Trigger, o *host.Outcome) {
	r := o.Result
	if r == nil || !r.DeadLetter && o.Status != host.StatusRetrying {
		return
	}
	vector := m.retries
	if r.DeadLetter {
		vector = m.deadLetters
	}
	m.count(r, func(action, version string) { vector.WithLabelValues(string(t), action, version).Inc() })
}

// limitOf returns the name of the limit that ended a run, "" when none did.
func limitOf(r *host.Result) string {
	if r.Fault != host.FaultLimit {
		return ""
	}
	return r.Limit
}

// isDeleted reports whether an action is deleted.
func (e *Executor) isDeleted(actionID string) bool {
	return e.Deleted(context.Background(), host.Step{ActionID: actionID})
}
