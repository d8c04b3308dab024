package executor_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/executor"
)

// ran counts one attempt of an action.
func ran(e *executor.Executor, action string, version int) {
	now := time.Now()
	e.Ran(host.PostUserRegistration, &host.Result{ActionID: "act_" + action, Action: action, Number: version, Succeeded: true, StartedAt: now, EndedAt: now})
}

// series returns the names of the metrics of a family with their labels.
func series(t *testing.T, registry *prometheus.Registry, family string) []string {
	t.Helper()
	var names []string
	for name := range gather(t, registry) {
		if strings.HasPrefix(name, family+"{") {
			names = append(names, name)
		}
	}
	return names
}

func TestTheMetricsOfActionsAreBounded(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	e := &executor.Executor{Metrics: registry}
	for i := range 1_000 {
		for version := range 10 {
			ran(e, fmt.Sprint("a", i), version+1)
		}
	}
	if n := len(series(t, registry, "usher_runs_total")); n != 200*3+1 {
		t.Errorf("there are %d series of runs", n)
	}
	got := gather(t, registry)
	const rest = "usher_runs_total{action=other,fault=,limit=,outcome=succeeded,trigger=post-user-registration,version=}"
	if got[rest] != 8_000 {
		t.Errorf("the rest has %v", got[rest])
	}
	const newest = "usher_runs_total{action=a7,fault=,limit=,outcome=succeeded,trigger=post-user-registration,version=10}"
	if got[newest] != 1 {
		t.Error("the newest version has no series")
	}
	if n := len(series(t, registry, "usher_run_seconds")); n != 201 {
		t.Errorf("there are %d histograms", n)
	}
}

func TestTheVersionThatRanTheLongestAgoHasNoMetrics(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	e := &executor.Executor{Metrics: registry}
	for _, version := range []int{1, 2, 3, 1, 4} {
		ran(e, "a", version)
	}
	all := strings.Join(series(t, registry, "usher_runs_total"), "\n")
	for version, want := range map[int]bool{1: true, 2: false, 3: true, 4: true} {
		if strings.Contains(all, fmt.Sprintf("version=%d}", version)) != want {
			t.Errorf("version %d: %s", version, all)
		}
	}
}

func TestTheMetricsOfADeletedActionGoAndMakeRoom(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	gone := map[string]bool{}
	e := &executor.Executor{Metrics: registry, Deleted: func(_ context.Context, s host.Step) bool { return gone[s.ActionID] }}
	for i := range 200 {
		ran(e, fmt.Sprint("a", i), 1)
	}
	gone["act_a7"] = true
	for _, family := range []string{"usher_runs_total", "usher_run_seconds"} {
		if all := strings.Join(series(t, registry, family), "\n"); strings.Contains(all, "action=a7,") || !strings.Contains(all, "action=a8,") {
			t.Errorf("%s has %s", family, all)
		}
	}
	ran(e, "new", 1)
	if all := strings.Join(series(t, registry, "usher_runs_total"), "\n"); !strings.Contains(all, "action=new,") {
		t.Error("its room is not free")
	}
}

func TestARenamedActionHasMetricsUnderItsNewName(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	e := &executor.Executor{Metrics: registry}
	now := time.Now()
	for _, name := range []string{"old", "new"} {
		e.Ran(host.PostUserRegistration, &host.Result{ActionID: "act_1", Action: name, Number: 1, StartedAt: now, EndedAt: now})
	}
	if all := strings.Join(series(t, registry, "usher_runs_total"), "\n"); strings.Contains(all, "action=old") || !strings.Contains(all, "action=new") {
		t.Errorf("the series are %s", all)
	}
}
