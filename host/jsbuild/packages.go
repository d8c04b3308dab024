package jsbuild

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/usherhost/usher/host"
)

// Packages installs lists of npm packages into a cache. It is safe for
// concurrent use, also by several processes over one CacheDir. Its fields must
// not change once it is in use.
type Packages struct {
	Registry   string            // "" is npm's own setting
	Registries []string          // further registries that a dependency may name
	AnySource  bool              // let versions be addresses: git, http and file, npm's aliases
	Offline    bool              // use the cache alone
	CacheDir   string            // "" is usher/npm in the user's cache directory
	Npm        string            // path of npm; "" looks it up in PATH
	Timeout    time.Duration     // of one installation; 0 is two minutes
	MaxBytes   int64             // of one installation; 0 is 512 MiB
	MaxFiles   int               // of one installation; 0 is 50,000
	Fresh      time.Duration     // how long what a range or tag resolved to holds; 0 is ten minutes
	Log        func(line string) // told what npm is asked to do; nil for nobody

	child []string // [Config]'s: runs npm under limits

	mu   sync.Mutex
	busy map[string]chan struct{} // guarded by mu: the requests under way
}

// requirement is a dependency and the folder in node_modules that it gets.
type requirement struct {
	host.Dependency
	Folder string `json:"folder"`
}

// Install returns a folder whose node_modules holds the packages, from the
// cache when they are there: package.json and package-lock.json beside it tell
// which. Nobody may change anything in it. What is wrong with the list is an
// [*host.BuildFailure].
func (p *Packages) Install(ctx context.Context, deps []host.Dependency) (dir string, err error) {
	all := make([]requirement, 0, len(deps))
	for _, d := range deps {
		all = append(all, requirement{d, d.Name})
	}
	return p.install(ctx, all)
}

func (p *Packages) install(ctx context.Context, all []requirement) (string, error) {
	r, err := p.plan(all)
	if err != nil {
		return "", err
	}
	root, err := p.root()
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
	release, err := p.take(ctx, r.key())
	if err != nil {
		return "", err
	}
	defer release()
	unlock, err := c.lock(ctx, r)
	if err != nil {
		return "", err
	}
	defer unlock()
	if dir := c.find(r, false); dir != "" { // somebody else was faster
		return dir, nil
	}
	return p.fill(ctx, c, r)
}

func offline(r request) error {
	var names []string
	for _, q := range r.list {
		names = append(names, q.Name+"@"+q.Version)
	}
	return &host.BuildFailure{Messages: []host.BuildMessage{{
		Text: "packages are not in the cache, and nothing may be fetched: " + strings.Join(names, ", "),
		Hint: "build it once without the offline setting, or install the packages beside the action",
	}}}
}

// take waits until no other goroutine handles the same request.
func (p *Packages) take(ctx context.Context, key string) (release func(), err error) {
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
			return func() { p.give(key, mine) }, nil
		}
		p.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (p *Packages) give(key string, mine chan struct{}) {
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
	defer func() { _ = os.RemoveAll(dir) }() // renamed away when all went well
	if err := r.write(dir); err != nil {
		return "", err
	}
	if err := p.npmInstall(ctx, dir, r); err != nil {
		if old := c.find(r, true); old != "" && !isError(err) && ctx.Err() == nil {
			p.log("npm failed, so what the cache holds is used: " + err.Error())
			return old, nil
		}
		return "", err
	}
	if err := os.RemoveAll(filepath.Join(dir, npmCache)); err != nil {
		return "", fmt.Errorf("remove what npm fetched: %w", err)
	}
	return c.keep(r, dir)
}

func isError(err error) bool {
	var e *host.BuildFailure
	return errors.As(err, &e)
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

// root returns the cache's folder, and makes it.
func (p *Packages) root() (string, error) {
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

// request is a list that has been checked, in the order of its folders.
type request struct {
	list     []requirement
	registry string            // for every package, "" for npm's setting
	scopes   map[string]string // registries of scopes
}

// key addresses a request.
func (r request) key() string {
	h := sha256.New()
	_ = json.NewEncoder(h).Encode([]any{"1", r.registry, r.scopes, r.manifest()}) // a hash takes everything
	return hex.EncodeToString(h.Sum(nil))
}

// exact reports whether the request means the same at any time.
func (r request) exact() bool {
	return !slices.ContainsFunc(r.list, func(q requirement) bool { return !exactVersion(q.Version) })
}

// manifest is the package.json that asks npm for the list.
func (r request) manifest() map[string]any {
	deps := map[string]string{}
	for _, q := range r.list {
		deps[q.Folder] = q.Version
		if q.Folder != q.Name {
			deps[q.Folder] = "npm:" + q.Name + "@" + q.Version
		}
	}
	return map[string]any{"name": "action", "version": "0.0.0", "private": true, "dependencies": deps}
}

// write writes what npm goes by.
func (r request) write(dir string) error {
	text, err := json.MarshalIndent(r.manifest(), "", "  ")
	if err != nil {
		return fmt.Errorf("write package.json: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "package.json"), append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("write package.json: %w", err)
	}
	var npmrc strings.Builder
	for _, scope := range slices.Sorted(maps.Keys(r.scopes)) {
		fmt.Fprintf(&npmrc, "%s:registry=%s\n", scope, r.scopes[scope])
	}
	if err := os.WriteFile(filepath.Join(dir, ".npmrc"), []byte(npmrc.String()), 0o600); err != nil {
		return fmt.Errorf("write .npmrc: %w", err)
	}
	return nil
}
