package executor_test

import (
	"context"
	"fmt"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/executor"
)

func Example() {
	db := newStore() // in the host: package sqlite
	db.put(execution("exe_1", plan(2)))

	ctx, stop := context.WithCancel(context.Background())
	worker := &executor.Executor{
		Queue: db, Events: db, Records: db,
		Runner: executor.RunnerFunc(func(_ context.Context, x host.Execution, index, attempt int) (host.Result, host.Tape, error) {
			fmt.Printf("%s runs %s, attempt %d\n", x.ID, x.Plan[index].Action, attempt)
			if index == len(x.Plan)-1 {
				stop() // Run returns when the running actions are recorded
			}
			return host.Result{Succeeded: true}, host.Tape{}, nil
		}),
	}
	if err := worker.Run(ctx); err != nil {
		fmt.Println(err)
	}
	fmt.Println(db.execution("exe_1").Status)
	// Output:
	// exe_1 runs action-0, attempt 1
	// exe_1 runs action-1, attempt 1
	// completed
}
