// Package admission turns an uploaded module into an [Artifact], once, and stores
// it: it checks the module, rewrites it so that it can be metered and reset, takes
// the snapshot that its instances begin with, and has its code compiled. It can do
// that in a subprocess under limits. It runs no guest itself: its [Engine] does.
//
// The order of the steps, and where each may end:
//
//	check       a module that is malformed or too complex is refused
//	link        the modules that it links are checked, rewritten and compiled
//	snapshot    its initialisation runs once; where that depends on a single run,
//	            the artifact gets no snapshot, and a reason
//	test run    without a snapshot: a module whose initialisation always fails gets
//	            that fault
//	rewrite     with a snapshot: once for fresh instances, once for pooled ones
//	share       the image becomes a delta from a base image of the same code
//	compile     what most runs use
//	store       units first, then the base, then the artifact that refers to them
package admission

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/fair"
	"github.com/usherhost/usher/host/sandbox/extism"
	"github.com/usherhost/usher/host/wasmbin"
)

// Admitter admits modules. It is safe for concurrent use.
type Admitter struct {
	Cache  *Cache
	Engine Engine
	// Served are the host functions that modules may import, by module and name.
	Served map[string]map[string]wasmbin.FuncType
	// Child is the command line of a program that does [Task]: modules are then
	// admitted in a subprocess. Empty admits them in this process.
	Child []string
	// MemoryBytes bounds the memory of a subprocess, besides its own limit; 0 does
	// not.
	MemoryBytes int64
	// Reserve takes memory for a subprocess, until release is called.
	Reserve func(ctx context.Context, owner string, bytes int64) (release func(), err error)

	places *fair.Places // for subprocesses, by uploader
}

// New returns a with its places for subprocesses.
func New(a Admitter) *Admitter {
	a.places = fair.New(subprocesses)
	return &a
}

// Engine compiles and runs code for an [Admitter].
type Engine interface {
	// Compile compiles a unit, so that its code is in the engine's own cache.
	Compile(ctx context.Context, u Unit) error
	// Initialise runs the initialisation of an artifact's plain unit.
	Initialise(ctx context.Context, a *Artifact, in Initialisation) (Initialised, error)
}

// budgets bound what is compiled at all.
var budgets = wasmbin.DefaultBudgets()

// admit makes the artifact of a module. An error is the module's fault.
func (ad *Admitter) admit(ctx context.Context, wasm []byte) (*Artifact, error) {
	if problems := wasmbin.Check(wasm, budgets); len(problems) > 0 { // the engine must not see it
		return nil, errors.New(problems[0].Detail)
	}
	a, plain, err := ad.Rewrite(ctx, wasm)
	if err != nil {
		return nil, err
	}
	if err := ad.takeSnapshot(ctx, a, plain.Facts); err != nil {
		return nil, err
	}
	if err := ad.testInitialisation(ctx, a); err != nil {
		return nil, err
	}
	first := a.Plain
	if a.Snapshot {
		if err := a.addSnapshotUnits(wasm); err != nil {
			return nil, err
		}
		ad.Cache.share(a)
		first = a.Reset
	}
	return a, ad.compile(ctx, a, first)
}

// Rewrite makes the artifact of a module without a snapshot, and compiles the
// modules that it links.
func (ad *Admitter) Rewrite(ctx context.Context, wasm []byte) (*Artifact, *wasmbin.Rewritten, error) {
	plain, err := wasmbin.Rewrite(wasm, plainOptions())
	if err != nil {
		return nil, nil, fmt.Errorf("read module: %w", err)
	}
	a := &Artifact{Made: Version(), Plain: NewUnit(plain), Reasons: plain.Facts.Obstacles()}
	if m := plain.Facts.Memory; m != nil {
		a.MinMemoryBytes = int64(m.Min) * wasmbin.PageBytes
	}
	outline, err := wasmbin.Parse(wasm)
	if err != nil {
		return nil, nil, fmt.Errorf("read module: %w", err)
	}
	a.Exports = entryExports(outline)
	return a, plain, ad.admitLinks(ctx, a, outline)
}

// slowCompile is the processor time from which on compiling must not happen in the
// process that serves runs.
const slowCompile = 10 * time.Second

// compile compiles the unit that most runs use. The others differ from it in their
// data and imports alone: they are compiled when a run asks for another isolation,
// unless this one took long.
func (ad *Admitter) compile(ctx context.Context, a *Artifact, first Unit) error {
	began := processorTime()
	if err := ad.Engine.Compile(ctx, first); err != nil {
		return err
	}
	if processorTime()-began < slowCompile {
		return nil
	}
	for _, u := range a.units() {
		if err := ad.Engine.Compile(ctx, *u); err != nil {
			return err
		}
	}
	return nil
}

// plainOptions returns how every module is rewritten.
func plainOptions() wasmbin.Options {
	return wasmbin.Options{
		Meter: true, CountTables: true, Strip: true, MergeData: true, ExportStart: true, ExportGlobals: true,
		MaxTableElements: budgets.TableElements, MaxMemoryPages: host.MaxMemoryBytes / wasmbin.PageBytes,
	}
}

// addSnapshotUnits rewrites the module for instances that begin with its snapshot.
func (a *Artifact) addSnapshotUnits(wasm []byte) error {
	o := plainOptions()
	o.State = &wasmbin.State{Pages: uint32(len(a.image) / wasmbin.PageBytes), Grown: true}
	fresh, err := wasmbin.Rewrite(wasm, o)
	if err != nil {
		return fmt.Errorf("rewrite module for its snapshot: %w", err)
	}
	o.RenameImport = extism.RenameImport
	reset, err := wasmbin.Rewrite(wasm, o)
	if err != nil {
		return fmt.Errorf("rewrite module for pooled instances: %w", err)
	}
	a.Fresh, a.Reset = NewUnit(fresh), NewUnit(reset)
	return nil
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
	return len(f.Params) == 0 && (len(f.Results) == 0 || len(f.Results) == 1 && f.Results[0] == wasmbin.TypeI32)
}
