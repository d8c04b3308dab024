package sqlite_test

import (
	"context"
	"fmt"
	"os"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sqlite"
)

// Accept an event, lease its execution and record a result.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "usher")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	db, err := sqlite.Open(ctx, dir, sqlite.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = db.Close() }()

	_ = db.CreateAction(ctx, host.Action{ID: "act_1", Name: "welcome", Trigger: host.PostUserRegistration})
	_, _ = db.Release(ctx, host.Version{ActionID: "act_1"}, []byte("\x00asm"), nil)
	_, _ = db.ReplaceBindings(ctx, host.PostUserRegistration, []host.Binding{{ActionID: "act_1"}})

	accepted, err := db.Accept(ctx, []host.NewEvent{{Event: host.Event{Trigger: host.PostUserRegistration, Body: []byte("{}")}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	leased, _ := db.Claim(ctx, 10)
	x := leased[0]
	fmt.Println(x.ID == accepted[0].ExecutionID, x.Status, x.Plan[0].Action)

	durable := make(chan error)
	_ = db.Record(ctx, host.Outcome{
		ExecutionID: x.ID, Epoch: x.Epoch, Status: host.StatusCompleted, Progress: []host.StepState{host.StepSucceeded},
		Result: &host.Result{ExecutionID: x.ID, ActionID: "act_1", Attempt: 1, Succeeded: true},
	}, func(err error) { durable <- err })
	fmt.Println(<-durable)
	x, _ = db.Execution(ctx, x.ID)
	fmt.Println(x.Status)
	// Output:
	// true pending welcome
	// <nil>
	// completed
}
