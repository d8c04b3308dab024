// Package ascode holds the commands of configuration as code: export, diff, apply
// and import.
package ascode

import (
	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host/cli/command"
)

// Commands returns the commands of this package.
func Commands(env *command.Env) []*cobra.Command {
	return []*cobra.Command{newExport(env), newDiff(env), newApply(env), newImport(env)}
}
