// Package cli holds the commands that call a host's API, one file for each noun:
// actions with their versions and deploys, bindings, secrets, events, executions,
// logs and keys. Flags that several commands share have files of their own:
// executionflags.go selects executions, bindingsettings.go makes settings. What
// commands are made of is in package cli/command, how they print in cli/term; the
// commands of configuration as code are in cli/ascode, those of the host's own
// machine in cli/operator, and those of authors in package author.
package cli

import (
	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host/cli/command"
)

// Commands returns the commands of this package.
func Commands(env *command.Env) []*cobra.Command {
	return []*cobra.Command{
		newActions(env), newDeploy(env), newVersions(env), newRollback(env), newCheck(env),
		newBind(env), newUnbind(env), newBindings(env), newPause(env), newResume(env), newHolds(env), newSecrets(env),
		newEvents(env), newExecutions(env), newDeadLetters(env), newLogs(env), newTail(env),
		newEgress(env), newAudit(env), newKeys(env), newLogin(env), newProfiles(env), newNotices(env), newWebhooks(env),
	}
}
