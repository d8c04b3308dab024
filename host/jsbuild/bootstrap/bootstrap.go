// Package bootstrap makes the JavaScript engine that builds use, from npm packages that
// a lockfile pins and from our own sources, by Go alone.
//
// # What is made
//
// [Make] takes the packages by package locked, and writes what package dist has:
//
//   - engine.wasm: QuickJS-NG of npm's quickjs-wasi, patched (patch.go) and linked with our
//     glue (link.go), whose memory holds the evaluated runtime (runtime.go);
//   - parts.json and parts: bytecode of what only some actions need;
//   - intl.zip: languages and time zones (intl.go);
//   - licenses: a folder with the license and the manifest of each package that is in it.
//
// The same sources and packages make the same bytes.
//
// # When it is made
//
// `task engine` makes it for the binary to embed (command make). A binary without it makes
// it when it first needs it, into the user's cache: [Engine.Ensure].
package bootstrap

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"github.com/usherhost/usher/host/jsbuild/dist"
	"github.com/usherhost/usher/host/jsbuild/engine"
	"github.com/usherhost/usher/host/jsbuild/npm/locked"
	jsruntime "github.com/usherhost/usher/host/jsbuild/runtime"
	"github.com/usherhost/usher/host/made"
)

// Engine is how this binary gets its engine. Its zero value makes it of packages from the
// public registry, in the user's cache.
type Engine struct {
	Source locked.Source
	Cache  made.Cache
	// Offline refuses to fetch packages.
	Offline bool
	// Log receives a line when something begins that takes long, and at its end; nil
	// discards them.
	Log func(line string)
}

// revision changes when this package, or one that it calls, makes other bytes of the same
// sources.
const revision = "1"

// key identifies the engine of this binary.
var key = sync.OnceValues(func() (string, error) {
	of := []string{revision, fmt.Sprintf("%+v", patches), string(engine.Glue)}
	if build, ok := debug.ReadBuildInfo(); ok && build.Main.Version != "(devel)" {
		of = append(of, build.Main.Version)
	}
	return made.Key(of, jsruntime.Files)
})

func (e Engine) recipe() (made.Recipe, error) {
	k, err := key()
	files := []string{"engine.wasm", "parts.json", "intl.zip"}
	return made.Recipe{Name: "engine", Key: k, Files: files, Make: func(ctx context.Context, dir string) error {
		return Make(ctx, e.Source, dir, e.log)
	}}, err
}

func (e Engine) log(line string) {
	if e.Log != nil {
		e.Log(line)
	}
}

// Where says where the engine is: in this binary, or in a folder.
type Where struct {
	Embedded bool
	Dir      string // "" when it is embedded, or not made yet
}

// Find looks for the engine, and lets package dist use it.
func (e Engine) Find() (Where, error) {
	if dist.Embedded() {
		return Where{Embedded: true}, nil
	}
	r, err := e.recipe()
	if err != nil {
		return Where{}, err
	}
	dir, err := e.Cache.Find(r)
	if dir != "" {
		dist.Use(os.DirFS(dir))
	}
	return Where{Dir: dir}, err
}

// Ensure is Find, but makes the engine in the cache when it is nowhere. Other processes of
// the user that need it wait for it. The error is a [dist.ErrNoEngine], with what to do.
func (e Engine) Ensure(ctx context.Context) (Where, error) {
	w, err := e.Find()
	if err != nil {
		return w, Problem(e.Source, err)
	}
	if w.Embedded || w.Dir != "" {
		return w, nil
	}
	if e.Offline && e.Source.Folder == "" {
		return w, Problem(e.Source, errOffline)
	}
	began := time.Now()
	r, err := e.recipe()
	if err == nil {
		w.Dir, err = e.Cache.Ensure(ctx, r, func() { e.log("waiting for another process that makes the JavaScript engine") })
	}
	if ctx.Err() != nil {
		return w, ctx.Err()
	}
	if err != nil {
		return w, Problem(e.Source, err)
	}
	dist.Use(os.DirFS(w.Dir))
	e.log(fmt.Sprintf("the JavaScript engine is ready after %v; it stays in %s", time.Since(began).Round(time.Second), w.Dir))
	return w, nil
}

// Packages returns the npm packages that the engine is made of.
func Packages() ([]locked.Package, error) {
	lock, err := fs.ReadFile(jsruntime.Files, "package-lock.json")
	if err != nil {
		return nil, err
	}
	return locked.Parse(lock)
}

// Fetch writes the tarballs of the packages to a folder, for [locked.Source]. It returns
// how many the folder has.
func Fetch(ctx context.Context, from locked.Source, dir string) (int, error) {
	packages, err := Packages()
	if err != nil {
		return 0, err
	}
	from.Kept = dir
	for _, p := range packages {
		if _, err := from.Tarball(ctx, p); err != nil {
			return 0, Problem(from, err)
		}
	}
	return len(packages), nil
}

// Kept is the folder in the user's cache where `task engine` has the packages for the next
// time.
func Kept() (string, error) {
	user, err := os.UserCacheDir()
	return filepath.Join(user, "usher", "tarballs"), err
}
