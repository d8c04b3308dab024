package sandbox

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// limitProcess bounds this process: what goes over is killed by the kernel, or
// fails to allocate.
func limitProcess(cpuSeconds, memoryBytes uint64) error {
	for _, l := range []struct {
		resource int
		limit    uint64
	}{{unix.RLIMIT_CPU, cpuSeconds}, {unix.RLIMIT_AS, memoryBytes}, {unix.RLIMIT_CORE, 0}} {
		if err := unix.Setrlimit(l.resource, &unix.Rlimit{Cur: l.limit, Max: l.limit}); err != nil {
			return fmt.Errorf("limit the process: %w", err)
		}
	}
	return nil
}
