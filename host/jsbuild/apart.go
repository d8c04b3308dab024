package jsbuild

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/child"
)

// buildLimits bound the process that builds an action. What npm does on its
// behalf has limits of its own, but counts as its time.
var buildLimits = child.Limits{Wall: 150 * time.Second, CPU: 30 * time.Second, MemoryBytes: 3 << 29, FileBytes: 256 << 20}

// buildBytes is about how much of the host's memory a build takes, with npm.
const buildBytes = 256 << 20

// apart is a build in a process of its own, seen from its parent.
type apart struct {
	builder *Builder
	src     Source
	stage   string // what the process does
	built   *Built
	wrong   []host.BuildMessage
}

// buildApart builds in a process that may be as hostile as the code: it reads
// nothing but packages, and what it makes is checked like anybody's module.
func (b *Builder) buildApart(ctx context.Context, src Source) (*Built, error) {
	if err := b.ready(ctx); err != nil {
		return nil, err
	}
	a := &apart{builder: b, src: src, stage: "starting"}
	p := child.Process{Self: b.child, Task: buildTask, Limits: b.limits, Talk: func(to io.Writer, from io.Reader) error {
		return a.talk(ctx, to, from)
	}}
	release, err := b.sandbox.Reserve(ctx, "builds", buildBytes)
	if err != nil {
		return nil, fmt.Errorf("wait for memory to build with: %w", err)
	}
	defer release()
	err = p.Run(ctx)
	if over, ok := errors.AsType[*child.LimitError](err); ok && a.stage != "starting" {
		return nil, a.exceeded(over)
	}
	if death, ok := errors.AsType[*child.Death](err); ok {
		b.compiled.Store(false) // perhaps somebody emptied the cache
		return nil, fmt.Errorf("build in a process of its own, while %s: %w", a.stage, death)
	}
	if err != nil {
		return nil, err
	}
	return a.built, asError(a.wrong)
}

// ready compiles the engine to where processes find its code, at the first
// build: that is no work for them, who are watched.
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

// talk asks the process to build, installs what it wants, and takes what it
// made.
func (a *apart) talk(ctx context.Context, to io.Writer, from io.Reader) error {
	packages, err := a.builder.Packages.root()
	if err != nil {
		return err
	}
	cache, err := filepath.Abs(a.builder.sandbox.CacheDir())
	if err != nil {
		return fmt.Errorf("find the folder of compiled code: %w", err)
	}
	if err := send(to, order{Source: a.src, CacheDir: cache, Packages: packages, MaxModuleBytes: a.builder.sandbox.MaxModuleBytes()}); err != nil {
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
			dir, err := a.builder.Packages.install(ctx, t.Install)
			if err != nil {
				return err
			}
			if err := send(to, installation{Dir: dir}); err != nil {
				return err
			}
		case len(t.Wrong) > 0:
			a.wrong = t.Wrong
			return nil
		case t.Built != nil:
			return a.take(t.Built, from)
		default:
			return errors.New("build in a process of its own: it said nothing that can be understood")
		}
	}
}

// take takes the module and its map, which follow the rest.
func (a *apart) take(built *Built, from io.Reader) (err error) {
	if built.Module, err = receiveBlock(from, a.builder.sandbox.MaxModuleBytes()); err != nil {
		return err
	}
	if built.Map, err = receiveBlock(from, maxMapBytes); err != nil {
		return err
	}
	if !bytes.HasPrefix(built.Module, []byte(wasmHeader)) {
		return errors.New("build in a process of its own: what it made is no module")
	}
	a.built = built
	return nil
}

// exceeded tells the author which limit the build went over, with what.
func (a *apart) exceeded(over *child.LimitError) error {
	m := host.BuildMessage{Text: fmt.Sprintf("%s took more than %s", a.stage, over.Amount()), File: a.src.Name}
	switch over.Kind {
	case child.Stack:
		m.Hint = "take code apart that nests thousands deep: expressions, arrays, blocks, else-ifs"
	case child.Memory:
		m.Hint = lighter
	default:
		m.Hint = "take code apart that is one long expression or list, and import only what the action needs; or build it where it is written, with 'usher build', and deploy the module"
	}
	return asError([]host.BuildMessage{m})
}
