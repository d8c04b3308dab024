package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host/desired"
)

func newExport(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "export DIR",
		Short: "Write the host's actions and bindings as files",
		Long: `Write what the host runs as files below DIR, to keep under version control and
to give to another host with 'usher apply':
  actions/NAME.yaml   an action: its runtime, dependencies, settings, secrets
  actions/NAME.js     its code, or NAME.wasm, its module
  bindings.yaml       what runs on each trigger, in which order, with which settings
Secrets are named, with a reference to the value: ${env:NAME} or ${file:PATH},
the path from DIR. References in files that are there already are kept.`,
		Example: `  usher export prod
  git -C prod diff`,
		GroupID: groupFiles,
		Args:    exactly("DIR"),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.export(cmd.Context(), args[0]) },
	}
}

func (a *app) export(ctx context.Context, dir string) error {
	c, err := a.client()
	if err != nil {
		return err
	}
	setup, notes, err := desired.ReadHost(ctx, c)
	if err != nil {
		return err
	}
	paths, err := desired.WriteFolder(dir, setup)
	if err != nil {
		return err
	}
	return a.printWritten(dir, setup, paths, notes)
}

// printWritten tells of a folder that was written.
func (a *app) printWritten(dir string, setup desired.Setup, paths, notes []string) error {
	for _, path := range desired.Strays(dir, paths) {
		notes = append(notes, path+" is of no action here; delete it, or 'usher apply' makes that action")
	}
	err := a.term.answer(map[string]any{"dir": dir, "files": paths, "notes": notNil(notes)}, func(w io.Writer) {
		fprintf(w, "wrote %s: %s in %s\n", dir, count(len(setup.Actions), "action"), count(len(paths), "file"))
		fprintf(w, "next: usher diff %s\n", dir)
	})
	if !a.term.json {
		for _, note := range notes {
			a.term.note("note: %s", note)
		}
	}
	return err
}

// count tells how many there are of a noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
