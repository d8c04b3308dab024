package sandbox

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/child"
	"github.com/usherhost/usher/host/wasmbin"
)

// Inspect tells what a module is and why it can't run here, if it can't, and
// which of entries it exports as a function that can be entered; it needs one.
// It compiles a module without problems, so that its first run finds it ready.
// The error is the host's own failure.
func (s *Sandbox) Inspect(ctx context.Context, wasm []byte, entries ...string) (in host.Inspection, found []string, err error) {
	in = host.Inspection{Digest: host.Digest(wasm), SizeBytes: int64(len(wasm))}
	if limit := s.config.MaxModuleBytes; len(wasm) > limit {
		in.Problems = []host.Problem{{
			Detail: fmt.Sprintf("the module has %d bytes; the limit is %d", len(wasm), limit), Hint: smallerHint,
		}}
		return in, nil, nil
	}
	in.Problems = wasmbin.Check(wasm, budgets)
	outline, err := wasmbin.Parse(wasm)
	if err != nil {
		in.Problems = []host.Problem{wasmbin.Explain(err)}
		return in, nil, nil
	}
	s.describe(outline, &in)
	if in.MemoryBytes > host.MaxMemoryBytes {
		in.Problems = append(in.Problems, host.Problem{
			Detail: fmt.Sprintf("the module begins with %d bytes of memory; a run may have %d at most", in.MemoryBytes, host.MaxMemoryBytes),
			Hint:   memoryHint,
		})
	}
	if startOnly(outline) {
		in.Problems = append(in.Problems, startProblem())
	}
	found = s.findEntries(outline, entries, &in)
	if len(in.Problems) > 0 {
		return in, found, nil
	}
	m, err := s.Module(ctx, in.Digest, func() ([]byte, error) { return wasm, nil })
	if err != nil {
		if ctx.Err() != nil {
			return in, found, ctx.Err()
		}
		if isHostsFault(err) {
			return in, found, err
		}
		in.Problems = append(in.Problems, host.Problem{Detail: err.Error(), Hint: hintOf(err)})
		return in, found, nil
	}
	defer m.Release()
	in.Isolation, in.Reasons = m.best(""), m.artifact.Reasons
	in.InitRandom, in.WarmedUp = m.artifact.InitRandom, m.artifact.WarmedUp
	in.ImageBytes = m.imageBytes()
	judge(&in, m.artifact, outline)
	return in, found, nil
}

const smallerHint = "strip debug information (wasm-opt --strip-debug, or -ldflags='-s -w' for Go), or raise the host's --max-module-bytes"

// hintOf tells what to do about a module that could not be compiled.
func hintOf(err error) string {
	if _, over := errors.AsType[*child.LimitError](err); over {
		return "divide its largest functions, or compile it with optimisation (-O2, --release) and without forced inlining"
	}
	return engineHint
}

const engineHint = "the engine supports WebAssembly 2.0 without threads, tail calls, exceptions and garbage collection"

func (s *Sandbox) findEntries(outline *wasmbin.Module, entries []string, in *host.Inspection) (found []string) {
	for _, name := range entries {
		f, exported := outline.Function(name)
		switch {
		case exported && isEntry(f):
			found = append(found, name)
		case exported:
			in.Problems = append(in.Problems, host.Problem{
				Detail: fmt.Sprintf("the module exports %s with parameters or with a result that is not one i32", name),
				Hint:   "declare it without parameters and let it return an i32: 0 for success",
			})
		}
	}
	if len(found) == 0 && len(in.Problems) == 0 && len(entries) > 0 {
		in.Problems = append(in.Problems, host.Problem{
			Detail: fmt.Sprintf("the module does not export %s", strings.Join(entries, " or ")),
			Hint:   "export the handler under exactly that name (it exports: " + orNothing(in.Exports) + ")",
		})
	}
	return found
}

func orNothing(names []string) string {
	if len(names) == 0 {
		return "no function"
	}
	return strings.Join(names[:min(len(names), 10)], ", ")
}

func (s *Sandbox) describe(outline *wasmbin.Module, in *host.Inspection) {
	for _, e := range outline.Exports {
		if e.Kind == wasmbin.KindFunction {
			in.Exports = append(in.Exports, e.Name)
		}
	}
	for _, m := range outline.Memories {
		in.MemoryBytes += int64(m.Min) * wasmbin.PageBytes
	}
	links := s.describeLinks(outline, in)
	for _, i := range outline.Imports {
		problem, served := s.admitImport(i, links)
		if i.Kind == wasmbin.KindFunction {
			in.Imports = append(in.Imports, host.Import{Module: i.Module, Name: i.Name, Served: served})
		}
		if !served {
			in.Problems = append(in.Problems, problem)
		}
	}
}

// admitImport reports whether the host serves an import, and else why not.
func (s *Sandbox) admitImport(i wasmbin.Import, links linkage) (host.Problem, bool) {
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
	functions, known := s.served[i.Module]
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

// judge tells why runs of a module that compiles would fail all the same, and
// what they need.
func judge(in *host.Inspection, a *artifact, outline *wasmbin.Module) {
	if a.InitFault != "" {
		in.Problems = append(in.Problems, host.Problem{
			Detail: "the module can't initialise itself, and so no run gets to its handler: " + a.InitFault,
			Hint:   "look at what its start section, _initialize and global constructors do; leave to the handler what needs its input",
		})
	}
	least, usual := max(in.MemoryBytes, in.ImageBytes), host.DefaultSettings().Limits.MemoryBytes
	if least > usual {
		in.Warnings = append(in.Warnings, host.Problem{
			Detail: fmt.Sprintf("the module begins with %d bytes of memory, and a run has %d unless its settings say otherwise", least, usual),
			Hint:   fmt.Sprintf("deploy it with --limit memory_bytes=%d or more, or %s", least, memoryHint),
		})
	}
	_, starts := outline.Function("_start")
	_, initialises := outline.Function("_initialize")
	if starts && !initialises && len(in.Problems) == 0 {
		in.Warnings = append(in.Warnings, host.Problem{
			Detail: "the module exports _start, which is not called: only what its handler initialises itself is there",
			Hint:   "build it as a library (a reactor) if that is too little: -buildmode=c-shared for Go and TinyGo, -mexec-model=reactor for clang, crate-type cdylib for Rust",
		})
	}
}

const memoryHint = "let its memory begin smaller: --initial-memory for clang and lld, -sINITIAL_MEMORY for Emscripten, --initialMemory for AssemblyScript"
