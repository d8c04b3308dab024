// Package child does work in processes of their own, under limits: this program
// starts itself anew, and [Main] then does a [Task] in place of the program. What
// the work is about is the business of whoever owns the task.
package child

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Process is a task, or another program, to be run in a process of its own,
// which gives way to the host's other work. It lives no longer than the process
// that runs it.
type Process struct {
	// Self is the command line of a program that calls [Main] first thing.
	// Empty starts Program as it is: without limits, but for the time.
	Self []string
	Task string // which of its tasks is to be done
	Arg  string // what the task is told

	// Program is the path and the arguments of a program to run instead of a
	// task, in Dir and with Env. A task gets a folder of its own to work in,
	// and nothing of this process's environment.
	Program []string
	Dir     string
	Env     []string

	Limits Limits

	Stdin  io.Reader // nil: nothing
	Stdout io.Writer // nil: nobody
	// Talk writes to the process and reads from it, instead of Stdin and
	// Stdout. What it returns is Run's error too, unless it is that the process
	// hung up: an EOF, or a broken pipe.
	Talk func(to io.Writer, from io.Reader) error
}

// Death says that a process did not end well, and that no limit is known to be
// the reason.
type Death struct {
	Status string // how it ended
	Stderr string // the beginning of what it said
}

// Error tells how the process ended, and what it said first.
func (d *Death) Error() string {
	return strings.TrimSpace("the process ended with " + d.Status + ": " + d.Stderr)
}

// Run runs the process until it ends, and ends it, with all that it started,
// when ctx does. The error is a [*LimitError] when it went over a limit, a
// [*Death] when it failed otherwise, or ctx's.
func (p *Process) Run(ctx context.Context) error {
	timed, cancel := p.Limits.withWall(ctx)
	defer cancel()
	cmd, done, err := p.command(timed)
	if err != nil {
		return err
	}
	defer done()
	stderr := &head{}
	cmd.Stderr = stderr
	// What dies with its parent dies with the thread that started it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	talked, err := p.run(cmd)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case timed.Err() != nil:
		return &LimitError{WallTime, p.Limits.Wall.String()}
	case talked != nil && !hungUp(talked):
		return talked
	case cmd.ProcessState == nil:
		return fmt.Errorf("start a process: %w", err)
	case cmd.ProcessState.Success() && talked == nil:
		return nil
	}
	if over := p.Limits.exceeded(cmd.ProcessState, stderr.String()); over != nil {
		return over
	}
	return &Death{Status: cmd.ProcessState.String(), Stderr: stderr.String()}
}

// run starts the command, and returns what came of talking to it and of waiting
// for it.
func (p *Process) run(cmd *exec.Cmd) (talked, waited error) {
	if p.Talk == nil {
		cmd.Stdin, cmd.Stdout = p.Stdin, p.Stdout
		return nil, cmd.Run()
	}
	to, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	from, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	talked = p.Talk(to, from)
	_, _ = to.Close(), from.Close()
	if talked != nil && !hungUp(talked) {
		kill(cmd.Process)
	}
	return talked, cmd.Wait()
}

// hungUp reports whether talking ended because the other side did.
func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.EPIPE)
}

// command returns what starts the process, and what cleans up behind it.
func (p *Process) command(ctx context.Context) (cmd *exec.Cmd, done func(), err error) {
	if len(p.Self) == 0 || len(p.Program) > 0 && !limitsPrograms {
		cmd = exec.CommandContext(ctx, p.Program[0], p.Program[1:]...)
		cmd.Dir, cmd.Env = p.Dir, p.Env
		tend(cmd)
		return cmd, func() {}, nil
	}
	text, err := json.Marshal(order{Task: p.Task, Arg: p.Arg, Program: p.Program, Limits: p.Limits})
	if err != nil {
		return nil, nil, fmt.Errorf("order a process: %w", err)
	}
	cmd = exec.CommandContext(ctx, p.Self[0], p.Self[1:]...)
	cmd.Dir, cmd.Env = p.Dir, append(slices.Clone(p.Env), variable+"="+string(text))
	done = func() {}
	if len(p.Program) == 0 {
		dir, err := os.MkdirTemp("", "usher-child-")
		if err != nil {
			return nil, nil, fmt.Errorf("make a folder for a process: %w", err)
		}
		done = func() { _ = os.RemoveAll(dir) }
		cmd.Dir, cmd.Env = dir, append(cmd.Env, "TMPDIR="+dir)
	}
	tend(cmd)
	return cmd, done, nil
}

// tend sees to the command's end.
func tend(cmd *exec.Cmd) {
	tie(cmd)
	cmd.Cancel = func() error { kill(cmd.Process); return nil }
	cmd.WaitDelay = 5 * time.Second // what it started may hold its output
}

// head keeps the beginning of what is written to it.
type head struct{ text []byte }

const maxHead = 8 << 10

// Write implements [io.Writer].
func (h *head) Write(b []byte) (int, error) {
	h.text = append(h.text, b[:min(len(b), maxHead-len(h.text))]...)
	return len(b), nil
}

// String returns what was kept.
func (h *head) String() string { return string(h.text) }
