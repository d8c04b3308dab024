package builds_test

import (
	"context"
	"fmt"
	"os"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/hosttest"
)

// An action is created with its source, built in the background, and deployed.
func Example() {
	dir, err := os.MkdirTemp("", "builds")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ctx, stop := context.WithCancel(context.Background())
	h, err := hosttest.Open(ctx, dir, 1) // its store is package sqlite's
	if err != nil {
		panic(err)
	}
	h.Builds.Builder = &builder{} // in the host: package jsbuild's
	done := make(chan error, 1)
	go func() { done <- h.Builds.Run(ctx) }()

	source := host.Source{Code: "exports.onExecutePostUserRegistration = async () => {};"}
	action, _, err := h.Builds.CreateSourceAction(ctx, "hello", host.PostUserRegistration, source, nil, false)
	if err != nil {
		panic(err)
	}
	version, err := h.Builds.DeployDraft(ctx, action.ID, 0) // waits for the build
	if err != nil {
		panic(err)
	}
	draft, err := h.Builds.Draft(ctx, action.ID)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%s: draft %d is %s, version %d is deployed\n", action.Name, draft.Revision, draft.Status, version.Number)

	stop()
	if err := <-done; err != nil {
		panic(err)
	}
	if err := h.Close(); err != nil {
		panic(err)
	}
	// Output: hello: draft 1 is built, version 1 is deployed
}
