// Package author holds the commands with which authors make actions, without a
// server: init, build, run, replay, dev, profile, inspect, types and engine. Each command has its file;
// build's flags are in build_command.go, and what dev consists of in dev*.go. The rest is
// shared: target.go finds what a path names, toolchain.go bundles scripts, build.go and
// buildconsent.go run an action's own build command, job.go reads all that a run needs,
// fakes.go and secretsfile.go what it gets in place of the network and of a host's secrets,
// execution.go what a host has recorded, and watch.go reports changed files.
// [Deployable] is what package cli deploys of a folder or file.
package author

import (
	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host/cli/command"
)

// Commands returns the commands of this package.
func Commands(env *command.Env) []*cobra.Command {
	return []*cobra.Command{newInit(env), newBuild(env), newRun(env), newReplay(env), newDev(env), newProfile(env), newInspect(env), newTypes(env), newEngine(env)}
}
