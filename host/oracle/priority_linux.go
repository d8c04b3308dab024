package oracle

import (
	"runtime"
	"syscall"
)

// lowerPriority gives the goroutine a thread of its own, of the lowest priority. The
// thread ends with the goroutine.
func lowerPriority() {
	const lowest = 19
	runtime.LockOSThread()
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, lowest) // of this thread; without it the work is done, too
}
