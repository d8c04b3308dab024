package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/usherhost/usher/host"
)

var readingPromises = []promise{
	{"what is not there is not found", nothingFound},
	{"executions come newest first, by pages", executionsByPage},
	{"executions are filtered by status", executionsByStatus},
	{"executions are filtered by user, event and action", executionsFiltered},
	{"results are followed in the order in which they were recorded", following},
	{"results are followed of one action alone", followingAction},
}

func nothingFound(b *bench) {
	for what, err := range map[string]error{
		"event":                           second(b.Event(b.ctx, "evt_1")),
		"execution":                       second(b.Execution(b.ctx, "exe_1")),
		"an event's id is no execution's": second(b.Execution(b.ctx, b.accept(event("a")).EventID)),
		"results":                         second(b.Results(b.ctx, "exe_1")),
		"tape":                            second(b.Tape(b.ctx, "exe_1", 0, 1)),
		"before":                          second(b.Executions(b.ctx, host.ExecutionQuery{Before: "exe_1"})),
		"retry":                           second(b.RetryExecution(b.ctx, "exe_1", host.RetryOptions{})),
		"cancel":                          second(b.CancelExecution(b.ctx, "exe_1")),
		"rerun":                           second(b.RerunExecution(b.ctx, "exe_1", host.RerunOptions{SameVersions: true})),
		"action":                          second(b.Action(b.ctx, "act_1")),
		"versions":                        second(b.Versions(b.ctx, "act_1")),
		"version":                         second(b.Version(b.ctx, "act_1", "1")),
		"module":                          second(b.Module(b.ctx, "sha256:0")),
		"binding":                         second(b.Binding(b.ctx, "bnd_1")),
		"meta":                            second(b.Meta(b.ctx, "none")),
		"key":                             second(b.KeyByHash(b.ctx, [32]byte{1})),
		"update key":                      b.UpdateKey(b.ctx, host.Key{ID: "key_1"}),
		"delete key":                      b.DeleteKey(b.ctx, "key_1"),
		"delete action":                   second(b.DeleteAction(b.ctx, "act_1", true)),
		"update binding":                  b.UpdateBinding(b.ctx, host.Binding{ID: "bnd_1"}),
		"set secrets":                     b.SetSecrets(b.ctx, "act_1", nil, nil),
		"create version":                  second(b.CreateVersion(b.ctx, host.Version{ActionID: "act_1"}, []byte("w"))),
		"deploy":                          second(b.Deploy(b.ctx, "act_1", "ver_1")),
	} {
		if host.CodeOf(err) != host.NotFound || err == nil {
			b.Errorf("%s: error is %v, want not found", what, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func executionsByPage(b *bench) {
	b.bound("one")
	var want []string
	for i := range 7 {
		want = append(want, b.accept(event(fmt.Sprint("user", i))).ExecutionID)
	}
	slices.Reverse(want)
	var got []string
	for q := (host.ExecutionQuery{Limit: 3}); ; q.Before = got[len(got)-1] {
		page, err := b.Executions(b.ctx, q)
		b.ok(err)
		if len(page) == 0 {
			break
		}
		b.equal("plan", names(page[0].Plan), "one@1")
		got = append(got, ids(page)...)
	}
	b.equal("executions", got, want)
}

func executionsByStatus(b *bench) {
	b.bound("one")
	for _, status := range []host.Status{
		host.StatusRunning, host.StatusRetrying, host.StatusCompleted, host.StatusPartial, host.StatusFailed,
	} {
		b.accept(event(string(status)))
		o := outcome(b.claimOne(), status, host.StepPending)
		if status == host.StatusRetrying {
			o.NextAt = time.Now().Add(time.Hour)
		}
		b.ok(b.record(o))
	}
	b.accept(event(string(host.StatusPending)))
	canceled := b.accept(event("canceled"))
	_, err := b.CancelExecution(b.ctx, canceled.ExecutionID)
	b.ok(err)
	for _, status := range host.Statuses() {
		got, err := b.Executions(b.ctx, host.ExecutionQuery{Status: status})
		b.ok(err)
		if len(got) != 1 || got[0].UserID != string(status) || got[0].Status != status {
			b.Errorf("with status %s: %v", status, ids(got))
		}
	}
}

func executionsFiltered(b *bench) {
	actions := b.bound("one")
	first := b.accept(event("a"))
	b.accept(event("b"))
	two := b.action("two")
	b.bind(actions[0], two)
	third := b.accept(keyed("a", "again", "{}"))
	rerun, err := b.RerunExecution(b.ctx, first.ExecutionID, host.RerunOptions{SameVersions: true})
	b.ok(err)
	for _, tt := range []struct {
		name string
		q    host.ExecutionQuery
		want []string
	}{
		{"user", host.ExecutionQuery{UserID: "a"}, []string{rerun.ExecutionID, third.ExecutionID, first.ExecutionID}},
		{"event", host.ExecutionQuery{EventID: first.EventID}, []string{rerun.ExecutionID, first.ExecutionID}},
		{"action", host.ExecutionQuery{ActionID: two.ID}, []string{third.ExecutionID}},
		{"user and before", host.ExecutionQuery{UserID: "a", Before: third.ExecutionID}, []string{first.ExecutionID}},
		{"unknown user", host.ExecutionQuery{UserID: "unknown"}, []string{}},
	} {
		got, err := b.Executions(b.ctx, tt.q)
		b.ok(err)
		b.equal(tt.name, ids(got), tt.want)
	}
}

func following(b *bench) {
	b.bound("one", "two")
	for i := range 3 {
		b.accept(event(fmt.Sprint("user", i)))
	}
	last, err := b.LastSeq(b.ctx)
	b.ok(err)
	b.equal("last before any", last, int64(0))
	var want []string
	for _, x := range b.claim(3) {
		b.ok(b.record(outcome(x, host.StatusRunning, host.StepSucceeded, host.StepPending)))
		want = append(want, x.ID)
	}
	first, err := b.RecordedResults(b.ctx, host.ResultQuery{Limit: 2})
	b.ok(err)
	rest, err := b.RecordedResults(b.ctx, host.ResultQuery{After: first[1].Seq})
	b.ok(err)
	var got []string
	for _, r := range append(first, rest...) {
		got = append(got, r.ExecutionID)
	}
	b.equal("followed", got, want)
	last, err = b.LastSeq(b.ctx)
	b.ok(err)
	b.equal("last", last, rest[0].Seq)
	none, err := b.RecordedResults(b.ctx, host.ResultQuery{After: last})
	b.ok(err)
	b.equal("after the last", len(none), 0)
	b.equal("log", rest[0].Logs[0].Message, "step 0, attempt 1")
}

func followingAction(b *bench) {
	actions := b.bound("one", "two")
	b.accept(event("a"))
	x := b.claimOne()
	b.ok(b.record(outcome(x, host.StatusRunning, host.StepSucceeded, host.StepPending)))
	x.Progress[0] = host.StepSucceeded
	b.ok(b.record(outcome(x, host.StatusCompleted, host.StepSucceeded, host.StepSucceeded)))
	got, err := b.RecordedResults(b.ctx, host.ResultQuery{ActionID: actions[1].ID})
	b.ok(err)
	if len(got) != 1 || got[0].Action != "two" {
		b.Errorf("results are %+v, want one of two", got)
	}
}
