package main

import (
	"cmp"
	"io"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/jsbuild/bootstrap"
	"github.com/usherhost/usher/host/release"
)

func newVersion(env *command.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of this program, and of the JavaScript engine in it",
		Long: `Print the version of this program, the commit that it was built from, and the
digests of the JavaScript engine, the runtime and the languages that it embeds, or has
made (see 'usher engine'). Two programs with the same digests make the same module of the same action.

'usher --version' prints the same.`,
		Example: `  usher version
  usher version --json | jq -r .embedded.engine`,
		Args:        command.Exactly(),
		Annotations: map[string]string{command.WithoutConfig: "true"},
		RunE:        func(*cobra.Command, []string) error { return printVersion(env) },
	}
}

// addVersionFlag makes `usher --version` print what `usher version` does.
func addVersionFlag(env *command.Env, root *cobra.Command) {
	var asked bool
	help := root.RunE
	root.Flags().BoolVar(&asked, "version", false, "print the version of this program")
	root.RunE = func(cmd *cobra.Command, args []string) error {
		if asked {
			return printVersion(env)
		}
		return help(cmd, args)
	}
}

func printVersion(env *command.Env) error {
	_, _ = bootstrap.Engine{}.Find() // one that was made in the cache counts, and may not be there
	b := release.ThisBuild()
	return env.Term.Answer(b, func(w io.Writer) {
		commit := b.Commit
		if b.Modified {
			commit += " with changes"
		}
		term.Fprintf(w, "usher %s\n", b.Version)
		env.Term.Pairs(w,
			"commit", commit,
			"date", b.Date,
			"go", b.Go+" "+b.Platform,
			"engine", cmp.Or(b.Embedded.Engine, "not made yet"),
			"runtime", b.Embedded.Runtime,
			"languages", b.Embedded.Languages,
		)
	})
}
