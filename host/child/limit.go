package child

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"time"
)

// Limits bound a process. 0 is no limit. Except Wall, the kernel enforces them, where
// it supports that.
type Limits struct {
	Wall        time.Duration // from start to end
	CPU         time.Duration // of processor time, in whole seconds
	MemoryBytes uint64        // that it may write to
	HeapBytes   uint64        // the target of the collector in a task; 0: three quarters of MemoryBytes
	FileBytes   uint64        // of the largest file that it may write
}

// Kind is the resource that a limit bounds.
type Kind string

// The resources that a process can exceed.
const (
	WallTime  Kind = "time"
	CPUTime   Kind = "processor time"
	Memory    Kind = "memory"
	Stack     Kind = "stack"
	FileBytes Kind = "a file"
)

// LimitError is the error of a process that exceeded a limit.
type LimitError struct {
	Kind  Kind
	Limit string // how much there was: "30s", "512 MiB"
}

// Amount returns the limit: "30s of processor time".
func (e *LimitError) Amount() string { return e.Limit + " of " + string(e.Kind) }

// Error returns the limit in a sentence.
func (e *LimitError) Error() string { return "it took more than " + e.Amount() }

func (l Limits) withWall(ctx context.Context) (context.Context, context.CancelFunc) {
	if l.Wall == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, l.Wall)
}

// exceeded returns the limit that ended a process as an error, nil when no limit did.
// It looks at the signal, and at the messages that Go and Node write when they run
// out of something: see host/docs/upstream-internals.md.
func (l Limits) exceeded(state *os.ProcessState, stderr string) error {
	wrote := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(stderr, w) {
				return true
			}
		}
		return false
	}
	switch {
	case l.CPU > 0 && (wrote(outOfTime) || l.tooLong(state)):
		return &LimitError{CPUTime, l.CPU.String()}
	case wrote("stack overflow", "goroutine stack exceeds"):
		return &LimitError{Stack, mebibytes(maxStackBytes)}
	case l.MemoryBytes > 0 && wrote("out of memory", "cannot allocate memory", "allocation failed", "failed to allocate", "failed to create new OS thread"):
		return &LimitError{Memory, mebibytes(l.MemoryBytes)}
	case l.FileBytes > 0 && (wrote("SIGXFSZ", "file too large") || wroteTooMuch(state)):
		return &LimitError{FileBytes, mebibytes(l.FileBytes)}
	}
	return nil
}

// outOfTime is the message of a task whose processor time is over.
const outOfTime = "its processor time is over"

// maxStackBytes is the largest stack of a goroutine in a task.
const maxStackBytes = 128 << 20

// applyToGo makes Go's collector and scheduler keep to the limits.
func (l Limits) applyToGo() {
	debug.SetMaxStack(maxStackBytes)
	if heap := cmp.Or(l.HeapBytes, l.MemoryBytes/4*3); heap > 0 {
		debug.SetMemoryLimit(int64(heap))
	}
	exitWhenOutOfTime()
}

func mebibytes(n uint64) string { return fmt.Sprintf("%d MiB", n>>20) }
