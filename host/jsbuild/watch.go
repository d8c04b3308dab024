package jsbuild

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/usherhost/usher/host"
)

const fewer = "list fewer or smaller packages: only what the action needs in a run"

// The bounds of one installation.
const (
	maxInstalledBytes = 512 << 20
	maxInstalledFiles = 50_000
)

// measureEvery is how long an installation grows unseen.
const measureEvery = 500 * time.Millisecond

// watch measures a folder while something is installed there: the context ends
// when that is too large. Stop measures for a last time, and says what was too
// large.
func (p *Packages) watch(ctx context.Context, dir string) (watched context.Context, stop func() error) {
	watched, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(measureEvery)
		defer tick.Stop()
		for {
			select {
			case <-watched.Done():
				return
			case <-tick.C:
			}
			if large := p.measure(dir); large != nil {
				cancel(large)
				return
			}
		}
	}()
	return watched, func() error {
		cancel(nil)
		<-done
		if cause := context.Cause(watched); isError(cause) {
			return cause
		}
		return p.measure(dir)
	}
}

// measure says why a folder is too large, nil when it is not.
func (p *Packages) measure(dir string) error {
	maxBytes, maxFiles := cmp.Or(p.MaxBytes, maxInstalledBytes), cmp.Or(p.MaxFiles, maxInstalledFiles)
	var bytes int64
	var files int
	_ = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, gone error) error { // what goes while it looks does not count
		if gone == nil {
			files++
			if info, err := e.Info(); err == nil && !e.IsDir() {
				bytes += info.Size()
			}
		}
		if bytes > maxBytes || files > maxFiles {
			return fs.SkipAll
		}
		return nil
	})
	var what string
	switch {
	case bytes > maxBytes:
		what = fmt.Sprintf("%d MiB", maxBytes>>20)
	case files > maxFiles:
		what = fmt.Sprintf("%d files", maxFiles)
	default:
		return nil
	}
	return asError([]host.BuildMessage{{Text: "the packages on the list, with those that they need, are more than " + what, Hint: fewer}})
}
