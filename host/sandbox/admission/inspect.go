package admission

import (
	"errors"
	"fmt"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/child"
	"github.com/usherhost/usher/host/wasmbin"
)

// Inspection is what is known of a module. Problems say why it can't be deployed.
type Inspection struct {
	host.Inspection
	Entries []string // those of the wanted entries that it exports

	outline *wasmbin.Module // nil when the module can't be read
}

// Inspect checks a module of at most maxBytes without compiling it. Of entries it
// needs one.
func (ad *Admitter) Inspect(wasm []byte, maxBytes int, entries []string) *Inspection {
	i := &Inspection{Inspection: host.Inspection{Digest: host.Digest(wasm), SizeBytes: int64(len(wasm))}}
	if len(wasm) > maxBytes {
		i.Problems = []host.Problem{{
			Detail: fmt.Sprintf("the module has %d bytes; the limit is %d", len(wasm), maxBytes), Hint: smallerHint,
		}}
		return i
	}
	i.Problems = wasmbin.Check(wasm, budgets)
	outline, err := wasmbin.Parse(wasm)
	if err != nil {
		i.Problems = []host.Problem{wasmbin.Explain(err)}
		return i
	}
	i.outline = outline
	ad.describe(outline, &i.Inspection)
	if i.MemoryBytes > host.MaxMemoryBytes {
		i.Problems = append(i.Problems, host.Problem{
			Detail: fmt.Sprintf("the module begins with %d bytes of memory; a run may have %d at most", i.MemoryBytes, host.MaxMemoryBytes),
			Hint:   memoryHint,
		})
	}
	if startOnly(outline) {
		i.Problems = append(i.Problems, startProblem())
	}
	i.findEntries(entries)
	return i
}

// Refused adds the problem of a module that can't be admitted.
func (i *Inspection) Refused(err error) {
	i.Problems = append(i.Problems, host.Problem{Detail: err.Error(), Hint: compileHint(err)})
}

const smallerHint = "strip debug information (wasm-opt --strip-debug, or -ldflags='-s -w' for Go), or raise the host's --max-module-bytes"

// compileHint returns a hint for a module that could not be compiled.
func compileHint(err error) string {
	if _, over := errors.AsType[*child.LimitError](err); over {
		return "divide its largest functions, or compile it with optimisation (-O2, --release) and without forced inlining"
	}
	return engineHint
}

const engineHint = "the engine supports WebAssembly 2.0 without threads, tail calls, exceptions and garbage collection"

func (i *Inspection) findEntries(entries []string) {
	for _, name := range entries {
		f, exported := i.outline.Function(name)
		switch {
		case exported && isEntry(f):
			i.Entries = append(i.Entries, name)
		case exported:
			i.Problems = append(i.Problems, host.Problem{
				Detail: fmt.Sprintf("the module exports %s with parameters or with a result that is not one i32", name),
				Hint:   "declare it without parameters and let it return an i32: 0 for success",
			})
		}
	}
	if len(i.Entries) == 0 && len(i.Problems) == 0 && len(entries) > 0 {
		i.Problems = append(i.Problems, host.Problem{
			Detail: fmt.Sprintf("the module does not export %s", strings.Join(entries, " or ")),
			Hint:   "export the handler under exactly that name (it exports: " + orNothing(i.Exports) + ")",
		})
	}
}

func orNothing(names []string) string {
	if len(names) == 0 {
		return "no function"
	}
	return strings.Join(names[:min(len(names), 10)], ", ")
}

func (ad *Admitter) describe(outline *wasmbin.Module, in *host.Inspection) {
	for _, e := range outline.Exports {
		if e.Kind == wasmbin.KindFunction {
			in.Exports = append(in.Exports, e.Name)
		}
	}
	for _, m := range outline.Memories {
		in.MemoryBytes += int64(m.Min) * wasmbin.PageBytes
	}
	links := ad.describeLinks(outline, in)
	for _, i := range outline.Imports {
		problem, served := ad.checkImport(i, links)
		if i.Kind == wasmbin.KindFunction {
			in.Imports = append(in.Imports, host.Import{Module: i.Module, Name: i.Name, Served: served})
		}
		if !served {
			in.Problems = append(in.Problems, problem)
		}
	}
}

// checkImport reports whether the host serves an import, or else why not.
func (ad *Admitter) checkImport(i wasmbin.Import, links linkage) (host.Problem, bool) {
	name := fmt.Sprintf("%q.%q", i.Module, i.Name)
	if i.Kind != wasmbin.KindFunction {
		return host.Problem{
			Detail: fmt.Sprintf("the module imports a memory, table or global (%s); the host provides functions only", name),
			Hint:   notFunctionHint(i),
		}, false
	}
	if l := links[i.Module]; l != nil {
		f, found := l.Function(i.Name)
		if !found || string(f.Params) != string(i.Type.Params) || string(f.Results) != string(i.Type.Results) {
			return host.Problem{
				Detail: fmt.Sprintf("the module imports %s, and the linked module %q exports no such function", name, i.Module),
				Hint:   "link the version of the module that it was built for",
			}, false
		}
		return host.Problem{}, true
	}
	functions, known := ad.Served[i.Module]
	f, found := functions[i.Name]
	switch {
	case !known:
		return host.Problem{
			Detail: fmt.Sprintf("the module imports %s, and the host serves no module %q", name, i.Module),
			Hint:   hintFor(i.Module, i.Name),
		}, false
	case !found:
		return host.Problem{
			Detail: fmt.Sprintf("the module imports %s, which the host does not serve", name),
			Hint:   hintFor(i.Module, i.Name),
		}, false
	case string(f.Params) != string(i.Type.Params) || string(f.Results) != string(i.Type.Results):
		return host.Problem{
			Detail: fmt.Sprintf("the module imports %s with another signature than the host's", name),
			Hint:   "see proto/abi for its parameters and results; offsets and lengths are i64",
		}, false
	}
	return host.Problem{}, true
}

// Admitted adds what the artifact of the module shows: how instances begin, why
// all runs would fail, and what they need.
func (i *Inspection) Admitted(a *Artifact) {
	i.Reasons, i.InitRandom, i.WarmedUp = a.Reasons, a.InitRandom, a.WarmedUp
	if a.InitFault != "" {
		i.Problems = append(i.Problems, host.Problem{
			Detail: "the module can't initialise itself, and so no run gets to its handler: " + a.InitFault,
			Hint:   "look at what its start section, _initialize and global constructors do; leave to the handler what needs its input",
		})
	}
	least, usual := max(i.MemoryBytes, i.ImageBytes), host.DefaultSettings().Limits.MemoryBytes
	if least > usual {
		i.Warnings = append(i.Warnings, host.Problem{
			Detail: fmt.Sprintf("the module begins with %d bytes of memory, and a run has %d unless its settings say otherwise", least, usual),
			Hint:   fmt.Sprintf("deploy it with --limit memory_bytes=%d or more, or %s", least, memoryHint),
		})
	}
	_, starts := i.outline.Function("_start")
	_, initialises := i.outline.Function("_initialize")
	if starts && !initialises && len(i.Problems) == 0 {
		i.Warnings = append(i.Warnings, host.Problem{
			Detail: "the module exports _start, which is not called: only what its handler initialises itself is there",
			Hint:   "build it as a library (a reactor) if that is too little: -buildmode=c-shared for Go and TinyGo, -mexec-model=reactor for clang, crate-type cdylib for Rust",
		})
	}
}

const memoryHint = "let its memory begin smaller: --initial-memory for clang and lld, -sINITIAL_MEMORY for Emscripten, --initialMemory for AssemblyScript"
