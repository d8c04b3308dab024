package sandbox_test

import (
	"context"
	"fmt"
	"io"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/sandbox"
)

// A module is admitted once, and each run gets an instance that is as the module
// was when it had initialised itself.
func Example() {
	ctx := context.Background()
	s, err := sandbox.Open(ctx, sandbox.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = s.Close(ctx) }()
	wasm := guests.Wasm("echo")
	m, err := s.Module(ctx, host.Digest(wasm), func() ([]byte, error) { return wasm, nil })
	if err != nil {
		fmt.Println(err)
		return
	}
	defer m.Release()
	for _, fuel := range []int64{1_000_000, 10} {
		limits := host.DefaultSettings().Limits
		limits.Fuel = fuel
		out := m.Run(ctx, &sandbox.Request{
			Entry: "onExecutePostUserRegistration", Input: []byte("hello"), Limits: limits,
			Clock: stillClock{}, Stdout: io.Discard, Stderr: io.Discard,
		})
		if out.Fault != nil {
			fmt.Printf("fault of %s, limit %s: %s\n", out.Fault.Kind, out.Fault.Limit, out.Fault.Message)
			continue
		}
		fmt.Printf("%s, isolation %s\n", out.Output, out.Isolation)
	}
	// Output:
	// hello, isolation reset
	// fault of limit, limit fuel: used more than 10 units of fuel (limit 10)
}
