package npm

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/child"
)

// npmVariables are the environment variables that npm gets, for itself and its
// connection to the registry. It gets no others: they may hold keys of this host
// or of clouds. An .npmrc finds tokens in variables that begin with NPM_, and in
// NODE_AUTH_TOKEN.
var npmVariables = []string{
	"PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TMP", "TEMP", "LANG", "LANGUAGE", "TZ", "XDG_CONFIG_HOME", "XDG_CACHE_HOME",
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR",
	"NODE_OPTIONS", "NODE_EXTRA_CA_CERTS", "NODE_USE_ENV_PROXY", "NODE_AUTH_TOKEN",
	"NVM_DIR", "VOLTA_HOME", "ASDF_DIR", "ASDF_DATA_DIR", "MISE_DATA_DIR", // of Node.js version managers
	"SYSTEMROOT", "COMSPEC", "PATHEXT", "APPDATA", "LOCALAPPDATA", "USERPROFILE", // of Windows
}

// npmPrefixes begin the names of further ones.
var npmPrefixes = []string{"NPM_", "LC_"}

// npmEnviron returns the part of an environment that npm gets.
func npmEnviron(environ []string) []string {
	return slices.DeleteFunc(environ, func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		name = strings.ToUpper(name)
		begins := func(prefix string) bool { return strings.HasPrefix(name, prefix) }
		return !slices.Contains(npmVariables, name) && !slices.ContainsFunc(npmPrefixes, begins)
	})
}

// npmInstall installs a request in the folder that it was written to. It runs no
// package's scripts.
func (p *Packages) npmInstall(ctx context.Context, dir string, r request) error {
	args := []string{
		"install", "--ignore-scripts", "--omit=dev", "--package-lock=true", "--no-audit", "--no-fund",
		"--no-update-notifier", "--no-progress", "--loglevel=error", "--json",
		"--fetch-retry-mintimeout=250", "--fetch-retry-maxtimeout=1000", // npm's own waits are over a minute
	}
	if !p.AnySource {
		args = append(args, registriesOnly...)
	}
	var names []string
	for _, q := range r.list {
		names = append(names, q.Name+"@"+q.Version)
	}
	if _, err := p.find(); err != nil {
		p.log("install, without npm, " + strings.Join(names, " "))
		return p.installHere(ctx, dir, r)
	}
	p.log("npm install " + strings.Join(names, " "))
	out, err := p.npm(ctx, dir, r, args...)
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*child.ExitError](err); !ok {
		return err
	}
	return p.explain(ctx, dir, r, out)
}

// registriesOnly keeps npm from fetching what a package's own dependencies can
// name besides packages: an address in the host's network, a folder of the host,
// or a repository, whose .npmrc can name programs to run. A version of npm without
// the first four options still finds no git to run.
var registriesOnly = []string{
	"--allow-git=none", "--allow-remote=none", "--allow-file=none", "--allow-directory=none", "--git=usher-runs-no-git",
}

// npmLimits bound npm when it runs in a [Packages.Child]. Its JavaScript heap gets
// most of the memory.
var npmLimits = child.Limits{CPU: 2 * time.Minute, MemoryBytes: 3 << 29, FileBytes: 512 << 20}

const npmHeap = "--max-old-space-size=1024" // MiB

// npm runs npm in dir and returns its JSON output.
func (p *Packages) npm(ctx context.Context, dir string, r request, args ...string) ([]byte, error) {
	path, err := p.find()
	if err != nil {
		return nil, err
	}
	if r.registry != "" {
		args = append(args, "--registry="+r.registry)
	}
	var out bytes.Buffer
	run := child.Process{Self: p.Child, Dir: dir, Env: npmEnviron(os.Environ()), Stdout: &out}
	if len(p.Child) > 0 {
		args = append(args, "--cache="+filepath.Join(dir, npmCache)) // so that it counts in the size of dir
		run.Env = append(run.Env, strings.TrimSpace("NODE_OPTIONS="+os.Getenv("NODE_OPTIONS")+" "+npmHeap))
		run.Limits = npmLimits
	}
	run.Program = append([]string{path}, args...)
	run.Limits.Wall = cmp.Or(p.Timeout, 2*time.Minute)
	watched, stop := p.watchSize(ctx, dir)
	err = run.Run(watched)
	if large := stop(); large != nil {
		return nil, large
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("install packages: %w", ctx.Err())
	}
	if over, ok := errors.AsType[*child.LimitError](err); ok {
		return nil, exceededBy(over, r)
	}
	if death, ok := errors.AsType[*child.ExitError](err); ok && out.Len() == 0 {
		return []byte(death.Stderr), err
	}
	return out.Bytes(), err
}

// npmCache is the folder for npm's own cache, of one installation only.
const npmCache = ".npm-cache"

// find returns the path of npm.
func (p *Packages) find() (string, error) {
	path, err := exec.LookPath(cmp.Or(p.Npm, "npm"))
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		return "", failure(host.BuildMessage{
			Text: "the action lists npm packages, and there is no npm on this machine to install them",
			Hint: "install Node.js, which brings npm, or put node_modules beside the action's file",
		})
	}
	if err != nil {
		return "", fmt.Errorf("find npm: %w", err)
	}
	return filepath.Abs(path)
}
