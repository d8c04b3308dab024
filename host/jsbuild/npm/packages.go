package npm

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/usherhost/usher/host"
)

// Packages installs lists of npm packages into a cache. It is safe for
// concurrent use, also by several processes that share one CacheDir. Its fields
// must not change once it is in use.
type Packages struct {
	Registry   string            // "" is npm's own setting
	Registries []string          // further registries that a dependency may name
	AnySource  bool              // versions may be addresses: git, http, file, and npm's aliases
	Offline    bool              // use the cache alone
	CacheDir   string            // "" is usher/npm in the user's cache directory
	Npm        string            // path of npm; "" looks it up in PATH
	Timeout    time.Duration     // of one installation; 0 is two minutes
	MaxBytes   int64             // of one installation; 0 is 512 MiB
	MaxFiles   int               // of one installation; 0 is 50,000
	Fresh      time.Duration     // how long the cache answers a range or a tag; 0 is ten minutes
	Log        func(line string) // receives what npm is asked to do; nil discards it

	// Child is the command line of a program that calls [child.Main]: npm runs
	// in it, under limits. Empty runs npm without limits.
	Child []string

	mu   sync.Mutex
	busy map[string]chan struct{} // guarded by mu: the requests under way
}

// Requirement is a dependency and the folder in node_modules that it gets.
type Requirement struct {
	host.Dependency
	Folder string `json:"folder"`
}

// Install returns a folder whose node_modules holds the packages, from the
// cache when they are there; its package.json and package-lock.json list them.
// The caller must not change anything in the folder. An error in the list
// itself, or a package that can't be had, is a [*host.BuildFailure].
func (p *Packages) Install(ctx context.Context, all []Requirement) (dir string, err error) {
	r, err := p.plan(all)
	if err != nil {
		return "", err
	}
	root, err := p.Root()
	if err != nil {
		return "", err
	}
	c := cache{root: root, fresh: p.fresh()}
	if dir := c.find(r, p.Offline); dir != "" {
		return dir, nil
	}
	if p.Offline {
		return "", offline(r)
	}
	release, err := p.reserve(ctx, r.key())
	if err != nil {
		return "", err
	}
	defer release()
	unlock, err := c.lock(ctx, r)
	if err != nil {
		return "", err
	}
	defer unlock()
	if dir := c.find(r, false); dir != "" { // another process was faster
		return dir, nil
	}
	return p.fill(ctx, c, r)
}

func offline(r request) error {
	var names []string
	for _, q := range r.list {
		names = append(names, q.Name+"@"+q.Version)
	}
	return failure(host.BuildMessage{
		Text: "packages are not in the cache, and nothing may be fetched: " + strings.Join(names, ", "),
		Hint: "build it once without the offline setting, or install the packages beside the action",
	})
}

// reserve waits until no other goroutine handles the same request.
func (p *Packages) reserve(ctx context.Context, key string) (release func(), err error) {
	for {
		p.mu.Lock()
		other, taken := p.busy[key]
		if !taken {
			mine := make(chan struct{})
			if p.busy == nil {
				p.busy = map[string]chan struct{}{}
			}
			p.busy[key] = mine
			p.mu.Unlock()
			return func() { p.release(key, mine) }, nil
		}
		p.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (p *Packages) release(key string, mine chan struct{}) {
	p.mu.Lock()
	delete(p.busy, key)
	p.mu.Unlock()
	close(mine)
}

// fill installs the packages in a new folder and puts it into the cache.
func (p *Packages) fill(ctx context.Context, c cache, r request) (string, error) {
	dir, err := os.MkdirTemp(c.root, "new-")
	if err != nil {
		return "", fmt.Errorf("make a folder for packages: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // after a success it has another name
	if err := r.write(dir); err != nil {
		return "", err
	}
	if err := p.npmInstall(ctx, dir, r); err != nil {
		if old := c.find(r, true); old != "" && !isFailure(err) && ctx.Err() == nil {
			p.log("npm failed, so what the cache holds is used: " + err.Error())
			return old, nil
		}
		return "", err
	}
	if err := os.RemoveAll(filepath.Join(dir, npmCache)); err != nil {
		return "", fmt.Errorf("remove what npm fetched: %w", err)
	}
	return c.store(r, dir)
}

// failure returns messages as an error, nil without any.
func failure(list ...host.BuildMessage) error {
	if len(list) == 0 {
		return nil
	}
	return &host.BuildFailure{Messages: list}
}

func isFailure(err error) bool {
	_, ok := errors.AsType[*host.BuildFailure](err)
	return ok
}

func (p *Packages) log(line string) {
	if p.Log != nil {
		p.Log(line)
	}
}

func (p *Packages) fresh() time.Duration {
	if p.Fresh == 0 {
		return 10 * time.Minute
	}
	return p.Fresh
}

// Root returns the absolute path of the cache's folder, which it makes when it is
// not there.
func (p *Packages) Root() (string, error) {
	root := p.CacheDir
	if root == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("find a folder for packages: %w", err)
		}
		root = filepath.Join(user, "usher", "npm")
	}
	root, err := filepath.Abs(root)
	if err != nil {
		return "", fmt.Errorf("find a folder for packages: %w", err)
	}
	for _, dir := range []string{"trees", "requests"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o700); err != nil {
			return "", fmt.Errorf("make a folder for packages: %w", err)
		}
	}
	return root, nil
}
