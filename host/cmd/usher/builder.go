package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/builds"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/jsbuild"
	"github.com/usherhost/usher/host/jsbuild/bootstrap"
	"github.com/usherhost/usher/host/jsbuild/bundle"
	"github.com/usherhost/usher/host/jsbuild/npm"
	"github.com/usherhost/usher/host/jsbuild/npm/locked"
	"github.com/usherhost/usher/host/sandbox"
	"github.com/usherhost/usher/host/settings"
)

// sourceBuilder builds sources with the JavaScript engine.
type sourceBuilder struct{ builder *jsbuild.Builder }

// openSourceBuilder returns the builder of sources, with packages cached below the
// data directory. The caller must close it before the sandbox.
func openSourceBuilder(cfg settings.Config, box *sandbox.Sandbox, log *slog.Logger) (builds.Builder, func()) {
	engine := bootstrap.Engine{
		Source: locked.Source{Registry: cfg.NPMRegistry, Folder: cfg.NPMFolder},
		Log:    func(line string) { log.Info(line) },
	}
	if _, err := os.UserCacheDir(); err != nil { // as a service without a home
		engine.Cache.Dir = filepath.Join(cfg.Data, "cache")
	}
	if where, err := engine.Find(); err == nil && !where.Embedded && where.Dir == "" {
		log.Info("the first build of code will make the JavaScript engine, which this binary does not embed", "ahead", "usher engine make")
	}
	builder := jsbuild.New(jsbuild.Config{
		Sandbox: box, Child: self(), Engine: engine,
		Packages: &npm.Packages{
			CacheDir: filepath.Join(cfg.Data, "npm"), Registry: engine.Source.Address(),
			Log: func(line string) { log.Info("packages", "npm", line) },
		},
	})
	return sourceBuilder{builder}, builder.Close
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
