package sandbox

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/wasmbin"
)

// Link is a module whose functions another one imports, by this name.
type Link struct {
	Name string
	Wasm []byte
}

// link is a linked module's code.
type link struct {
	name string
	code *code
}

// linkSection is the custom section that carries a linked module within the
// one that imports from it, so that both have one digest: the length of its
// name, the name, the module.
const linkSection = "usher:link"

// Bundle returns main with the modules that it links, in the order in which
// they are to be instantiated.
func Bundle(main []byte, links []Link) []byte {
	out := slices.Clone(main)
	for _, l := range links {
		content := binary.AppendUvarint(nil, uint64(len(l.Name)))
		content = append(append(content, l.Name...), l.Wasm...)
		out = wasmbin.AppendCustom(out, linkSection, content)
	}
	return out
}

// maxLinks is how many modules one can link: each run instantiates all of them.
const maxLinks = 32

// reservedNames begin the names of what only rewritten code imports.
const reservedNames = "usher:"

// linksOf returns what a module links.
func linksOf(outline *wasmbin.Module) (links []Link, err error) {
	for _, s := range outline.Sections {
		name, rest, ok := s.Custom()
		if !ok || name != linkSection {
			continue
		}
		var l Link
		if l.Name, l.Wasm, ok = cutName(rest); !ok {
			return nil, fmt.Errorf("read module: a section %q is malformed", linkSection)
		}
		if len(links) == maxLinks {
			return nil, fmt.Errorf("read module: it links more than %d modules", maxLinks)
		}
		links = append(links, l)
	}
	return links, nil
}

func cutName(b []byte) (name string, rest []byte, ok bool) {
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(len(b)-size) {
		return "", nil, false
	}
	return string(b[size : size+int(n)]), b[size+int(n):], true
}

// linkage is what a module can import from the modules that it links.
type linkage map[string]*wasmbin.Module

// describeLinks tells of the linked modules of a module, and what is wrong with
// them.
func (s *Sandbox) describeLinks(outline *wasmbin.Module, in *host.Inspection) linkage {
	links, err := linksOf(outline)
	if err != nil {
		in.Problems = append(in.Problems, host.Problem{Detail: err.Error(), Hint: "upload the manifest again"})
	}
	known := linkage{}
	for _, l := range links {
		problems := wasmbin.Check(l.Wasm, budgets)
		part, err := wasmbin.Parse(l.Wasm)
		switch {
		case len(problems) > 0 || err != nil:
			in.Problems = append(in.Problems, problems...)
			continue
		case s.taken(l.Name) || known[l.Name] != nil || l.Name == "":
			in.Problems = append(in.Problems, host.Problem{
				Detail: fmt.Sprintf("the manifest links a module under the name %q, which is taken", l.Name),
				Hint:   "give each linked module a name of its own",
			})
			continue
		}
		for _, i := range part.Imports {
			if problem, ok := s.admitImport(i, known); !ok {
				problem.Detail = fmt.Sprintf("linked module %q: %s", l.Name, problem.Detail)
				in.Problems = append(in.Problems, problem)
			}
		}
		known[l.Name] = part
	}
	return known
}

// taken reports whether a name is the host's: a module linked under it would
// answer in the host's place. Module env, of which it serves Emscripten's notices
// alone, may be linked.
func (s *Sandbox) taken(name string) bool {
	return s.served[name] != nil && name != emscriptenModule || strings.HasPrefix(name, reservedNames)
}

// admitLinks rewrites the linked modules as the main one is.
func (s *Sandbox) admitLinks(ctx context.Context, a *artifact, outline *wasmbin.Module) error {
	links, err := linksOf(outline)
	if err != nil {
		return err
	}
	for _, l := range links {
		if s.taken(l.Name) {
			return fmt.Errorf("link module %q: its name is the host's", l.Name)
		}
		if problems := wasmbin.Check(l.Wasm, budgets); len(problems) > 0 { // the engine must not see it
			return fmt.Errorf("link module %q: %s", l.Name, problems[0].Detail)
		}
		options := plainOptions()
		options.ExportGlobals = false
		part, err := wasmbin.Rewrite(l.Wasm, options)
		if err != nil {
			return fmt.Errorf("read linked module %q: %w", l.Name, err)
		}
		linked := newPart(part)
		code, err := s.compilePart(ctx, linked)
		if err != nil {
			return fmt.Errorf("linked module %q: %w", l.Name, err)
		}
		s.release(code)
		a.LinkNames, a.Links = append(a.LinkNames, l.Name), append(a.Links, linked)
	}
	if len(links) > 0 {
		a.Reasons = append(a.Reasons, "it links other modules")
	}
	return nil
}
