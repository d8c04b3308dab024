package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// completeWithin is how long a shell waits for the host's names.
const completeWithin = 2 * time.Second

// completeActions lets every command below cmd whose first argument is an
// action complete the names that the host has, never those of files.
func (a *app) completeActions(cmd *cobra.Command) {
	for _, child := range cmd.Commands() {
		a.completeActions(child)
	}
	arguments := strings.Fields(cmd.Use)[1:]
	switch {
	case slices.Contains(arguments, "ACTION"):
		cmd.ValidArgsFunction = a.actionNames(1)
	case slices.Contains(arguments, "ACTION..."):
		cmd.ValidArgsFunction = a.actionNames(1 << 10)
	}
}

// actionNames completes the first arguments. A host that does not answer has no
// names.
func (a *app) actionNames(most int) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) >= most {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(cmd.Context(), completeWithin)
		defer cancel()
		names, err := a.namesOfActions(ctx, cmd)
		if err != nil {
			cobra.CompDebugln(err.Error(), false)
		}
		taken := func(name string) bool { return slices.Contains(args, name) }
		return slices.DeleteFunc(names, taken), cobra.ShellCompDirectiveNoFileComp
	}
}

func (a *app) namesOfActions(ctx context.Context, cmd *cobra.Command) ([]string, error) {
	if err := a.configure(cmd); err != nil {
		return nil, err
	}
	c, err := a.client()
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
