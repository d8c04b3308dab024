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

// Limits bound a process. Those that are zero bound nothing. But for the time
// that passes, the kernel holds a process to them, where it is able to.
type Limits struct {
	Wall        time.Duration // from start to end
	CPU         time.Duration // of processor time, in whole seconds
	MemoryBytes uint64        // that it may write to
	HeapBytes   uint64        // that the collector of a task tries to keep to; 0: three quarters of MemoryBytes
	FileBytes   uint64        // of the largest file that it may write
}

// Kind is what a limit bounds.
type Kind string

// What a process can use too much of.
const (
	WallTime  Kind = "time"
	CPUTime   Kind = "processor time"
	Memory    Kind = "memory"
	Stack     Kind = "stack"
	FileBytes Kind = "a file"
)

// LimitError says that a process went over a limit.
type LimitError struct {
	Kind  Kind
	Limit string // how much there was: "30s", "512 MiB"
}

// Amount tells the limit: "30s of processor time".
func (e *LimitError) Amount() string { return e.Limit + " of " + string(e.Kind) }

// Error tells the limit in a sentence.
func (e *LimitError) Error() string { return "it took more than " + e.Amount() }

func (l Limits) withWall(ctx context.Context) (context.Context, context.CancelFunc) {
	if l.Wall == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, l.Wall)
}

// exceeded tells the limit that ended a process, nil when it was none: the
// kernel's signal, or what runtimes say of it.
func (l Limits) exceeded(state *os.ProcessState, stderr string) error {
	said := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(stderr, w) {
				return true
			}
		}
		return false
	}
	switch {
	case l.CPU > 0 && (said(outOfTime) || l.tooLong(state)):
		return &LimitError{CPUTime, l.CPU.String()}
	case said("stack overflow", "goroutine stack exceeds"):
		return &LimitError{Stack, mebibytes(maxStackBytes)}
	case l.MemoryBytes > 0 && said("out of memory", "cannot allocate memory", "allocation failed", "failed to allocate", "failed to create new OS thread"):
		return &LimitError{Memory, mebibytes(l.MemoryBytes)}
	case l.FileBytes > 0 && (said("SIGXFSZ", "file too large") || wroteTooMuch(state)):
		return &LimitError{FileBytes, mebibytes(l.FileBytes)}
	}
	return nil
}

// outOfTime is what a task says when its processor time is over.
const outOfTime = "its processor time is over"

// maxStackBytes is what a goroutine of a task may have.
const maxStackBytes = 128 << 20

// applyToGo makes Go's collector keep clear of the limit.
func (l Limits) applyToGo() {
	debug.SetMaxStack(maxStackBytes)
	if heap := cmp.Or(l.HeapBytes, l.MemoryBytes/4*3); heap > 0 {
		debug.SetMemoryLimit(int64(heap))
	}
	sayWhenOutOfTime()
}

func mebibytes(n uint64) string { return fmt.Sprintf("%d MiB", n>>20) }
