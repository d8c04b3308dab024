// Package command holds what commands are made of: their environment, arguments,
// groups and input, and the client of the server that the configuration names.
package command

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/profiles"
	"github.com/usherhost/usher/host/settings"
)

// Env is the environment of every command: the terminal, and the configuration once
// the flags are parsed.
type Env struct {
	Term   term.Terminal
	Config settings.Config
	Reload func() (settings.Config, error) // reads the configuration again
	Self   []string                        // the command line of this program, for subprocesses

	Profiles    profiles.File // the user's
	ProfileFlag string        // the name that --profile gives

	profile string // whose URL the configuration has, "" for none
	set     profiles.Set
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
	env.Config, env.Profiles = cfg, profiles.Of(os.Environ())
	env.ProfileFlag, _ = cmd.Flags().GetString(settings.FlagProfile)
	if needsNoProfile(cmd) {
		return nil
	}
	return env.useProfile(env.ProfileFlag, os.Getenv(settings.EnvProfile))
}

// WithoutProfile marks commands that look for no host in the profiles.
const WithoutProfile = "without-profile"

// needsNoProfile reports whether cmd works with broken profiles: what is marked so,
// and what works without a host.
func needsNoProfile(cmd *cobra.Command) bool {
	for c := cmd; c != nil; c = c.Parent() {
		if c.Annotations[WithoutProfile] != "" || c.GroupID == GroupAuthor {
			return true
		}
	}
	return false
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
