package child

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/landlock-lsm/go-landlock/landlock"
	landlocksys "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
)

// limitsPrograms says whether programs other than this one can be limited.
const limitsPrograms = true

// niceness lets processes that serve events go first.
const niceness = 10

// setGroup gives the process a group of its own, which can be killed as a whole, and
// makes the kernel kill it when its parent ends.
func setGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// kill kills a process's whole group.
func kill(p *os.Process) { _ = unix.Kill(-p.Pid, unix.SIGKILL) }

// apply limits this process, the program that it becomes, and its children.
func (l Limits) apply() error {
	for _, r := range []struct {
		resource     int
		limit, grace uint64
	}{
		{unix.RLIMIT_CPU, uint64(l.CPU.Seconds()), 5}, // to report that this was the reason
		{unix.RLIMIT_DATA, l.MemoryBytes, 0},          // not RLIMIT_AS: runtimes reserve far more address space than they use
		{unix.RLIMIT_FSIZE, l.FileBytes, 0},
	} {
		if r.limit == 0 {
			continue
		}
		var had unix.Rlimit // the host's own limit can't be raised
		if err := unix.Getrlimit(r.resource, &had); err != nil {
			return fmt.Errorf("limit the process: %w", err)
		}
		limit := unix.Rlimit{Cur: min(r.limit, had.Max), Max: min(r.limit+r.grace, had.Max)}
		if err := unix.Setrlimit(r.resource, &limit); err != nil {
			return fmt.Errorf("limit the process: %w", err)
		}
	}
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return fmt.Errorf("limit the process: %w", err)
	}
	if err := lowerPriority(); err != nil {
		return fmt.Errorf("lower the process's priority: %w", err)
	}
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0) // when memory is short, the kernel should end this process first
	return nil
}

// lowerPriority lowers the priority of this process, unless the host's own is lower.
func lowerPriority() error {
	above, err := unix.Getpriority(unix.PRIO_PROCESS, 0) // as the kernel counts: 20 less the niceness
	if err != nil || 20-above >= niceness {
		return err
	}
	return unix.Setpriority(unix.PRIO_PGRP, 0, niceness)
}

// become replaces this process by another program, which inherits none of the files
// that were open when the host was started.
func become(program []string) error {
	_ = unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC) // before Linux 5.11 they stay open
	return fmt.Errorf("run %s: %w", program[0], unix.Exec(program[0], program, os.Environ()))
}

// exitWhenOutOfTime ends this process at its soft limit, which Go does not do.
func exitWhenOutOfTime() {
	over := make(chan os.Signal, 1)
	signal.Notify(over, unix.SIGXCPU)
	go func() {
		<-over
		fmt.Fprintln(os.Stderr, outOfTime)
		os.Exit(1)
	}()
}

// tooLong reports whether the kernel ended a process because of its processor time.
// The times in state come from another of the kernel's counters and may be less.
func (l Limits) tooLong(state *os.ProcessState) bool {
	return endedBy(state, unix.SIGXCPU) || endedBy(state, unix.SIGKILL) && state.UserTime()+state.SystemTime() >= l.CPU/2
}

// wroteTooMuch reports whether the kernel ended a process because of a file's size.
func wroteTooMuch(state *os.ProcessState) bool { return endedBy(state, unix.SIGXFSZ) }

func endedBy(state *os.ProcessState, signal syscall.Signal) bool {
	status, ok := state.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == signal
}

// Confine restricts this process to reading some folders and writing to others, and
// forbids connections, as far as the kernel supports that. Folders that do not exist
// are ignored. It can be called again to restrict the process further.
func Confine(read, write []string) error {
	err := landlock.V6.BestEffort().Restrict(
		landlock.RODirs(read...).IgnoreIfMissing(), landlock.RWDirs(write...).IgnoreIfMissing(),
	)
	if err != nil {
		return fmt.Errorf("confine the process: %w", err)
	}
	return nil
}

// Confines reports whether [Confine] has an effect: the kernel supports it since
// Linux 5.13, if it is configured.
func Confines() bool {
	version, err := landlocksys.LandlockGetABIVersion()
	return err == nil && version > 0
}
