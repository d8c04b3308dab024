package author

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/settings"
	"github.com/usherhost/usher/host/web"
)

func newInspect(env *command.Env) *cobra.Command {
	var f ScriptFlags
	cmd := &cobra.Command{
		Use:   "inspect FILE",
		Short: "Check whether a module can be an action, and if not, why",
		Example: `  usher inspect build/hello.wasm
  usher inspect hello.js --json`,
		Long: `Read a .wasm file, or build a script, and print its exports, its imports and
whether the host provides them, its initial memory, and whether it can be an
action. Exits with code 5 when it can't.`,
		GroupID: command.GroupAuthor,
		Args:    command.Exactly("FILE"),
		RunE:    func(cmd *cobra.Command, args []string) error { return inspect(cmd.Context(), env, args[0], f) },
	}
	f.Add(cmd)
	settings.AddFlag(cmd.Flags(), "max-module-bytes")
	return cmd
}

func inspect(ctx context.Context, env *command.Env, path string, f ScriptFlags) error {
	b := newToolchain(env, f)
	defer b.close(ctx)
	wasm, err := b.module(ctx, path, nil, "name a .wasm file or a script")
	if err != nil {
		return err
	}
	box, err := b.sandbox(ctx)
	if err != nil {
		return err
	}
	inspection, err := (&guest.Runner{Sandbox: box}).Inspect(ctx, wasm)
	if err != nil {
		return fmt.Errorf("inspect %s: %w", path, err)
	}
	inspection.Problems, inspection.Warnings = web.WordProblems(inspection.Problems), web.WordProblems(inspection.Warnings)
	if err := env.Term.Answer(inspection, func(w io.Writer) { printInspection(env.Term, w, path, inspection) }); err != nil {
		return err
	}
	if len(inspection.Problems) > 0 {
		return term.SilentExit(term.ExitRefused)
	}
	return nil
}

func printInspection(t term.Terminal, w io.Writer, path string, i host.Inspection) {
	t.Pairs(w,
		"module", path,
		"digest", i.Digest,
		"size", term.ByteSize(i.SizeBytes),
		"memory", term.ByteSize(i.MemoryBytes)+" at start",
		"exports", strings.Join(i.Exports, " "),
		"isolation", isolationLine(i),
	)
	isolationNotes(t, w, i)
	for _, warning := range i.Warnings {
		term.Fprintln(w, t.Yellow("warning")+": "+warning.Detail)
		if warning.Hint != "" {
			term.Fprintln(w, "  hint: "+warning.Hint)
		}
	}
	if len(i.Imports) > 0 {
		term.Fprintln(w)
		var rows [][]string
		for _, m := range sortedImports(i.Imports) {
			rows = append(rows, []string{m.Module, m.Name, served(t, m.Served)})
		}
		t.Table(w, []string{"IMPORT", "FUNCTION", "SERVED"}, rows)
	}
	term.Fprintln(w)
	if len(i.Problems) == 0 {
		term.Fprintln(w, t.Green("fits")+": "+fmt.Sprint(i.Triggers))
		return
	}
	term.Fprintln(w, t.Red("does not fit")+":")
	for n, p := range i.Problems {
		term.Fprintln(w, "  - "+p.Detail)
		again := n+1 < len(i.Problems) && i.Problems[n+1].Hint == p.Hint // many imports have one hint
		if p.Hint != "" && !again {
			term.Fprintln(w, "    hint: "+p.Hint)
		}
	}
}

// isolationNotes prints why the module gets no better isolation, and what that
// costs.
func isolationNotes(t term.Terminal, w io.Writer, i host.Inspection) {
	for _, reason := range i.Reasons {
		term.Fprintln(w, "  - not better: "+reason)
	}
	if i.InitRandom {
		term.Fprintln(w, t.Yellow("warning")+": it takes random bytes while it initialises itself, so every run begins with the same random state: set isolation: plain if that matters")
	}
}

// isolationLine is how runs of the module get their instances, in one line.
func isolationLine(i host.Inspection) string {
	line := string(i.Isolation)
	if i.ImageBytes > 0 {
		line += ", from an image of " + term.ByteSize(i.ImageBytes)
	}
	if i.WarmedUp {
		line += ", warmed up"
	}
	return line
}

func served(t term.Terminal, yes bool) string {
	if yes {
		return "yes"
	}
	return t.Red("no")
}

func sortedImports(imports []host.Import) []host.Import {
	sorted := slices.Clone(imports)
	slices.SortStableFunc(sorted, func(x, y host.Import) int { return strings.Compare(x.Module, y.Module) })
	return sorted
}
