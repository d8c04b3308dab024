package main

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/builds"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/jsbuild"
	"github.com/usherhost/usher/host/jsbuild/bundle"
	"github.com/usherhost/usher/host/jsbuild/dist"
	"github.com/usherhost/usher/host/jsbuild/npm"
	"github.com/usherhost/usher/host/sandbox"
)

// sourceBuilder builds sources with the JavaScript engine.
type sourceBuilder struct{ builder *jsbuild.Builder }

// openSourceBuilder returns the builder of sources, with packages cached below the
// data directory: nil when this binary has no engine, which is logged.
// The caller must close it before the sandbox.
func openSourceBuilder(box *sandbox.Sandbox, data string, log *slog.Logger) (builds.Builder, func(), error) {
	builder, err := jsbuild.New(jsbuild.Config{
		Sandbox: box, Child: self(),
		Packages: &npm.Packages{
			CacheDir: filepath.Join(data, "npm"),
			Log:      func(line string) { log.Info("packages", "npm", line) },
		},
	})
	if errors.Is(err, dist.ErrNoEngine) {
		log.Warn("this host can't build code; only modules can be uploaded", "reason", dist.ErrNoEngine.Text, "hint", dist.ErrNoEngine.Hint)
		return nil, func() {}, nil
	}
	if err != nil {
		return nil, nil, err
	}
	return sourceBuilder{builder}, builder.Close, nil
}

// Build implements [builds.Builder].
func (b sourceBuilder) Build(ctx context.Context, _ string, s host.Source, sharedModules map[string]host.Source) (builds.Build, error) {
	src := bundle.Source{
		Name: "action.js", Code: []byte(s.Code), Dependencies: s.Dependencies, SharedModules: map[string]bundle.SharedModule{},
	}
	for name, l := range sharedModules {
		src.SharedModules[name] = bundle.SharedModule{Code: []byte(l.Code), Dependencies: l.Dependencies}
	}
	built, err := b.builder.Build(ctx, src)
	if err != nil {
		return builds.Build{}, err
	}
	warnings := make([]string, len(built.Warnings))
	for i, w := range built.Warnings {
		warnings[i] = w.String()
	}
	return builds.Build{Module: built.Module, Warnings: warnings}, nil
}

// draftRunner lets the builds run a draft as the executor does.
type draftRunner struct{ runner *guest.Runner }

// Try implements [builds.Runner].
func (d draftRunner) Try(ctx context.Context, step host.Step, event *host.Event) (host.Result, error) {
	result, _, err := d.runner.Run(ctx, guest.Run{Attempt: 1, Step: step, Event: event})
	return result, err
}
