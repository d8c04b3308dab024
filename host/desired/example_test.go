package desired_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/usherhost/usher/host/desired"
)

// A folder is read, compared with a host, and applied; a second plan is empty.
func Example() {
	dir, err := os.MkdirTemp("", "setup")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	for name, content := range map[string]string{
		"actions/hello/action.yaml": "name: hello\ncode: hello.js\n",
		"actions/hello/hello.js":    "exports.onExecutePostUserRegistration = async () => {};\n",
		"bindings.yaml":             "post-user-registration:\n  - action: hello\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			panic(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			panic(err)
		}
	}
	ctx, host := context.Background(), newFake() // elsewhere a [client.Client]
	for range 2 {
		setup, err := desired.ReadFolder(ctx, dir, nil)
		if err != nil {
			panic(err)
		}
		plan, err := desired.NewPlan(ctx, host, setup, desired.Options{Values: desired.Values{Dir: dir}})
		if err != nil {
			panic(err)
		}
		for _, step := range plan.Steps {
			if err := step.Do(ctx, host); err != nil {
				panic(err)
			}
			fmt.Println(step.Verb, step.Object)
		}
		fmt.Println(len(plan.Steps), "steps")
	}
	// Output:
	// create action hello
	// change bindings post-user-registration
	// 2 steps
	// 0 steps
}
