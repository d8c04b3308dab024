package bootstrap

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/usherhost/usher/host/jsbuild/engine"
	"github.com/usherhost/usher/host/jsbuild/npm/locked"
	jsruntime "github.com/usherhost/usher/host/jsbuild/runtime"
	"github.com/usherhost/usher/host/sandbox"
)

// Make makes everything in a folder, which must be there, and in which it replaces what
// an earlier Make left. It calls log as [Engine] says.
func Make(ctx context.Context, source locked.Source, dir string, log func(line string)) (err error) {
	work, err := os.MkdirTemp(dir, "work-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	if err := os.CopyFS(work, jsruntime.Files); err != nil {
		return fmt.Errorf("write the runtime's sources: %w", err)
	}
	packages, err := install(ctx, source, work, log)
	if err != nil {
		return err
	}
	log("evaluating the JavaScript runtime, and collecting languages and time zones")
	m := maker{runtime: work, dir: dir}
	languages := make(chan error, 1)
	go func() { languages <- m.makeIntl(ctx) }()
	err = m.makeEngine(ctx)
	if err := errors.Join(err, <-languages); err != nil {
		return err
	}
	return m.writeLicenses(packages)
}

// install unpacks the packages of the lockfile below a folder, as far as they are needed.
func install(ctx context.Context, source locked.Source, to string, log func(string)) ([]locked.Package, error) {
	packages, err := Packages()
	if err != nil {
		return nil, err
	}
	how := "fetching"
	if source.Folder != "" {
		how = "taking"
	}
	log(fmt.Sprintf("making the JavaScript engine, this once: %s %d npm packages (41 MB) from %s", how, len(packages), source.Name()))
	last := time.Now()
	i := locked.Installation{Source: source, Keep: needed, Progress: func(done int, bytes int64) {
		if time.Since(last) > 2*time.Second {
			last = time.Now()
			log(fmt.Sprintf("unpacked %d of %d packages, %d MB", done, len(packages), bytes/1e6))
		}
	}}
	return packages, i.Install(ctx, packages, to)
}

// needed reports whether a file of a package is used: of the 350 MB that all have, a third.
func needed(p locked.Package, file string) bool {
	if strings.HasSuffix(file, ".map") || strings.HasSuffix(file, ".d.ts") || strings.HasSuffix(file, ".md") && !isLicense(file) {
		return false
	}
	if data, ok := strings.CutPrefix(file, "locale-data/"); ok && strings.HasPrefix(p.Name, "@formatjs/") {
		language, _, _ := strings.Cut(strings.TrimSuffix(data, ".js"), "-")
		return slices.Contains(languages, language)
	}
	return true
}

// maker makes what is in a folder.
type maker struct {
	*engine.Maker
	runtime, dir string
	chunks       map[string]chunk
	core         []string // the chunks in the engine
}

// makeEngine writes the engine with the core of the runtime, and the runtime's parts.
func (m *maker) makeEngine(ctx context.Context) (err error) {
	linked, err := link(filepath.Join(m.runtime, "node_modules"))
	if err != nil {
		return fmt.Errorf("link the engine: %w", err)
	}
	if m.chunks, err = bundleRuntime(m.runtime); err != nil {
		return err
	}
	s, err := sandbox.Open(ctx, sandbox.Config{Functions: imports()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close(context.WithoutCancel(ctx))) }()
	if m.Maker, err = engine.NewMaker(ctx, s, linked); err != nil {
		return err
	}
	defer m.Close()
	m.core = inOrder(m.chunks, "main", nil)
	scripts := [][]byte{[]byte(loader)}
	for _, name := range m.core {
		scripts = append(scripts, m.chunks[name].script)
	}
	wasm, err := m.Engine(ctx, scripts)
	if err != nil {
		return fmt.Errorf("evaluate the runtime: %w", err)
	}
	if err := m.write("engine.wasm", wasm); err != nil {
		return err
	}
	return m.makeParts(ctx)
}

// makeParts writes the bytecode of the chunks that are not in the engine, and
// which of them each part needs.
func (m *maker) makeParts(ctx context.Context) error {
	var parts []engine.Part
	if err := readJSON(filepath.Join(m.runtime, "src", "parts", "parts.json"), &parts); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(m.dir, "parts"), 0o755); err != nil {
		return err
	}
	written := slices.Clone(m.core)
	for i := range parts {
		parts[i].Chunks = inOrder(m.chunks, parts[i].Name, slices.Clone(m.core))[len(m.core):]
		for _, name := range parts[i].Chunks {
			if slices.Contains(written, name) {
				continue
			}
			written = append(written, name)
			bytecode, err := m.Compile(ctx, m.chunks[name].script)
			if err != nil {
				return fmt.Errorf("compile part %s: %w", name, err)
			}
			if err := m.write(filepath.Join("parts", name), bytecode); err != nil {
				return err
			}
		}
	}
	if err := m.dropStale(written); err != nil {
		return err
	}
	return m.writeJSON("parts.json", parts)
}

// dropStale removes the chunks of an earlier make: only now, because a build
// may be embedding what is there.
func (m *maker) dropStale(written []string) error {
	files, err := os.ReadDir(filepath.Join(m.dir, "parts"))
	if err != nil {
		return err
	}
	for _, f := range files {
		if !slices.Contains(written, f.Name()) {
			if err := os.Remove(filepath.Join(m.dir, "parts", f.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *maker) write(name string, content []byte) error {
	return os.WriteFile(filepath.Join(m.dir, name), content, 0o644) //nolint:gosec // nothing in it is secret
}

func (m *maker) writeJSON(name string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return m.write(name, append(text, '\n'))
}
