package child_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gofrs/flock"
	"golang.org/x/sys/unix"

	"github.com/usherhost/usher/host/child"
)

// TestMain makes this binary the child of its own tests.
func TestMain(m *testing.M) {
	child.Main(
		child.Task{Name: "echo", Do: echo},
		child.Task{Name: "spin", Do: spin},
		child.Task{Name: "dig", Do: func(string, io.Reader, io.Writer) error { return fmt.Errorf("%d", dig(1)) }},
		child.Task{Name: "eat", Do: eat},
		child.Task{Name: "write", Do: write},
		child.Task{Name: "hold", Do: hold},
		child.Task{Name: "parent", Do: parent},
		child.Task{Name: "confined", Do: confined},
	)
	os.Exit(m.Run())
}

func echo(arg string, in io.Reader, out io.Writer) error {
	text, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s %s %s", arg, text, strings.Join(os.Environ(), " "))
	return err
}

func spin(string, io.Reader, io.Writer) error {
	for n := uint64(1); n != 0; n += 2 { // odd for ever
	}
	return nil
}

func dig(n int) int {
	if never {
		return n
	}
	return dig(n+1) + n
}

// never is false, which no compiler knows.
var never = len(os.Args) == 0

func eat(string, io.Reader, io.Writer) error {
	var all [][]byte
	for !never {
		all = append(all, bytes.Repeat([]byte{1}, 1<<20))
	}
	return fmt.Errorf("%d", len(all))
}

func write(string, io.Reader, io.Writer) error {
	return os.WriteFile("large", make([]byte, 2<<20), 0o600)
}

// hold says that it holds the lock at arg, and does so until it is ended.
func hold(arg string, _ io.Reader, out io.Writer) error {
	if err := flock.New(arg).Lock(); err != nil {
		return err
	}
	_, _ = fmt.Fprintln(out, os.Getpid())
	select {}
}

// parent has a process of its own that holds a lock, and passes on what that
// says, with its own number before it.
func parent(arg string, _ io.Reader, out io.Writer) error {
	p := child.Process{Self: []string{self()}, Task: "hold", Arg: arg, Talk: func(_ io.Writer, from io.Reader) error {
		line, err := bufio.NewReader(from).ReadString('\n')
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintln(out, os.Getpid(), strings.TrimSpace(line))
		select {}
	}}
	return p.Run(context.Background())
}

func confined(arg string, _ io.Reader, out io.Writer) error {
	if err := child.Confine([]string{arg}, nil); err != nil {
		return err
	}
	_, inside := os.ReadFile(filepath.Join(arg, "file"))
	_, outside := os.ReadDir("/")
	_, err := fmt.Fprint(out, inside, " ", errors.Is(outside, os.ErrPermission))
	return err
}

func self() string {
	path, err := os.Executable()
	if err != nil {
		panic(err)
	}
	return path
}

func TestAProcessDoesItsTask(t *testing.T) {
	t.Setenv("OF_THE_HOST", "secret")
	var out bytes.Buffer
	p := child.Process{Self: []string{self()}, Task: "echo", Arg: "arg", Stdin: strings.NewReader("in"), Stdout: &out}
	if err := p.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); !strings.HasPrefix(got, "arg in ") || strings.Contains(got, "OF_THE_HOST") {
		t.Errorf("it says %q", got)
	}
}

func TestAProgramRunsUnderLimits(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := child.Process{
		Self: []string{self()}, Program: []string{"/bin/sh", "-c", "ulimit -t; ulimit -d; nice; pwd; echo $OWN"}, Dir: t.TempDir(), Env: []string{"OWN=own", "PATH=" + os.Getenv("PATH")},
		Limits: child.Limits{CPU: 7 * time.Second, MemoryBytes: 1 << 30}, Stdout: &out,
	}
	if err := p.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("%d\n%d\n", atMost(t, unix.RLIMIT_CPU, 7), atMost(t, unix.RLIMIT_DATA, 1<<30)>>10); !strings.HasPrefix(out.String(), want) || !strings.Contains(out.String(), p.Dir+"\nown") {
		t.Errorf("it says %q, want %q, %s", out.String(), want, p.Dir)
	}
}

// atMost returns what is left of a limit for the processes of this test, which
// may run under limits itself.
func atMost(t *testing.T, resource int, limit uint64) uint64 {
	t.Helper()
	var own unix.Rlimit
	if err := unix.Getrlimit(resource, &own); err != nil {
		t.Fatal(err)
	}
	return min(limit, own.Max)
}

// niceness returns that of this process.
func niceness(t *testing.T) int {
	t.Helper()
	above, err := unix.Getpriority(unix.PRIO_PROCESS, 0) // as the kernel counts: 20 less the niceness
	if err != nil {
		t.Fatal(err)
	}
	return 20 - above
}

// TestAProcessHasNoHigherLimitsThanTheHost starts processes as a host does that has less
// memory than they may use, a low priority, and a file that its starter left
// open.
func TestAProcessHasNoHigherLimitsThanTheHost(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := child.Process{
		Self:    []string{"/bin/sh", "-c", `ulimit -d 2000000 || :; exec nice -n 15 "$0" 3</dev/null`, self()},
		Program: []string{"/bin/sh", "-c", "ulimit -d; nice; if { true <&3; } 2>/dev/null; then echo a file; fi"},
		Env:     []string{"PATH=" + os.Getenv("PATH")}, Dir: t.TempDir(),
		Limits: child.Limits{MemoryBytes: 4 << 30}, Stdout: &out,
	}
	if err := p.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("%d\n%d\n", atMost(t, unix.RLIMIT_DATA, 2_000_000<<10)>>10, max(min(niceness(t)+15, 19), 10)); out.String() != want {
		t.Errorf("it says %q, want %q", out.String(), want)
	}
}

func TestAProcessOverALimitIsEnded(t *testing.T) {
	t.Parallel()
	for task, tt := range map[string]struct {
		limits child.Limits
		kind   child.Kind
	}{
		"spin":  {child.Limits{CPU: time.Second}, child.CPUTime},
		"hold":  {child.Limits{Wall: time.Millisecond}, child.WallTime},
		"eat":   {child.Limits{MemoryBytes: 1 << 30}, child.Memory},
		"dig":   {child.Limits{}, child.Stack},
		"write": {child.Limits{FileBytes: 1 << 20}, child.FileBytes},
	} {
		t.Run(task, func(t *testing.T) {
			t.Parallel()
			p := child.Process{Self: []string{self()}, Task: task, Arg: filepath.Join(t.TempDir(), "lock"), Limits: tt.limits}
			err := p.Run(t.Context())
			var over *child.LimitError
			if !errors.As(err, &over) || over.Kind != tt.kind {
				t.Errorf("got %v, want %s", err, tt.kind)
			}
		})
	}
}

func TestTheErrorOfAProcessHasItsOutput(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]child.Process{
		"has no task \"nothing\"": {Task: "nothing"},
		"exit status 1":           {Task: "nothing"},
		"the process ended with exit status 3: no such disk": {Program: []string{"/bin/sh", "-c", "echo no such disk >&2; exit 3"}},
		"the process ended with signal: killed":              {Program: []string{"/bin/sh", "-c", "kill -9 $$"}},
	} {
		p.Self = []string{self()}
		err := p.Run(t.Context())
		var death *child.ExitError
		if !errors.As(err, &death) || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want %s", err, name)
		}
	}
}

// awaitLock waits until the lock is free.
func awaitLock(t *testing.T, path string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	lock := flock.New(path)
	if _, err := lock.TryLockContext(ctx, 10*time.Millisecond); err != nil {
		t.Fatalf("a process still holds its lock: %v", err)
	}
	_ = lock.Unlock()
}

func TestAProcessEndsWithItsContextAndAllThatItStarted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	p := child.Process{
		Program: []string{"/bin/sh", "-c", "sleep 1000 & echo started; wait"}, Env: os.Environ(),
		Talk: func(_ io.Writer, from io.Reader) error {
			lines := bufio.NewReader(from)
			if _, err := lines.ReadString('\n'); err != nil {
				return err
			}
			cancel()
			_, err := io.ReadAll(lines) // until every writer has ended
			return err
		},
	}
	if err := p.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestAProcessDiesWithItsParent(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	p := child.Process{Self: []string{self()}, Task: "parent", Arg: path, Talk: func(_ io.Writer, from io.Reader) error {
		line, err := bufio.NewReader(from).ReadString('\n')
		if err != nil {
			return err
		}
		pid, err := strconv.Atoi(strings.Fields(line)[0])
		if err != nil {
			return err
		}
		return syscall.Kill(pid, syscall.SIGKILL)
	}}
	var death *child.ExitError
	if err := p.Run(t.Context()); !errors.As(err, &death) {
		t.Errorf("got %v", err)
	}
	awaitLock(t, path)
}

func TestAConfinedProcessReadsItsFoldersAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	p := child.Process{Self: []string{self()}, Task: "confined", Arg: dir, Stdout: &out}
	if err := p.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprint("<nil> ", hasLandlock())
	if out.String() != want {
		t.Errorf("it says %s, want %s", out.String(), want)
	}
}

// hasLandlock asks the kernel whether it can confine.
func hasLandlock() bool {
	_, _, errno := syscall.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	return errno == 0
}
