package sandbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/wasmbin"
)

// budgets bound what is compiled at all.
var budgets = wasmbin.DefaultBudgets()

// admit makes the artifact of a module: it rewrites the code so that it can be
// metered, compiles it into the cache, and takes the image that its instances
// begin with. An error is the module's fault.
func (s *Sandbox) admit(ctx context.Context, wasm []byte) (*artifact, error) {
	if problems := wasmbin.Check(wasm, budgets); len(problems) > 0 { // the engine must not see it
		return nil, errors.New(problems[0].Detail)
	}
	options := plainOptions()
	plain, err := wasmbin.Rewrite(wasm, options)
	if err != nil {
		return nil, fmt.Errorf("read module: %w", err)
	}
	a := &artifact{Made: artifactVersion(), Plain: newPart(plain), Reasons: plain.Facts.Obstacles()}
	if m := plain.Facts.Memory; m != nil {
		a.MinMemoryBytes = int64(m.Min) * wasmbin.PageBytes
	}
	outline, err := wasmbin.Parse(wasm)
	if err != nil {
		return nil, fmt.Errorf("read module: %w", err)
	}
	a.Exports = entryExports(outline)
	if err := s.admitLinks(ctx, a, outline); err != nil {
		return nil, err
	}
	if err := s.freeze(ctx, a, plain.Facts); err != nil {
		return nil, err
	}
	if err := s.tryInitialisation(ctx, a); err != nil {
		return nil, err
	}
	ready := a.Plain
	if a.Frozen {
		if err := a.addImageCode(wasm, options); err != nil {
			return nil, err
		}
		s.share(a)
		ready = a.Kept
	}
	return a, s.compileFor(ctx, a, ready)
}

// slowCompile is from how much processor time on compiling must not happen where
// runs do.
const slowCompile = 10 * time.Second

// compileFor compiles what most runs use. The other parts differ in their data
// and imports only: they are compiled when a run asks for another isolation,
// unless this one took long.
func (s *Sandbox) compileFor(ctx context.Context, a *artifact, ready part) error {
	began := processorTime()
	code, err := s.compilePart(ctx, ready)
	if err != nil {
		return err
	}
	s.release(code)
	if processorTime()-began < slowCompile {
		return nil
	}
	for _, p := range a.parts() {
		code, err := s.compilePart(ctx, *p)
		if err != nil {
			return err
		}
		s.release(code)
	}
	return nil
}

// plainOptions say how the code of every instance is rewritten.
func plainOptions() wasmbin.Options {
	return wasmbin.Options{
		Meter: true, CountTables: true, Strip: true, MergeData: true, ExportStart: true, ExportGlobals: true,
		MaxTableElements: budgets.TableElements, MaxMemoryPages: host.MaxMemoryBytes / wasmbin.PageBytes,
	}
}

// addImageCode makes the code of instances over the image.
func (a *artifact) addImageCode(wasm []byte, o wasmbin.Options) error {
	o.State = &wasmbin.State{Pages: uint32(len(a.Image) / wasmbin.PageBytes), Grown: true}
	fresh, err := wasmbin.Rewrite(wasm, o)
	if err != nil {
		return fmt.Errorf("rewrite module for its image: %w", err)
	}
	o.RenameImport = keptImport
	kept, err := wasmbin.Rewrite(wasm, o)
	if err != nil {
		return fmt.Errorf("rewrite module to be kept: %w", err)
	}
	a.Fresh, a.Kept = newPart(fresh), newPart(kept)
	return nil
}

// keptImport moves the memory functions of the ABI to the kernel of a kept
// instance.
func keptImport(module, name string) string {
	if module == extismModule && slices.Contains(kernelNames(), name) {
		return keptModule
	}
	return module
}

func kernelNames() (names []string) {
	for _, f := range KernelFunctions() {
		names = append(names, f.Name)
	}
	return names
}

func entryExports(outline *wasmbin.Module) (names []string) {
	for _, e := range outline.Exports {
		if f, ok := outline.Function(e.Name); ok && isEntry(f) {
			names = append(names, e.Name)
		}
	}
	return names
}

func isEntry(f wasmbin.FuncType) bool {
	return len(f.Params) == 0 && (len(f.Results) == 0 || len(f.Results) == 1 && f.Results[0] == I32)
}

// imageBytes returns the size of the module's image, 0 when it has none.
func (m *Module) imageBytes() int64 {
	if m.frozen == nil || m.frozen.image == nil {
		return 0
	}
	return int64(m.frozen.image.Size())
}
