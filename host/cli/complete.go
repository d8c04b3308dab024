package cli

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host/cli/command"
)

// completeWithin is how long a shell waits for the host's names.
const completeWithin = 2 * time.Second

// CompleteActions lets every command below cmd whose first argument is an
// action complete the names that the host has, never those of files.
func CompleteActions(env *command.Env, cmd *cobra.Command) {
	for _, child := range cmd.Commands() {
		CompleteActions(env, child)
	}
	arguments := strings.Fields(cmd.Use)[1:]
	switch {
	case slices.Contains(arguments, "ACTION"):
		cmd.ValidArgsFunction = actionNames(env, 1)
	case slices.Contains(arguments, "ACTION..."):
		cmd.ValidArgsFunction = actionNames(env, 1<<10)
	}
}

// actionNames completes the first arguments. A host that does not answer has no
// names.
func actionNames(env *command.Env, most int) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) >= most {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(cmd.Context(), completeWithin)
		defer cancel()
		names, err := namesOfActions(ctx, env, cmd)
		if err != nil {
			cobra.CompDebugln(err.Error(), false)
		}
		taken := func(name string) bool { return slices.Contains(args, name) }
		return slices.DeleteFunc(names, taken), cobra.ShellCompDirectiveNoFileComp
	}
}

func namesOfActions(ctx context.Context, env *command.Env, cmd *cobra.Command) ([]string, error) {
	if err := env.Configure(cmd); err != nil {
		return nil, err
	}
	c, err := env.Client()
	if err != nil {
		return nil, err
	}
	actions, err := c.Actions(ctx, "")
	names := make([]string, len(actions))
	for i, action := range actions {
		names[i] = action.Name
	}
	return names, err
}
