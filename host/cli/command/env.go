// Package command holds what commands are made of: their environment, arguments,
// groups and input, and the client of the server that the configuration names.
package command

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/settings"
)

// Env is the environment of every command: the terminal, and the configuration once
// the flags are parsed.
type Env struct {
	Term   term.Terminal
	Config settings.Config
	Reload func() (settings.Config, error) // reads the configuration again
	Self   []string                        // the command line of this program, for subprocesses
}

// Configure reads the configuration for cmd.
func (env *Env) Configure(cmd *cobra.Command) error {
	env.Term.JSON, _ = cmd.Flags().GetBool("json")
	if err := cmd.ValidateFlagGroups(); err != nil {
		return term.UsageError{Err: err, Hint: "usage: " + cmd.UseLine()}
	}
	if needsNoConfig(cmd) {
		return nil
	}
	env.Reload = func() (settings.Config, error) { return settings.Load(cmd.Flags(), os.Environ()) }
	cfg, err := env.Reload()
	if err != nil {
		return err
	}
	env.Config = cfg
	return nil
}

// WithoutConfig marks commands that read no configuration.
const WithoutConfig = "without-config"

// needsNoConfig reports whether cmd works with a broken configuration: what is
// marked so, and cobra's own commands.
func needsNoConfig(cmd *cobra.Command) bool {
	for c := cmd; c != nil; c = c.Parent() {
		if c.Annotations[WithoutConfig] != "" || c.Name() == "help" || c.Name() == "completion" {
			return true
		}
	}
	return cmd == cmd.Root()
}

// The groups of commands in the help page.
const (
	GroupHost   = "host"
	GroupWork   = "work"
	GroupFiles  = "files"
	GroupAuthor = "author"
)
