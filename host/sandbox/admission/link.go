package admission

import (
	"context"
	"fmt"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox/extism"
	"github.com/usherhost/usher/host/wasmbin"
)

// reservedPrefix begins the names of modules that only rewritten code imports.
const reservedPrefix = "usher:"

// linkage is what a module can import from the modules that it links.
type linkage map[string]*wasmbin.Module

// describeLinks returns what a module can import from the modules that it links,
// and adds to the problems what is wrong with these.
func (ad *Admitter) describeLinks(outline *wasmbin.Module, in *host.Inspection) linkage {
	links, err := extism.LinksOf(outline)
	if err != nil {
		in.Problems = append(in.Problems, host.Problem{Detail: err.Error(), Hint: "upload the manifest again"})
	}
	known := linkage{}
	for _, l := range links {
		problems := wasmbin.Check(l.Wasm, budgets)
		linked, err := wasmbin.Parse(l.Wasm)
		switch {
		case len(problems) > 0 || err != nil:
			in.Problems = append(in.Problems, problems...)
			continue
		case ad.taken(l.Name) || known[l.Name] != nil || l.Name == "":
			in.Problems = append(in.Problems, host.Problem{
				Detail: fmt.Sprintf("the manifest links a module under the name %q, which is taken", l.Name),
				Hint:   "give each linked module a name of its own",
			})
			continue
		}
		for _, i := range linked.Imports {
			if problem, ok := ad.checkImport(i, known); !ok {
				problem.Detail = fmt.Sprintf("linked module %q: %s", l.Name, problem.Detail)
				in.Problems = append(in.Problems, problem)
			}
		}
		known[l.Name] = linked
	}
	return known
}

// taken reports whether a name is the host's: a module linked under it would serve
// imports in the host's place. Of module env the host serves Emscripten's
// notification alone, so that a module may be linked under it.
func (ad *Admitter) taken(name string) bool {
	return ad.Served[name] != nil && name != EmscriptenModule || strings.HasPrefix(name, reservedPrefix)
}

// admitLinks rewrites the linked modules as the main one is.
func (ad *Admitter) admitLinks(ctx context.Context, a *Artifact, outline *wasmbin.Module) error {
	links, err := extism.LinksOf(outline)
	if err != nil {
		return err
	}
	for _, l := range links {
		if ad.taken(l.Name) {
			return fmt.Errorf("link module %q: its name is the host's", l.Name)
		}
		if problems := wasmbin.Check(l.Wasm, budgets); len(problems) > 0 { // the engine must not see it
			return fmt.Errorf("link module %q: %s", l.Name, problems[0].Detail)
		}
		options := plainOptions()
		options.ExportGlobals = false
		rewritten, err := wasmbin.Rewrite(l.Wasm, options)
		if err != nil {
			return fmt.Errorf("read linked module %q: %w", l.Name, err)
		}
		unit := NewUnit(rewritten)
		if err := ad.Engine.Compile(ctx, unit); err != nil {
			return fmt.Errorf("linked module %q: %w", l.Name, err)
		}
		a.LinkNames, a.Links = append(a.LinkNames, l.Name), append(a.Links, unit)
	}
	if len(links) > 0 {
		a.Reasons = append(a.Reasons, "it links other modules")
	}
	return nil
}
