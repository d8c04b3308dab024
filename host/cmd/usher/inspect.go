package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/web"
)

func newInspect(a *app) *cobra.Command {
	var f scriptFlags
	cmd := &cobra.Command{
		Use:   "inspect FILE",
		Short: "Say whether a module fits, and why not",
		Long: `Read a .wasm file, or build a script, and say what it exports, what it imports
and whether the host serves that, how much memory it starts with, and whether it
can be an action. Ends with code 5 when it can't.`,
		GroupID: groupAuthor,
		Args:    exactly("FILE"),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.inspect(cmd.Context(), args[0], f) },
	}
	f.add(cmd)
	addOneServeFlag(cmd, "max-module-bytes")
	return cmd
}

func (a *app) inspect(ctx context.Context, path string, f scriptFlags) error {
	b := a.bench(f)
	defer b.close(ctx)
	wasm, err := b.module(ctx, path, "name a .wasm file or a script")
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
	if err := a.term.answer(inspection, func(w io.Writer) { a.printInspection(w, path, inspection) }); err != nil {
		return err
	}
	if len(inspection.Problems) > 0 {
		return silentExit(exitRefused)
	}
	return nil
}

func (a *app) printInspection(w io.Writer, path string, i host.Inspection) {
	a.term.pairs(w,
		"module", path,
		"digest", i.Digest,
		"size", byteSize(i.SizeBytes),
		"memory", byteSize(i.MemoryBytes)+" at start",
		"exports", strings.Join(i.Exports, " "),
		"isolation", isolationLine(i),
	)
	a.isolationNotes(w, i)
	for _, warning := range i.Warnings {
		fprintln(w, a.term.yellow("warning")+": "+warning.Detail)
		if warning.Hint != "" {
			fprintln(w, "  hint: "+warning.Hint)
		}
	}
	if len(i.Imports) > 0 {
		fprintln(w)
		var rows [][]string
		for _, m := range sortedImports(i.Imports) {
			rows = append(rows, []string{m.Module, m.Name, a.served(m.Served)})
		}
		a.term.table(w, []string{"IMPORT", "FUNCTION", "SERVED"}, rows)
	}
	fprintln(w)
	if len(i.Problems) == 0 {
		fprintln(w, a.term.green("fits")+": "+fmt.Sprint(i.Triggers))
		return
	}
	fprintln(w, a.term.red("does not fit")+":")
	for n, p := range i.Problems {
		fprintln(w, "  - "+p.Detail)
		again := n+1 < len(i.Problems) && i.Problems[n+1].Hint == p.Hint // many imports have one hint
		if p.Hint != "" && !again {
			fprintln(w, "    hint: "+p.Hint)
		}
	}
}

// isolationNotes tells why runs of the module get no better isolation, and what
// it costs.
func (a *app) isolationNotes(w io.Writer, i host.Inspection) {
	for _, reason := range i.Reasons {
		fprintln(w, "  - not better: "+reason)
	}
	if i.InitRandom {
		fprintln(w, a.term.yellow("warning")+": it takes random bytes while it initialises itself, so every run begins with the same random state: set isolation: plain if that matters")
	}
}

// isolationLine tells in one line how runs of the module get their instances.
func isolationLine(i host.Inspection) string {
	line := string(i.Isolation)
	if i.ImageBytes > 0 {
		line += ", from an image of " + byteSize(i.ImageBytes)
	}
	if i.WarmedUp {
		line += ", warmed up"
	}
	return line
}

func (a *app) served(yes bool) string {
	if yes {
		return "yes"
	}
	return a.term.red("no")
}

func sortedImports(imports []host.Import) []host.Import {
	sorted := slices.Clone(imports)
	slices.SortStableFunc(sorted, func(x, y host.Import) int { return strings.Compare(x.Module, y.Module) })
	return sorted
}
