package npm

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/usherhost/usher/host"
)

const fewer = "list fewer or smaller packages: only those that the action needs in a run"

// The bounds of one installation.
const (
	maxInstalledBytes = 512 << 20
	maxInstalledFiles = 50_000
)

// measureEvery is the time between two measurements of an installation.
const measureEvery = 500 * time.Millisecond

// watchSize measures a folder while packages are installed there, and ends the
// context when the folder is too large. Stop measures a last time and returns a
// [*host.BuildFailure] when it was too large.
func (p *Packages) watchSize(ctx context.Context, dir string) (watched context.Context, stop func() error) {
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
		if cause := context.Cause(watched); isFailure(cause) {
			return cause
		}
		return p.measure(dir)
	}
}

// measure returns an error when a folder is too large.
func (p *Packages) measure(dir string) error {
	maxBytes, maxFiles := cmp.Or(p.MaxBytes, maxInstalledBytes), cmp.Or(p.MaxFiles, maxInstalledFiles)
	var bytes int64
	var files int
	_ = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, gone error) error { // a file that is removed meanwhile does not count
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
	return failure(host.BuildMessage{Text: "the packages on the list, with those that they need, are more than " + what, Hint: fewer})
}
