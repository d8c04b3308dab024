package jsbuild

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/child"
)

// npmVariables are what npm and the registry's connection need of an
// environment; the rest, such as the keys of this host and of clouds, is no
// business of theirs. An .npmrc finds tokens in variables that begin with NPM_,
// and in NODE_AUTH_TOKEN.
var npmVariables = []string{
	"PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TMP", "TEMP", "LANG", "LANGUAGE", "TZ", "XDG_CONFIG_HOME", "XDG_CACHE_HOME",
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR",
	"NODE_OPTIONS", "NODE_EXTRA_CA_CERTS", "NODE_USE_ENV_PROXY", "NODE_AUTH_TOKEN",
	"NVM_DIR", "VOLTA_HOME", "ASDF_DIR", "ASDF_DATA_DIR", "MISE_DATA_DIR", // of what installs Node.js
	"SYSTEMROOT", "COMSPEC", "PATHEXT", "APPDATA", "LOCALAPPDATA", "USERPROFILE", // of Windows
}

// npmPrefixes begin more of them.
var npmPrefixes = []string{"NPM_", "LC_"}

// forNpm is the part of an environment that npm gets.
func forNpm(environ []string) []string {
	return slices.DeleteFunc(environ, func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		name = strings.ToUpper(name)
		begins := func(prefix string) bool { return strings.HasPrefix(name, prefix) }
		return !slices.Contains(npmVariables, name) && !slices.ContainsFunc(npmPrefixes, begins)
	})
}

// npmInstall installs a request in the folder that it was written to. No script
// of any package runs.
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
	p.log("npm install " + strings.Join(names, " "))
	out, err := p.npm(ctx, dir, r, args...)
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*child.Death](err); !ok {
		return err
	}
	return p.explain(ctx, dir, r, out)
}

// registriesOnly keeps npm from what a package's own dependencies can name: any
// address that this machine reaches, its folders, and repositories, whose .npmrc
// can name programs to run. Versions of npm that do not know the first four
// options still find no git to run.
var registriesOnly = []string{
	"--allow-git=none", "--allow-remote=none", "--allow-file=none", "--allow-directory=none", "--git=usher-runs-no-git",
}

// npmLimits bound npm when there is a process to hold it to them; its engine's
// own heap gets most of the memory.
var npmLimits = child.Limits{CPU: 2 * time.Minute, MemoryBytes: 3 << 29, FileBytes: 512 << 20}

const npmHeap = "--max-old-space-size=1024" // MiB

// npm runs npm in dir and returns what it prints for machines.
func (p *Packages) npm(ctx context.Context, dir string, r request, args ...string) ([]byte, error) {
	path, err := p.find()
	if err != nil {
		return nil, err
	}
	if r.registry != "" {
		args = append(args, "--registry="+r.registry)
	}
	var out bytes.Buffer
	run := child.Process{Self: p.child, Dir: dir, Env: forNpm(os.Environ()), Stdout: &out}
	if p.child != nil {
		args = append(args, "--cache="+filepath.Join(dir, npmCache)) // what it fetches counts as well
		run.Env = append(run.Env, strings.TrimSpace("NODE_OPTIONS="+os.Getenv("NODE_OPTIONS")+" "+npmHeap))
		run.Limits = npmLimits
	}
	run.Program = append([]string{path}, args...)
	run.Limits.Wall = cmp.Or(p.Timeout, 2*time.Minute)
	watched, stop := p.watch(ctx, dir)
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
	if death, ok := errors.AsType[*child.Death](err); ok && out.Len() == 0 {
		return []byte(death.Stderr), err
	}
	return out.Bytes(), err
}

// npmCache is where npm keeps what it fetches for one installation alone.
const npmCache = ".npm-cache"

// exceededBy tells which limit npm went over. That it waited is nobody's fault
// but its registry's.
func exceededBy(over *child.LimitError, r request) error {
	if over.Kind == child.WallTime {
		return &host.Error{
			Code: host.Unavailable, Text: "npm was stopped after " + over.Limit + ": its registry" + registryNote(r) + " did not answer in time",
			Hint: "look whether the registry answers, and build again",
		}
	}
	return asError([]host.BuildMessage{{
		Text: "npm took more than " + over.Amount() + " to install the packages",
		Hint: fewer,
	}})
}

// find returns the path of npm.
func (p *Packages) find() (string, error) {
	path, err := exec.LookPath(cmp.Or(p.Npm, "npm"))
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		return "", &host.BuildFailure{Messages: []host.BuildMessage{{
			Text: "the action lists npm packages, and there is no npm on this machine to install them",
			Hint: "install Node.js, which brings npm, or put node_modules beside the action's file",
		}}}
	}
	if err != nil {
		return "", fmt.Errorf("find npm: %w", err)
	}
	return filepath.Abs(path)
}

// failure is how npm tells machines what went wrong.
type failure struct {
	Error struct {
		Code    string `json:"code"`
		Summary string `json:"summary"`
		Detail  string `json:"detail"`
	} `json:"error"`
}

// failureIn reads npm's answer, which notices may stand before.
func failureIn(out []byte) failure {
	var f failure
	if at := bytes.IndexByte(out, '{'); at >= 0 && json.Unmarshal(out[at:], &f) == nil && f.Error.Code != "" {
		return f
	}
	f.Error.Summary = lastLines(string(out))
	return f
}

var (
	unreachable = regexp.MustCompile(`^(?:ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ENET|EHOST|ERR_SOCKET|E5\d\d)`)
	noPackage   = regexp.MustCompile(`'?((?:@[\w.~-]+/)?[\w.~-]+)@([^\s']*)'? (?:is not in this registry|could not be found)`)
	noVersion   = regexp.MustCompile(`No matching version found for ((?:@[\w.~-]+/)?[\w.~-]+)@(\S.*?)\.?\s*(?:$|\n)`)
)

// explain turns npm's failure into what the action's author can mend.
func (p *Packages) explain(ctx context.Context, dir string, r request, out []byte) error {
	f := failureIn(out)
	whole := f.Error.Summary + "\n" + f.Error.Detail
	if m := noVersion.FindStringSubmatch(whole); m != nil && f.Error.Code == "ETARGET" {
		return asError([]host.BuildMessage{p.sayNoVersion(ctx, dir, r, m[1], m[2])})
	}
	switch f.Error.Code {
	case "E404":
		name := "a package on the list"
		if m := noPackage.FindStringSubmatch(whole); m != nil {
			name = fmt.Sprintf("package %q", m[1])
		}
		return asError([]host.BuildMessage{{
			Text: name + " does not exist in the registry" + registryNote(r),
			Hint: "look at its spelling; a private package needs its registry and the host's access to it",
		}})
	case "E401", "E403", "ENEEDAUTH":
		return asError([]host.BuildMessage{{
			Text: "the registry refuses a package" + registryNote(r) + ": " + f.Error.Summary,
			Hint: "give npm on this machine access: npm login, or a token in its .npmrc",
		}})
	case "ENOGIT", "EALLOWGIT", "EALLOWREMOTE", "EALLOWFILE", "EALLOWDIRECTORY":
		return asError([]host.BuildMessage{{
			Text: "a package on the list needs another one that is in no registry: " + firstLine(f.Error.Summary),
			Hint: "use a version of it that needs packages of a registry alone",
		}})
	case "ERESOLVE":
		return asError([]host.BuildMessage{{
			Text: "the packages do not go together: " + firstLine(cmp.Or(f.Error.Detail, f.Error.Summary)),
			Hint: "choose versions that ask for the same version of what they share",
		}})
	case "EINTEGRITY":
		return asError([]host.BuildMessage{{
			Text: "a package is not what its registry says it is: " + f.Error.Summary,
			Hint: "try again; if it stays so, the registry or a cache before it is broken",
		}})
	}
	if unreachable.MatchString(f.Error.Code) {
		return fmt.Errorf("install packages: the registry%s cannot be reached (%s): look at the network and the registry setting, or build offline from the cache", registryNote(r), f.Error.Code)
	}
	return fmt.Errorf("install packages: npm: %s", strings.TrimSpace(f.Error.Code+" "+f.Error.Summary))
}

func (p *Packages) sayNoVersion(ctx context.Context, dir string, r request, name, version string) host.BuildMessage {
	m := host.BuildMessage{Text: fmt.Sprintf("package %q has no version %s", name, version), Hint: "look its versions up: npm view " + name + " versions"}
	out, err := p.npm(ctx, dir, r, "view", name, "dist-tags.latest", "--json", "--loglevel=error")
	var newest string
	if err == nil && json.Unmarshal(out, &newest) == nil && newest != "" {
		m.Text += "; the newest is " + newest
		m.Hint = fmt.Sprintf("ask for %s, or for latest", newest)
	}
	return m
}

func registryNote(r request) string {
	if r.registry == "" {
		return ""
	}
	return " " + r.registry
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}

// lastLines keeps the end of what a program printed, where the reason stands.
func lastLines(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-5):], "\n")
}
