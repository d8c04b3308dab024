package ascode

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/desired"
)

func newExport(env *command.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "export DIR",
		Short: "Write the host's actions and bindings as files",
		Long: `Write what the host runs as files below DIR, to keep under version control and
to give to another host with 'usher apply':
  actions/NAME/action.yaml   an action: its runtime, dependencies, settings, secrets
  actions/NAME/action.js     its code, or action.wasm, its module
  bindings.yaml              what runs on each trigger, in which order, with which settings
Each folder below actions can also be given to 'usher run' and 'usher dev'.
Secrets are named, with a reference to the value: ${env:NAME} or ${file:PATH},
the path from DIR. References in existing files are kept, and so are actions whose
module is built from the files in their folder.`,
		Example: `  usher export prod
  git -C prod diff`,
		GroupID: command.GroupFiles,
		Args:    command.Exactly("DIR"),
		RunE:    func(cmd *cobra.Command, args []string) error { return export(cmd.Context(), env, args[0]) },
	}
}

func export(ctx context.Context, env *command.Env, dir string) error {
	c, err := env.Client()
	if err != nil {
		return err
	}
	setup, notes, err := desired.ReadHost(ctx, c)
	if err != nil {
		return err
	}
	written, err := desired.WriteFolder(dir, setup)
	if err != nil {
		return err
	}
	return printWritten(env.Term, dir, setup, written, notes)
}

// printWritten describes a folder that was written.
func printWritten(t term.Terminal, dir string, setup desired.Setup, written desired.Written, notes []string) error {
	notes = append(notes, written.Notes...)
	err := t.Answer(map[string]any{"dir": dir, "files": written.Paths, "notes": term.NotNil(notes)}, func(w io.Writer) {
		term.Fprintf(w, "wrote %s: %s in %s\n", dir, term.Count(len(setup.Actions), "action"), term.Count(len(written.Paths), "file"))
		term.Fprintf(w, "next: usher diff %s\n", dir)
	})
	if !t.JSON {
		for _, note := range notes {
			t.Note("note: %s", note)
		}
	}
	return err
}
