package jsbuild

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/child"
	"github.com/usherhost/usher/host/jsbuild/bundle"
	"github.com/usherhost/usher/host/jsbuild/sourcemap"
	"github.com/usherhost/usher/host/wasmbin"
)

// A source without a folder is untrusted, so it is built in a subprocess under
// limits. The two exchange messages of JSON, each behind its length:
//
//	parent                       subprocess
//	order: what to build    ──▶  confines itself to the folders of packages and code
//	                        ◀──  report: the stage that begins
//	                        ◀──  report: packages to install
//	installation: where     ──▶
//	                        ◀──  report: messages for the author, the end
//	                        ◀──  or report: built; then the module, then its map
//
// The parent believes nothing: it checks the list of packages, bounds every size, and
// later checks the module like an uploaded one. A subprocess that goes over a limit
// is the author's fault if the build had begun; one that dies otherwise is the host's.

// buildLimits bound the subprocess. npm runs in one of its own, with limits of its
// own, but its time counts here.
var buildLimits = child.Limits{Wall: 150 * time.Second, CPU: 30 * time.Second, MemoryBytes: 3 << 29, FileBytes: 256 << 20}

// buildBytes is about the memory that a build takes, with npm.
const buildBytes = 256 << 20

// subprocess is a build in a subprocess, as its parent has it.
type subprocess struct {
	builder *Builder
	src     bundle.Source
	stage   string // that has begun
	built   *Built
	errors  []host.BuildMessage
}

// starting is the stage before the subprocess reports one.
const starting = "starting"

func (b *Builder) buildInSubprocess(ctx context.Context, src bundle.Source) (*Built, error) {
	if err := b.ready(ctx); err != nil {
		return nil, err
	}
	a := &subprocess{builder: b, src: src, stage: starting}
	p := child.Process{Self: b.child, Task: buildTask, Limits: b.limits, Talk: func(to io.Writer, from io.Reader) error {
		return a.talk(ctx, to, from)
	}}
	release, err := b.sandbox.Reserve(ctx, "builds", buildBytes)
	if err != nil {
		return nil, fmt.Errorf("wait for memory to build with: %w", err)
	}
	defer release()
	err = p.Run(ctx)
	if over, ok := errors.AsType[*child.LimitError](err); ok && a.stage != starting {
		return nil, a.exceeded(over)
	}
	if death, ok := errors.AsType[*child.ExitError](err); ok {
		b.compiled.Store(false) // the cache may have been emptied
		return nil, fmt.Errorf("build in a subprocess, while %s: %w", a.stage, death)
	}
	if err != nil {
		return nil, err
	}
	if len(a.errors) > 0 {
		return nil, &host.BuildFailure{Messages: a.errors}
	}
	return a.built, nil
}

// ready compiles the engine into the sandbox's cache, at the first build: the limits
// of subprocesses leave no time for it.
func (b *Builder) ready(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.compiled.Load() {
		return nil
	}
	w, err := b.sandbox.Snapshotter(ctx, b.engine)
	if err != nil {
		return fmt.Errorf("compile the JavaScript engine: %w", err)
	}
	w.Close()
	b.compiled.Store(true)
	return nil
}

// talk sends the order, and answers reports until the build ends.
func (a *subprocess) talk(ctx context.Context, to io.Writer, from io.Reader) error {
	packages, err := a.builder.packages.Root()
	if err != nil {
		return err
	}
	cache, err := filepath.Abs(a.builder.sandbox.CacheDir())
	if err != nil {
		return fmt.Errorf("find the folder of compiled code: %w", err)
	}
	a.builder.mu.Lock()
	engine := a.builder.engineDir
	a.builder.mu.Unlock()
	if err := send(to, order{Source: a.src, Engine: engine, CacheDir: cache, Packages: packages, MaxModuleBytes: a.builder.sandbox.MaxModuleBytes()}); err != nil {
		return err
	}
	for {
		var t report
		if err := receive(from, &t); err != nil {
			return err
		}
		switch {
		case t.Stage != "":
			a.stage = t.Stage
		case t.Install != nil:
			dir, err := a.builder.packages.Install(ctx, t.Install)
			if err != nil {
				return err
			}
			if err := send(to, installation{Dir: dir}); err != nil {
				return err
			}
		case len(t.Errors) > 0:
			a.errors = t.Errors
			return nil
		case t.Built != nil:
			return a.receive(t.Built, from)
		default:
			return errors.New("build in a subprocess: it sent an invalid report")
		}
	}
}

// receive receives the module and its map, which follow the report.
func (a *subprocess) receive(built *Built, from io.Reader) (err error) {
	if built.Module, err = receiveBlock(from, a.builder.sandbox.MaxModuleBytes()); err != nil {
		return err
	}
	if built.Map, err = receiveBlock(from, sourcemap.MaxBytes); err != nil {
		return err
	}
	if _, err := wasmbin.Parse(built.Module); err != nil {
		return errors.New("build in a subprocess: it sent no WebAssembly module")
	}
	a.built = built
	return nil
}

// exceeded returns the author's error of a build that went over a limit.
func (a *subprocess) exceeded(over *child.LimitError) error {
	m := host.BuildMessage{Text: fmt.Sprintf("%s took more than %s", a.stage, over.Amount()), File: a.src.Name}
	switch over.Kind {
	case child.Stack:
		m.Hint = "divide code that nests thousands of levels deep: expressions, arrays, blocks, else-ifs"
	case child.Memory:
		m.Hint = bundle.HintLighter
	default:
		m.Hint = "divide code that is one long expression or list, and import only the parts that the action needs"
		m.Fix = host.FixBuild.With()
	}
	return &host.BuildFailure{Messages: []host.BuildMessage{m}}
}
