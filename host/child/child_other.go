//go:build !linux

package child

import (
	"errors"
	"os"
	"os/exec"
)

// limitsPrograms says that programs run here as they are.
const limitsPrograms = false

func setGroup(*exec.Cmd) {}

func kill(p *os.Process) { _ = p.Kill() }

// apply does nothing here: the wall clock remains, and what a task bounds
// itself.
func (l Limits) apply() error { return nil }

func become([]string) error { return errors.New("this system has no limits for programs") }

func exitWhenOutOfTime() {}

func (l Limits) tooLong(*os.ProcessState) bool { return false }

func wroteTooMuch(*os.ProcessState) bool { return false }

// Confine does nothing here.
func Confine(_, _ []string) error { return nil }

// Confines reports that [Confine] does nothing.
func Confines() bool { return false }
