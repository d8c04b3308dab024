package main

import (
	"context"
	"fmt"
	"os"

	"github.com/usherhost/usher/host/child"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/jsbuild"
	"github.com/usherhost/usher/host/sandbox"
)

// openSandbox makes a sandbox that serves guests, with compiled code cached in
// dir. It finds fault with larger modules than maxModuleBytes; 0 is the default.
// What runs at once shares memoryBytes; 0 does not bound it.
func openSandbox(ctx context.Context, dir string, maxModuleBytes int, memoryBytes int64) (*sandbox.Sandbox, error) {
	config := sandbox.Config{CacheDir: dir, Functions: guest.Functions(), MaxModuleBytes: maxModuleBytes, MemoryBytes: memoryBytes}
	if dir != "" {
		config.Child = self()
	}
	box, err := sandbox.Open(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the sandbox: %w", err)
	}
	return box, nil
}

// self is the command line of a program that knows [childTasks]: this one. Nil,
// when the system does not report the path, works in this process instead.
func self() []string {
	path, err := os.Executable()
	if err != nil {
		return nil
	}
	if _, err := os.Stat(running); err == nil {
		path = running
	}
	return []string{path}
}

// running is this program on Linux, also when an update has put another one in
// its file's place since: the two may not understand each other.
const running = "/proc/self/exe"

// childTasks are what this program does in processes of their own.
func childTasks() []child.Task {
	return []child.Task{sandbox.Admission(guest.Functions()), jsbuild.Task(guest.Functions())}
}
