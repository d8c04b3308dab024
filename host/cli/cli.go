// Package cli holds the commands that call a host's API, one file for each noun.
package cli

import (
	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host/cli/command"
)

// Commands returns the commands of this package.
func Commands(env *command.Env) []*cobra.Command {
	return []*cobra.Command{
		newActions(env), newVersions(env), newRollback(env),
		newBind(env), newUnbind(env), newBindings(env), newSecrets(env),
		newEvents(env), newExecutions(env), newDeadLetters(env), newLogs(env), newTail(env),
		newEgress(env), newAudit(env), newKeys(env),
	}
}
