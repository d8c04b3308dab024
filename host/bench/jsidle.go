package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/bench/compare"
	"github.com/usherhost/usher/host/bench/scripts"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/sandbox"
)

// idleScripts is how many JavaScript actions are registered.
const idleScripts = 1000

// benchJavaScriptIdle measures what each of many registered JavaScript actions
// costs: on disk, in memory before and after its first run, with the memory for
// idle modules and instances that a host allows by default, and the time of a
// first run that begins with what is on disk.
func benchJavaScriptIdle(ctx context.Context, e compare.Effort) (rows []compare.Row, err error) {
	n := idleScripts
	if e.Quick {
		n = e.Count
	}
	_, err = compare.InTemp(func(dir string) (float64, error) {
		all, err := register(ctx, dir, n)
		if leftOut("javascript-idle", err) {
			return 0, nil
		}
		if err != nil {
			return 0, err
		}
		rows, err = all.weigh(ctx, dir)
		return 0, err
	})()
	return rows, err
}

// registeredScripts are what a host knows of its actions.
type registeredScripts struct {
	digests     []string
	moduleBytes int64
	files       string // the folder that their modules are in
}

// register builds and admits n actions, in a sandbox that is gone afterwards.
func register(ctx context.Context, dir string, n int) (all *registeredScripts, err error) {
	all = &registeredScripts{files: filepath.Join(dir, "modules")}
	if err := os.Mkdir(all.files, 0o700); err != nil {
		return nil, err
	}
	s, err := sandbox.Open(ctx, sandbox.Config{Functions: guest.Functions(), CacheDir: filepath.Join(dir, "cache")})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close(ctx)) }()
	builder, err := sandbox.Open(ctx, sandbox.Config{Functions: guest.Functions()}) // the builder's code is not the actions'
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, builder.Close(ctx)) }()
	return all, scripts.Many(ctx, builder, n, func(script *scripts.Script) error {
		digest := host.Digest(script.Wasm)
		m, err := s.Module(ctx, digest, func() ([]byte, error) { return script.Wasm, nil })
		if err != nil {
			return err
		}
		m.Release()
		all.digests, all.moduleBytes = append(all.digests, digest), all.moduleBytes+int64(len(script.Wasm))
		return os.WriteFile(all.file(digest), script.Wasm, 0o600)
	})
}

func (all *registeredScripts) file(digest string) string {
	return filepath.Join(all.files, strings.TrimPrefix(digest, "sha256:"))
}

// weigh runs each action once in a new sandbox over the cache.
func (all *registeredScripts) weigh(ctx context.Context, dir string) (rows []compare.Row, err error) {
	n := float64(len(all.digests))
	artifacts, codes, err := onDisk(filepath.Join(dir, "cache"))
	if err != nil {
		return nil, err
	}
	empty, err := memoryWithImages()
	if err != nil {
		return nil, err
	}
	s, err := sandbox.Open(ctx, sandbox.Config{Functions: guest.Functions(), CacheDir: filepath.Join(dir, "cache")})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close(ctx)) }()
	before, err := memoryWithImages()
	if err != nil {
		return nil, err
	}
	times, err := all.runEach(ctx, s)
	if err != nil {
		return nil, err
	}
	after, err := memoryWithImages()
	if err != nil {
		return nil, err
	}
	const goalKiB, goalMillis = 1024, 100
	module, disk := float64(all.moduleBytes)/n/1024, float64(all.moduleBytes+artifacts)/n/1024
	row := func(work string, value float64, unit, against string, than float64) compare.Row {
		return compare.Cost("javascript-idle", work, value, unit, against, than)
	}
	return []compare.Row{
		row(fmt.Sprintf("registered, of %.0f", n), float64(before-empty)/n/1024, "KiB", "1 MiB", goalKiB),
		row("after a run of each", float64(after-before)/n/1024, "KiB", "1 MiB", goalKiB),
		row("disk", disk, "KiB", "the module alone", module),
		row("codes compiled", float64(codes), "in all", "one an action", n),
		row("first run of the first", times[0], "ms", "100 ms", goalMillis),
		row("first run", compare.Median(times[1:]), "ms", "100 ms", goalMillis),
	}, nil
}

// runEach returns how long the first run of each action took.
func (all *registeredScripts) runEach(ctx context.Context, s *sandbox.Sandbox) (times []float64, err error) {
	for _, digest := range all.digests {
		r := scripts.Cold(ctx, s, digest, func() ([]byte, error) { return os.ReadFile(all.file(digest)) }, host.IsolationReset)
		began := time.Now()
		err := r.Run()
		times = append(times, millis(time.Since(began)))
		r.Close()
		if err != nil {
			return nil, err
		}
	}
	return times, nil
}

// onDisk returns the size of a sandbox's cache, and how many codes are in it
// besides the kernel's.
func onDisk(dir string) (bytes int64, codes int, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		bytes += info.Size()
		if strings.Contains(path, "wazero-") {
			codes++
		}
		return nil
	})
	return bytes, codes - 1, err
}

// memoryWithImages returns what memory does, and what the images take that
// instances map.
func memoryWithImages() (int64, error) {
	held, err := memory()
	if err != nil {
		return 0, err
	}
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0, err
	}
	for _, file := range files {
		path := "/proc/self/fd/" + file.Name()
		if name, err := os.Readlink(path); err != nil || !strings.HasPrefix(name, "/memfd:usher-image") {
			continue
		}
		var stat syscall.Stat_t
		if syscall.Stat(path, &stat) == nil {
			held += stat.Blocks * 512
		}
	}
	return held, nil
}
