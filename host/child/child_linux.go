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

// limitsPrograms says that programs other than this one can be limited too.
const limitsPrograms = true

// niceness makes a process give way to all that serves events.
const niceness = 10

// tie gives the process a group of its own, which can be killed whole, and lets
// it die with its parent.
func tie(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// kill ends a process's whole group.
func kill(p *os.Process) { _ = unix.Kill(-p.Pid, unix.SIGKILL) }

// apply bounds this process and what it becomes or starts.
func (l Limits) apply() error {
	for _, r := range []struct {
		resource     int
		limit, grace uint64
	}{
		{unix.RLIMIT_CPU, uint64(l.CPU.Seconds()), 5}, // to say that it was this
		{unix.RLIMIT_DATA, l.MemoryBytes, 0},          // of address space, runtimes reserve far more than they use
		{unix.RLIMIT_FSIZE, l.FileBytes, 0},
	} {
		if r.limit == 0 {
			continue
		}
		var had unix.Rlimit // of the host: nobody may have more
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
	if err := giveWay(); err != nil {
		return fmt.Errorf("lower the process's priority: %w", err)
	}
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0) // short of memory, the machine should end this first
	return nil
}

// giveWay lowers the priority of this process, if the host's own is not lower.
func giveWay() error {
	above, err := unix.Getpriority(unix.PRIO_PROCESS, 0) // as the kernel counts: 20 less the niceness
	if err != nil || 20-above >= niceness {
		return err
	}
	return unix.Setpriority(unix.PRIO_PGRP, 0, niceness)
}

// become makes this process another program, which gets none of the files that
// whoever started the host left open.
func become(program []string) error {
	_ = unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC) // before Linux 5.11 they stay
	return fmt.Errorf("run %s: %w", program[0], unix.Exec(program[0], program, os.Environ()))
}

// sayWhenOutOfTime ends this process at its soft limit, which Go does not.
func sayWhenOutOfTime() {
	over := make(chan os.Signal, 1)
	signal.Notify(over, unix.SIGXCPU)
	go func() {
		<-over
		fmt.Fprintln(os.Stderr, outOfTime)
		os.Exit(1)
	}()
}

// tooLong reports whether the kernel ended a process for the time it took. By
// another of the kernel's counts that may have been less.
func (l Limits) tooLong(state *os.ProcessState) bool {
	return endedBy(state, unix.SIGXCPU) || endedBy(state, unix.SIGKILL) && state.UserTime()+state.SystemTime() >= l.CPU/2
}

// wroteTooMuch reports whether the kernel ended a process for a file's size.
func wroteTooMuch(state *os.ProcessState) bool { return endedBy(state, unix.SIGXFSZ) }

func endedBy(state *os.ProcessState, signal syscall.Signal) bool {
	status, ok := state.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == signal
}

// Confine leaves this process the folders that it may read and those that it
// may write to, and no connections, as far as the kernel is able to. Folders
// that are not there are left out. It can be called again, to leave less.
func Confine(read, write []string) error {
	err := landlock.V6.BestEffort().Restrict(
		landlock.RODirs(read...).IgnoreIfMissing(), landlock.RWDirs(write...).IgnoreIfMissing(),
	)
	if err != nil {
		return fmt.Errorf("confine the process: %w", err)
	}
	return nil
}

// Confines reports whether [Confine] keeps this process from the other files:
// the kernel is able to since Linux 5.13, if it is set up so.
func Confines() bool {
	version, err := landlocksys.LandlockGetABIVersion()
	return err == nil && version > 0
}
