//go:build !man

package main

import (
	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host/cli/command"
)

// manCommands is empty in the command that is released; see man.go.
func manCommands(*command.Env) []*cobra.Command { return nil }
