// Package operator holds the commands of the operator of a host, on the machine of
// its data directory: doctor, backup and config.
package operator

import (
	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host/cli/command"
)

// Commands returns the commands of this package.
func Commands(env *command.Env) []*cobra.Command {
	return []*cobra.Command{newDoctor(env), newBackup(env), newConfig(env)}
}
