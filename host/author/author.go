// Package author holds the commands with which authors make actions, without a
// server: init, build, run, dev, profile and inspect.
package author

import (
	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host/cli/command"
)

// Commands returns the commands of this package.
func Commands(env *command.Env) []*cobra.Command {
	return []*cobra.Command{newInit(env), newBuild(env), newRun(env), newDev(env), newProfile(env), newInspect(env)}
}
