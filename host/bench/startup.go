package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tetratelabs/wazero"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/bench/compare"
	"github.com/usherhost/usher/host/bench/works"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/sandbox"
)

// mix says how many modules of each kind a host has.
type mix []struct {
	work  string
	count int
}

var (
	fullMix  = mix{{"assemblyscript", 70}, {"engine", 20}, {"go", 10}}
	quickMix = mix{{"assemblyscript", 7}, {"engine", 2}, {"go", 1}}
)

// benchStartup measures a host's first moments, with caches that are warm on
// disk and cold in memory: until a mix of modules is ready, and one first run
// when nothing was loaded before, of the most expensive work that was built.
func benchStartup(ctx context.Context, e compare.Effort) ([]compare.Row, error) {
	m, rounds := fullMix, min(e.Rounds, 3)
	if e.Quick {
		m = quickMix
	}
	var rows []compare.Row
	_, err := compare.InTemp(func(dir string) (float64, error) {
		modules, err := m.modules()
		if err != nil || len(modules) == 0 {
			return 0, err
		}
		ours, theirs := filepath.Join(dir, "ours"), filepath.Join(dir, "theirs")
		if err := os.Mkdir(theirs, 0o700); err != nil {
			return 0, err
		}
		if err := errors.Join(warm(openAll(ctx, ours, modules)), warm(compileAll(ctx, theirs, modules))); err != nil {
			return 0, err
		}
		our, their, err := compare.SideBySide(rounds, openAll(ctx, ours, modules), compileAll(ctx, theirs, modules))
		if err != nil {
			return 0, err
		}
		rows = append(rows, compare.Cost("startup", "ready", our, "ms", "go-sdk", their))
		largest := modules[len(modules)-1]
		our, their, err = compare.SideBySide(rounds, firstRun(ctx, ours, largest), firstPlugin(ctx, theirs, largest))
		rows = append(rows, compare.Cost("startup", "lazy", our, "ms", "go-sdk", their))
		return 0, err
	})()
	return rows, err
}

// warm measures once, for what that leaves on disk.
func warm(m compare.Measurement) error {
	_, err := m()
	return err
}

// modules returns modules no two of which share code.
func (m mix) modules() (all [][]byte, err error) {
	for _, part := range m {
		err := works.Each([]string{part.work}, func(_ string, wasm []byte) error {
			for range part.count {
				module, err := distinctCode(wasm, len(all))
				if err != nil {
					return err
				}
				all = append(all, module)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

func millis(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }

// openAll measures until a new sandbox over the cache has every module ready.
func openAll(ctx context.Context, dir string, modules [][]byte) compare.Measurement {
	return func() (ms float64, err error) {
		digests := make([]string, len(modules)) // the registry knows them
		for i, wasm := range modules {
			digests[i] = host.Digest(wasm)
		}
		began := time.Now()
		s, err := sandbox.Open(ctx, sandbox.Config{CacheDir: dir, Functions: guest.Functions()})
		if err != nil {
			return 0, err
		}
		defer func() { err = errors.Join(err, s.Close(ctx)) }()
		err = onEveryCore(len(digests), func(i int) error {
			m, err := s.Module(ctx, digests[i], func() ([]byte, error) { return modules[i], nil })
			if err == nil {
				m.Release()
			}
			return err
		})
		return millis(time.Since(began)), err
	}
}

// onEveryCore calls load for each of n modules, as many at a time as there are
// processors.
func onEveryCore(n int, load func(i int) error) error {
	var next atomic.Int64
	errs := make([]error, runtime.GOMAXPROCS(0))
	var wait sync.WaitGroup
	for w := range errs {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && errs[w] == nil; i = int(next.Add(1)) - 1 {
				if err := load(i); err != nil {
					errs[w] = fmt.Errorf("module %d: %w", i, err)
				}
			}
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}

// compileAll measures the same of go-sdk with a compilation cache.
func compileAll(ctx context.Context, dir string, modules [][]byte) compare.Measurement {
	return func() (ms float64, err error) {
		began := time.Now()
		cache, err := wazero.NewCompilationCacheWithDir(dir)
		if err != nil {
			return 0, err
		}
		defer func() { err = errors.Join(err, cache.Close(ctx)) }()
		plugins := make([]*plugin, len(modules))
		err = onEveryCore(len(modules), func(i int) error {
			p, err := newPlugin(ctx, modules[i], cache)
			if err == nil {
				plugins[i] = p
			}
			return err
		})
		took := millis(time.Since(began))
		for _, p := range plugins {
			if p != nil {
				err = errors.Join(err, p.close())
			}
		}
		return took, err
	}
}

// firstRun measures the first run of a module in a sandbox that was just opened.
func firstRun(ctx context.Context, dir string, wasm []byte) compare.Measurement {
	return func() (float64, error) {
		r, err := works.NewRunner(ctx, wasm, dir)
		if err != nil {
			return 0, err
		}
		began := time.Now()
		err = r.Run()
		took := millis(time.Since(began))
		return took, errors.Join(err, r.Close())
	}
}

// firstPlugin measures the same of go-sdk, which loads when it compiles.
func firstPlugin(ctx context.Context, dir string, wasm []byte) compare.Measurement {
	return func() (float64, error) {
		cache, err := wazero.NewCompilationCacheWithDir(dir)
		if err != nil {
			return 0, err
		}
		began := time.Now()
		p, err := newPlugin(ctx, wasm, cache)
		if err == nil {
			err = p.run()
		}
		took := millis(time.Since(began))
		return took, errors.Join(err, p.close(), cache.Close(ctx))
	}
}
