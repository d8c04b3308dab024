package executor_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/executor"
)

// pausing returns a Paused that knows these targets.
func pausing(targets ...string) func(*executor.Decider) {
	return func(d *executor.Decider) {
		d.Paused = func(target string) *host.Pause {
			if slices.Contains(targets, target) {
				return &host.Pause{Target: target, Reason: "for the operator alone"}
			}
			return nil
		}
	}
}

func TestAPausedTriggerRefusesItsDecisions(t *testing.T) {
	t.Parallel()
	f := &flows{plan: []host.Step{{Action: "a"}}, run: succeeds}
	d, stop := f.decider(t, pausing(string(host.PreUserRegistration)))
	if _, err := d.Decide(t.Context(), asked, 0); !refusedWithRetry(err) {
		t.Errorf("decided with %v", err)
	}
	stop()
	if len(f.records) != 0 {
		t.Errorf("%d records", len(f.records))
	}
}

func TestAPausedActionOfADecisionCountsAsItsOnFailureSays(t *testing.T) {
	t.Parallel()
	for onFailure, verdict := range map[host.OnFailure]host.Verdict{host.FailAllow: host.Allow, host.FailDeny: host.Deny} {
		f := &flows{run: succeeds, plan: []host.Step{
			{Action: "first", ActionID: "act_first"},
			{Action: "paused", ActionID: "act_paused", Settings: host.Settings{OnFailure: onFailure}},
			{Action: "last", ActionID: "act_last"},
		}}
		f.run = func(*host.Execution, int) (host.Result, error) {
			// What people see of the decision is folded again from the results.
			return host.Result{Succeeded: true, Given: []host.Command{{Type: host.CommandUserID, UserID: "secret"}}}, nil
		}
		d, stop := f.decider(t, pausing("act_paused"))
		decision, err := d.Decide(t.Context(), asked, 0)
		if err != nil || decision.Verdict != verdict || !decision.Degraded || !slices.Equal(decision.FailedActions, []string{"paused"}) {
			t.Errorf("%s: decided %+v, %v", onFailure, decision, err)
		}
		stop()
		results := f.records[0].Decision.Results
		want := []host.DecisionStatus{host.DecisionSucceeded, host.DecisionNotRun, host.DecisionSucceeded}
		if verdict == host.Deny {
			want[2] = host.DecisionSkipped
		}
		for i, status := range want {
			if results[i].Status != status {
				t.Errorf("%s: result %d is %+v, want %s", onFailure, i, results[i], status)
			}
		}
		if e := results[1].Error; e == nil || e.Name != "PausedError" {
			t.Errorf("%s: error is %+v", onFailure, e)
		}
	}
}

func TestLimitsOfAnActionOfADecision(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &flows{run: func(*host.Execution, int) (host.Result, error) {
			time.Sleep(time.Second)
			return host.Result{Succeeded: true}, nil
		}}
		decide := func(s host.Settings, times int) (ran int) {
			s.OnFailure = host.FailAllow
			f.plan = []host.Step{{Action: "a", ActionID: "act_a", Settings: s}}
			d, stop := f.decider(t, nil)
			time.Sleep(time.Minute)
			decisions := make(chan host.Decision, times)
			for range times {
				go func() {
					decision, err := d.Decide(t.Context(), asked, 0)
					if err != nil || decision.Verdict != host.Allow {
						t.Errorf("decided %+v, %v", decision, err)
					}
					decisions <- decision
				}()
			}
			for range times {
				if decision := <-decisions; decision.Results[0].Status == host.DecisionSucceeded {
					ran++
				} else if e := decision.Results[0].Error; e == nil || e.Name != "LimitError" || !decision.Degraded {
					t.Errorf("decided %+v, %+v", decision, e)
				}
			}
			stop()
			return ran
		}
		if n := decide(host.Settings{Concurrency: 2}, 4); n != 2 {
			t.Errorf("with a concurrency of 2, %d of 4 ran", n)
		}
		if n := decide(host.Settings{Rate: "3/m"}, 4); n != 3 {
			t.Errorf("with a rate of 3/m, %d of 4 ran", n)
		}
		if n := decide(host.Settings{}, 4); n != 4 {
			t.Errorf("without a limit %d of 4 ran", n)
		}
	})
}
