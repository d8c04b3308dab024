// Package child runs work in subprocesses under limits: this program starts itself
// again, and [Main] then runs a [Task] in place of the program. It does not know what
// the task is about.
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

// Process is a task, or another program, that runs in a subprocess with a lower
// priority than the host. The subprocess ends with the process that runs it.
type Process struct {
	// Self is the command line of a program that calls [Main] at its start. Empty
	// starts Program directly: without limits, except the wall clock's.
	Self []string
	Task string // the name of the task
	Arg  string // the argument of the task

	// Program is the path and the arguments of a program to run instead of a task,
	// in Dir and with Env. A task runs in a temporary folder of its own, and gets
	// nothing of this process's environment.
	Program []string
	Dir     string
	Env     []string

	Limits Limits

	Stdin  io.Reader // nil: empty
	Stdout io.Writer // nil: discarded
	// Talk writes to the process and reads from it, instead of Stdin and Stdout. Its
	// error is Run's error too, unless it means that the process has closed its
	// side: an EOF, or a broken pipe.
	Talk func(to io.Writer, from io.Reader) error
}

// ExitError is the error of a process that failed, when no limit is known to be the
// reason.
type ExitError struct {
	Status string // how it ended
	Stderr string // the beginning of its output
}

// Error returns how the process ended, and the beginning of its error output.
func (d *ExitError) Error() string {
	return strings.TrimSpace("the process ended with " + d.Status + ": " + d.Stderr)
}

// Run runs the process until it ends. When ctx ends, Run ends the process and all
// processes that it has started. The error is a [*LimitError] when it exceeded a
// limit, an [*ExitError] when it failed otherwise, or ctx's.
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
	// The kernel ends the child when the thread that started it ends.
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
		return fmt.Errorf("start a subprocess: %w", err)
	case cmd.ProcessState.Success() && talked == nil:
		return nil
	}
	if over := p.Limits.exceeded(cmd.ProcessState, stderr.String()); over != nil {
		return over
	}
	return &ExitError{Status: cmd.ProcessState.String(), Stderr: stderr.String()}
}

// run starts the command, and returns the errors of talking to it and of waiting
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

// hungUp reports whether err means that the other side has closed the connection.
func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.EPIPE)
}

// command returns the command that starts the process, and a function that cleans
// up after it.
func (p *Process) command(ctx context.Context) (cmd *exec.Cmd, done func(), err error) {
	if len(p.Self) == 0 || len(p.Program) > 0 && !limitsPrograms {
		cmd = exec.CommandContext(ctx, p.Program[0], p.Program[1:]...)
		cmd.Dir, cmd.Env = p.Dir, p.Env
		setEnd(cmd)
		return cmd, func() {}, nil
	}
	text, err := json.Marshal(order{Task: p.Task, Arg: p.Arg, Program: p.Program, Limits: p.Limits})
	if err != nil {
		return nil, nil, fmt.Errorf("encode the order for a subprocess: %w", err)
	}
	cmd = exec.CommandContext(ctx, p.Self[0], p.Self[1:]...)
	cmd.Dir, cmd.Env = p.Dir, append(slices.Clone(p.Env), variable+"="+string(text))
	done = func() {}
	if len(p.Program) == 0 {
		dir, err := os.MkdirTemp("", "usher-child-")
		if err != nil {
			return nil, nil, fmt.Errorf("make a folder for a subprocess: %w", err)
		}
		done = func() { _ = os.RemoveAll(dir) }
		cmd.Dir, cmd.Env = dir, append(cmd.Env, "TMPDIR="+dir)
	}
	setEnd(cmd)
	return cmd, done, nil
}

// setEnd sets how the command ends.
func setEnd(cmd *exec.Cmd) {
	setGroup(cmd)
	cmd.Cancel = func() error { kill(cmd.Process); return nil }
	cmd.WaitDelay = 5 * time.Second // processes that it started may hold its output open
}

// head holds the beginning of what is written to it.
type head struct{ text []byte }

const maxHead = 8 << 10

// Write implements [io.Writer].
func (h *head) Write(b []byte) (int, error) {
	h.text = append(h.text, b[:min(len(b), maxHead-len(h.text))]...)
	return len(b), nil
}

// String returns that beginning.
func (h *head) String() string { return string(h.text) }
