package operator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/child"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/daemon"
	"github.com/usherhost/usher/host/jsbuild/bootstrap"
	"github.com/usherhost/usher/host/sandbox"
	"github.com/usherhost/usher/host/seal"
	"github.com/usherhost/usher/host/settings"
	"github.com/usherhost/usher/host/sqlite"
	"github.com/usherhost/usher/host/web"
)

// finding is the result of one check.
type finding struct {
	Name   string `json:"name"`
	State  string `json:"state"` // ok, note, warning or problem
	Detail string `json:"detail"`
	Hint   string `json:"hint,omitempty"`
}

// The states of a finding.
const (
	stateOK      = "ok"
	stateNote    = "note"
	stateWarning = "warning"
	stateProblem = "problem"
)

func newDoctor(env *command.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Check this installation for problems",
		Example: `  usher doctor
  usher doctor --data /var/lib/usher --json`,
		Long: `Check the data directory, its lock, database and key files, the disk, the
server and its clock, its listener, the JavaScript engine, the compiler of actions, the
kernel's means of confinement, and the toolchains for building actions. Changes nothing.
Exits with code 1 when it finds a problem.`,
		GroupID: command.GroupHost,
		Args:    command.Exactly(),
		RunE:    func(cmd *cobra.Command, _ []string) error { return doctor(cmd.Context(), env) },
	}
}

func doctor(ctx context.Context, env *command.Env) error {
	findings := []finding{checkData(env.Config), checkLock(env.Config), checkDatabase(ctx, env.Config)}
	findings = append(findings, checkQueue(ctx, env.Config)...)
	findings = append(findings, checkDisk(env.Config))
	for _, name := range []string{settings.AdminKeyFile, settings.SecretsKeyFile} {
		findings = append(findings, checkKeyFile(env.Config, name))
	}
	findings = append(findings, checkProfile(env))
	findings = append(findings, checkServer(ctx, env.Config)...)
	findings = append(findings, checkListener(env.Config)...)
	findings = append(findings, checkEngine(), checkCompiler(), checkConfinement())
	findings = append(findings, checkTools(ctx)...)
	err := env.Term.Answer(map[string]any{"findings": findings}, func(w io.Writer) { printFindings(env.Term, w, findings) })
	if err != nil {
		return err
	}
	for _, f := range findings {
		if f.State == stateProblem {
			return term.SilentExit(term.ExitFailure)
		}
	}
	return nil
}

func printFindings(t term.Terminal, w io.Writer, findings []finding) {
	paint := map[string]func(string) string{
		stateOK: t.Green, stateNote: t.Dim, stateWarning: t.Yellow, stateProblem: t.Red,
	}
	for _, f := range findings {
		term.Fprintf(w, "%s %-12s %s\n", paint[f.State](fmt.Sprintf("%-8s", f.State)), f.Name, f.Detail)
		if f.Hint != "" {
			term.Fprintf(w, "%22shint: %s\n", "", term.Hang(f.Hint, strings.Repeat(" ", 28)))
		}
	}
}

func checkData(cfg settings.Config) finding {
	f := finding{Name: "data", State: stateOK, Detail: cfg.Data}
	info, err := os.Stat(cfg.Data)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.State, f.Detail, f.Hint = stateNote, cfg.Data+" does not exist yet", "'usher serve' creates it"
	case err != nil:
		f.State, f.Detail = stateProblem, err.Error()
	case !info.IsDir():
		f.State, f.Detail, f.Hint = stateProblem, cfg.Data+" is not a directory", "choose another with --data"
	case info.Mode().Perm()&0o077 != 0:
		f.State, f.Detail = stateWarning, fmt.Sprintf("%s may be read by others (mode %04o)", cfg.Data, info.Mode().Perm())
		f.Hint = "chmod 700 " + cfg.Data
	}
	return f
}

// checkLock checks whether a host uses the data directory, without locking it.
func checkLock(cfg settings.Config) finding {
	path := filepath.Join(cfg.Data, sqlite.LockName)
	if _, err := os.Stat(path); err != nil {
		return finding{Name: "lock", State: stateOK, Detail: "no host has used the data directory"}
	}
	lock := flock.New(path, flock.SetFlag(os.O_RDONLY))
	taken, err := lock.TryRLock()
	if err != nil {
		return finding{Name: "lock", State: stateProblem, Detail: err.Error(), Hint: "the data directory must be local, and this user's"}
	}
	defer func() { _ = lock.Close() }()
	if !taken {
		return finding{Name: "lock", State: stateOK, Detail: "a host runs on the data directory"}
	}
	return finding{Name: "lock", State: stateOK, Detail: "free: no host runs on the data directory"}
}

// checkDatabase proves that the database takes an event, beside a running host
// too, and finds one that was lost.
func checkDatabase(ctx context.Context, cfg settings.Config) finding {
	path, err := filepath.Abs(filepath.Join(cfg.Data, sqlite.FileName))
	if err != nil {
		return finding{Name: "database", State: stateProblem, Detail: err.Error()}
	}
	err = sqlite.Lost(ctx, cfg.Data, settings.MadeByHost...)
	info, missing := os.Stat(path)
	if err == nil && missing != nil {
		return finding{Name: "database", State: stateNote, Detail: "not created yet", Hint: "'usher serve' creates it"}
	}
	if err == nil {
		err = sqlite.Prove(ctx, path)
	}
	if wrong, ok := errors.AsType[*host.Error](err); ok {
		return finding{Name: "database", State: stateProblem, Detail: wrong.Error(), Hint: web.Hint(wrong.Hint, wrong.Fix)}
	}
	if errors.Is(err, sqlite.ErrOlderTables) {
		return finding{Name: "database", State: stateOK, Detail: term.ByteSize(info.Size()) + ", read; the next start brings its tables up to date"}
	}
	if err != nil {
		return finding{Name: "database", State: stateProblem, Detail: err.Error()}
	}
	return finding{Name: "database", State: stateOK, Detail: term.ByteSize(info.Size()) + ", and it takes events"}
}

// lateAfter is how long an execution may be due before the doctor warns.
const lateAfter = 5 * time.Minute

// checkQueue counts the executions that wait; no finding without a readable
// database.
func checkQueue(ctx context.Context, cfg settings.Config) []finding {
	path, err := filepath.Abs(filepath.Join(cfg.Data, sqlite.FileName))
	if err != nil {
		return nil
	}
	if info, err := os.Stat(path); err != nil || info.Size() == 0 {
		return nil
	}
	b, err := sqlite.ReadBacklog(ctx, path)
	if err != nil {
		return nil // checkDatabase reports it
	}
	f := finding{Name: "queue", State: stateOK, Detail: fmt.Sprintf("%d executions have not ended", b.Unended)}
	if b.Retrying > 0 {
		f.Detail += fmt.Sprintf(", %d of them wait for another attempt", b.Retrying)
	}
	if !b.DueSince.IsZero() {
		late := time.Since(b.DueSince).Round(time.Second)
		f.Detail += fmt.Sprintf("; the oldest of those that wait has been due for %s", late)
		if late > lateAfter {
			f.State, f.Hint = stateWarning, "start the host, if none runs; otherwise more --concurrency, or faster actions"
		}
	}
	return []finding{f}
}

func checkDisk(cfg settings.Config) finding {
	dir := cfg.Data
	if _, err := os.Stat(dir); err != nil {
		dir = filepath.Dir(dir)
	}
	free, err := daemon.FreeBytes(dir)
	if err != nil {
		return finding{Name: "disk", State: stateWarning, Detail: err.Error()}
	}
	f := finding{Name: "disk", State: stateOK, Detail: term.ByteSize(int64(free)) + " free"}
	if free < 10*daemon.MinFreeBytes {
		f.State, f.Hint = stateWarning, "free some space: without any, events are refused with 503"
	}
	return f
}

func checkKeyFile(cfg settings.Config, name string) finding {
	path := filepath.Join(cfg.Data, name)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return finding{Name: name, State: stateNote, Detail: "not in the data directory", Hint: keyFileHint(name)}
	case err != nil:
		return finding{Name: name, State: stateProblem, Detail: err.Error()}
	}
	if wrong, ok := errors.AsType[*host.Error](seal.CheckMode(info, path)); ok {
		return finding{Name: name, State: stateProblem, Detail: wrong.Text, Hint: web.Hint(wrong.Hint, wrong.Fix)}
	}
	return finding{Name: name, State: stateOK, Detail: fmt.Sprintf("%s, mode %04o", path, info.Mode().Perm())}
}

// checkProfile shows which profile the commands use, and whether it leads to a key.
func checkProfile(env *command.Env) finding {
	f := finding{Name: "profile", State: stateOK}
	source, err := env.KeySource()
	name, p := env.InUse()
	if name == "" {
		f.State, f.Detail, f.Hint = stateNote, "none is used: the URL is "+env.Config.URL+" (from "+env.Config.Source("url")+")", "'usher profiles --help' explains how the commands find a host"
	} else {
		f.Detail = name + ", " + p.URL
	}
	switch wrong, ok := errors.AsType[*host.Error](err); {
	case ok:
		f.State, f.Detail, f.Hint = stateWarning, wrong.Text, web.Hint(wrong.Hint, wrong.Fix)
	case err != nil:
		f.State, f.Detail = stateWarning, err.Error()
	case source == "":
		f.Detail += "; there is no API key for it"
	default:
		f.Detail += "; the API key is from " + source
	}
	return f
}

func keyFileHint(name string) string {
	if name == settings.AdminKeyFile {
		return "the first start writes it; otherwise 'usher login URL', or see 'usher keys create --help' when no key is left"
	}
	return "this is fine when secrets_key or secrets_key_file is set"
}

// checkListener warns when the settings let the host serve other machines without TLS.
func checkListener(cfg settings.Config) []finding {
	if !daemon.ServesPlainHTTP(cfg, cfg.Listen) {
		return nil
	}
	return []finding{{
		Name: "listener", State: stateWarning, Detail: "plain HTTP on " + cfg.Listen + ": API keys and events cross the network in clear",
		Hint: daemon.PlainHTTPHint,
	}}
}

// maxClockSkew is how far the server's clock may be off before idempotency
// keys and retries become hard to read side by side.
const maxClockSkew = 5 * time.Second

func checkServer(ctx context.Context, cfg settings.Config) []finding {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(cfg.URL, "/")+"/readyz?verbose", nil)
	if err != nil {
		return []finding{{Name: "server", State: stateProblem, Detail: err.Error(), Hint: "correct --url or USHER_URL"}}
	}
	transport, err := command.Transport(cfg)
	if err != nil {
		return []finding{{Name: "server", State: stateProblem, Detail: err.Error()}}
	}
	answer, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return []finding{{Name: "server", State: stateWarning, Detail: "no answer from " + cfg.URL, Hint: "start it with 'usher serve', or name another with --url"}}
	}
	defer func() { _ = answer.Body.Close() }()
	f := finding{Name: "server", State: stateOK, Detail: cfg.URL + " is ready"}
	if answer.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(answer.Body, 4<<10))
		f.State, f.Detail = stateProblem, fmt.Sprintf("%s is not ready: %s", cfg.URL, body)
	}
	return []finding{f, checkClock(answer.Header.Get("Date"))}
}

func checkClock(date string) finding {
	at, err := http.ParseTime(date)
	if err != nil {
		return finding{Name: "clock", State: stateNote, Detail: "the server sends no date"}
	}
	skew := time.Since(at).Truncate(time.Second)
	if skew.Abs() > maxClockSkew {
		return finding{Name: "clock", State: stateWarning, Detail: "the server's clock is off by " + skew.Abs().String(), Hint: "synchronise both clocks with NTP"}
	}
	return finding{Name: "clock", State: stateOK, Detail: "the server's and this machine's agree"}
}

// checkEngine checks whether this binary can build scripts.
func checkEngine() finding {
	where, err := bootstrap.Engine{}.Find()
	switch {
	case err != nil:
		return finding{Name: "javascript", State: stateWarning, Detail: err.Error(), Hint: "run 'usher engine make'"}
	case where.Embedded:
		return finding{Name: "javascript", State: stateOK, Detail: "the engine is in this binary"}
	case where.Dir == "":
		return finding{Name: "javascript", State: stateNote, Detail: "the first build of a script will make the engine", Hint: "make it now: usher engine make"}
	}
	return finding{Name: "javascript", State: stateOK, Detail: "the engine was made in " + where.Dir}
}

// checkCompiler checks whether actions run as machine code.
func checkCompiler() finding {
	if sandbox.Compiles() {
		return finding{Name: "compiler", State: stateOK, Detail: "actions run as machine code"}
	}
	return finding{Name: "compiler", State: stateWarning, Detail: "actions are interpreted, some fifty times slower", Hint: daemon.InterpretedHint}
}

// checkConfinement checks whether the kernel also denies compilers and builds of
// uploads the files of this machine.
func checkConfinement() finding {
	if child.Confines() {
		return finding{Name: "confinement", State: stateOK, Detail: "the kernel denies builds other files and the network (Landlock)"}
	}
	return finding{
		Name: "confinement", State: stateWarning, Detail: "this kernel has no Landlock: builds are bounded in time and memory only",
		Hint: "run the host on Linux 5.13 or newer with landlock among its security modules, if other people may create actions",
	}
}

// checkTools looks for the toolchains that sample actions are built with. None
// of them is needed to run a host.
func checkTools(ctx context.Context) []finding {
	var findings []finding
	for _, tool := range []struct{ name, use string }{
		{"go", "actions in Go"},
		{"npm", "packages of actions from registries that an .npmrc names"},
		{"node", "tests of actions in JavaScript, and actions in AssemblyScript"},
		{"clang", "actions in C"},
		{"wasm-ld", "actions in C"},
	} {
		path, err := exec.LookPath(tool.name)
		if err != nil {
			findings = append(findings, finding{Name: tool.name, State: stateNote, Detail: "not found; only needed for " + tool.use})
			continue
		}
		findings = append(findings, finding{Name: tool.name, State: stateOK, Detail: toolVersion(ctx, tool.name, path)})
	}
	return findings
}

func toolVersion(ctx context.Context, name, path string) string {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	flag := "--version"
	if name == "go" {
		flag = "version"
	}
	out, err := exec.CommandContext(ctx, path, flag).Output()
	if err != nil {
		return path
	}
	first, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return first
}
