// Command make makes the JavaScript engine for the binary to embed, in host/jsbuild/dist of
// the source tree that it is run in.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/jsbuild/bootstrap"
	"github.com/usherhost/usher/host/jsbuild/npm/locked"
)

func main() {
	err := run(context.Background())
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "engine:", err)
	if problem, ok := errors.AsType[*host.Error](err); ok {
		fmt.Fprintln(os.Stderr, "engine: hint:", problem.Hint)
	}
	os.Exit(1)
}

func run(ctx context.Context) error {
	dir, err := dist()
	if err != nil {
		return err
	}
	source := locked.Source{Folder: os.Getenv("USHER_NPM_FOLDER"), Registry: os.Getenv("USHER_NPM_REGISTRY")}
	if source.Kept, err = bootstrap.Kept(); err != nil {
		source.Kept = "" // they are fetched each time
	}
	err = bootstrap.Make(ctx, source, dir, func(line string) { fmt.Fprintln(os.Stderr, line) })
	if err != nil {
		return bootstrap.Problem(source, err)
	}
	return nil
}

// dist returns host/jsbuild/dist, from wherever in the source tree the command runs.
func dist() (string, error) {
	at, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; at = filepath.Dir(at) {
		dir := filepath.Join(at, "host", "jsbuild", "dist")
		if _, err := os.Stat(filepath.Join(dir, "dist.go")); err == nil {
			return dir, nil
		}
		if filepath.Dir(at) == at {
			return "", errors.New("run it in usher's source tree: there is no host/jsbuild/dist above the working directory")
		}
	}
}
