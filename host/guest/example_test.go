package guest_test

import (
	"context"
	"fmt"
	"os"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/sandbox"
)

// Example runs a module, which returns its input, on one event.
func Example() {
	dir, err := os.MkdirTemp("", "guest")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	box, err := sandbox.Open(context.Background(), sandbox.Config{CacheDir: dir, Functions: guest.Functions()})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = box.Close(context.Background()) }()

	runner := &guest.Runner{Sandbox: box, Modules: &store{}, Secrets: &store{}}
	result, _, err := runner.Run(context.Background(), guest.Run{
		ExecutionID: "exe_1", Attempt: 1,
		Step:  host.Step{BindingID: "bnd_1", ActionID: "act_1", Action: "greet", Number: 1, Digest: host.Digest(guests.Wasm("echo"))},
		Event: &host.Event{ID: "evt_1", Trigger: host.PostUserRegistration, Body: []byte(`{"user":{"user_id":"auth0|1"}}`)},
	})
	fmt.Println(result.Succeeded, err)
	fmt.Printf("%.69s…\n", result.Output)
	// Output:
	// true <nil>
	// {"event":{"user":{"user_id":"auth0|1"},"configuration":{},"secrets":{…
}
