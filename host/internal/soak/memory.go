package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// memoryWatch looks at how much memory the host and its subprocesses hold.
type memoryWatch struct {
	mu   sync.Mutex
	pid  int   // guarded by mu
	host int64 // the most that the host had, in bytes; guarded by mu
	all  int64 // with its subprocesses; guarded by mu
}

func (w *memoryWatch) run(ctx context.Context) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			w.look()
		}
	}
}

func (w *memoryWatch) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	host := residentBytes(w.pid, "VmRSS")
	all := host
	for _, child := range descendants(w.pid) {
		all += residentBytes(child, "RssAnon", "RssShmem") // the program's own pages are the host's too
	}
	w.host, w.all = max(w.host, host), max(w.all, all)
}

func (w *memoryWatch) follow(pid int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pid = pid
}

func (w *memoryWatch) most() (host, all int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.host, w.all
}

// residentBytes sums lines of a process's status.
func residentBytes(pid int, lines ...string) int64 {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0
	}
	var bytes int64
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		if slices.Contains(lines, name) {
			n, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			bytes += n << 10
		}
	}
	return bytes
}

func descendants(pid int) []int {
	var found []int
	tasks, _ := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "task/*/children"))
	for _, task := range tasks {
		text, err := os.ReadFile(task)
		if err != nil {
			continue
		}
		for _, field := range strings.Fields(string(text)) {
			if child, err := strconv.Atoi(field); err == nil {
				found = append(append(found, child), descendants(child)...)
			}
		}
	}
	return found
}
