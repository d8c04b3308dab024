package main

import (
	"cmp"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/release"
)

func newLicenses(env *command.Env) *cobra.Command {
	var list bool
	cmd := &cobra.Command{
		Use:   "licenses",
		Short: "Print the licences of everything that this program contains",
		Long: `Print the licences and notices of everything of others that this program contains:
the Go modules that are linked, and the npm packages that are in the JavaScript engine.
Usher itself has the Apache License 2.0.

A program that 'go install' built has no notices in it: it prints the addresses where
those of its Go modules are.`,
		Example: `  usher licenses --list
  usher licenses > NOTICES
  usher licenses --json | jq -r '.[] | [.kind, .name, .version, .license] | @tsv'`,
		Args:        command.Exactly(),
		Annotations: map[string]string{command.WithoutConfig: "true"},
		RunE:        func(*cobra.Command, []string) error { return printLicenses(env, list) },
	}
	cmd.Flags().BoolVar(&list, "list", false, "print names, versions and licences only")
	return cmd
}

func printLicenses(env *command.Env, short bool) error {
	components, whole, err := release.Components()
	if err != nil {
		return err
	}
	if short || !whole {
		err = printComponents(env, components, whole)
	} else {
		err = env.Term.Answer(components, func(w io.Writer) { writeNotices(w, components) })
	}
	if err == nil && !whole {
		env.Term.Note("usher: this program was built without notices: read them at these addresses, and those of its npm packages in host/jsbuild/runtime of usher's source; releases and 'task build' have them")
	}
	return err
}

// printComponents prints one line for each; without notices, where they are.
func printComponents(env *command.Env, components []release.Component, whole bool) error {
	last := "LICENCE"
	if !whole {
		last = "ADDRESS"
	}
	brief := make([]release.Component, len(components))
	rows := make([][]string, len(components))
	for i, c := range components {
		c.Notices = nil
		brief[i] = c
		rows[i] = []string{c.Kind, c.Name, cmp.Or(c.Version, "-"), cmp.Or(c.License, "see its notices")}
		if !whole {
			rows[i][3] = c.Source
		}
	}
	return env.Term.Answer(brief, func(w io.Writer) { env.Term.Table(w, []string{"KIND", "NAME", "VERSION", last}, rows) })
}

func writeNotices(w io.Writer, components []release.Component) {
	line := strings.Repeat("-", 80)
	for _, c := range components {
		term.Fprintf(w, "%s\n%s\n%s\n", line, strings.TrimSpace(c.Name+" "+c.Version), c.Source)
		for _, n := range c.Notices {
			term.Fprintf(w, "\n%s:\n\n%s\n", n.File, term.Block(strings.TrimRight(n.Text, "\n")))
		}
		term.Fprintf(w, "\n")
	}
}
