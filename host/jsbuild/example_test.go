package jsbuild_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/jsbuild"
	"github.com/usherhost/usher/host/jsbuild/bundle"
	"github.com/usherhost/usher/host/sandbox"
)

// A source becomes a module, or messages for its author.
func Example() {
	ctx := context.Background()
	cache, err := os.MkdirTemp("", "usher-example-*")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(cache) }() // a temporary folder
	s, err := sandbox.Open(ctx, sandbox.Config{CacheDir: cache, Functions: guest.Functions()})
	if err != nil {
		panic(err)
	}
	defer func() { _ = s.Close(ctx) }() // nothing is left to write
	builder := jsbuild.New(jsbuild.Config{Sandbox: s})
	defer builder.Close()

	built, err := builder.Build(ctx, bundle.Source{Name: "action.js", Code: []byte(`
		exports.onExecutePostUserRegistration = async (event) => {
			console.log("hello", event.user.email);
		};`)})
	if err != nil {
		panic(err)
	}
	fmt.Println("exports", built.Exports, "from bytecode:", built.FromBytecode)

	_, err = builder.Build(ctx, bundle.Source{Name: "action.js", Code: []byte(`exports.onExecutePostUserRegistration = async (event => {};`)})
	var failed *host.BuildFailure
	if errors.As(err, &failed) {
		fmt.Println(failed.Messages[0].Headline())
	}
	// Output:
	// exports [onExecutePostUserRegistration] from bytecode: false
	// action.js:1:59: syntax error: expected ")" but found ";"
}
