package settings

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// minMemory is the least that a host runs with.
const minMemory = 128 << 20

// Budget is what the host may use, and where that comes from.
type Budget struct {
	Total Size // 0: unknown
	From  string
}

// MemoryBudget returns the memory setting or else its default.
func (c *Config) MemoryBudget() Budget {
	if c.Memory > 0 {
		return Budget{c.Memory, c.sources["memory"]}
	}
	if limit := cgroupMemory("/"); limit > 0 {
		return Budget{max(Size(limit/4*3), minMemory), "3/4 of the control group's limit"}
	}
	if total := machineMemory("/"); total > 0 {
		return Budget{max(Size(total/4*3), minMemory), "3/4 of the machine's memory"}
	}
	return Budget{From: "the amount of memory is unknown"}
}

// Guests returns the part of the budget that the sandbox shares among runs,
// images, and what compiles and builds: the rest is the host's own.
func (m Budget) Guests() int64 { return int64(m.Total / 4 * 3) }

// Heap returns what Go's collector aims at: the host's own part, and as much
// again of what it holds for runs. The memory of guests is not on Go's heap.
func (m Budget) Heap() int64 { return int64(m.Total / 2) }

// cgroupMemory returns the least limit of this process's control group and those
// above it, of either version; 0 when there is none. The files are below root.
func cgroupMemory(root string) int64 {
	groups, err := os.ReadFile(filepath.Join(root, "proc/self/cgroup"))
	if err != nil {
		return 0
	}
	least := int64(0)
	for line := range bytes.Lines(groups) {
		fields := strings.SplitN(strings.TrimSpace(string(line)), ":", 3)
		if len(fields) != 3 {
			continue
		}
		dir, file := filepath.Join(root, "sys/fs/cgroup"), "memory.max"
		if fields[1] != "" {
			if !strings.Contains(","+fields[1]+",", ",memory,") {
				continue
			}
			dir, file = filepath.Join(dir, "memory"), "memory.limit_in_bytes"
		}
		for at := filepath.Join("/", fields[2]); ; at = filepath.Dir(at) {
			if limit := readBytes(filepath.Join(dir, at, file)); limit > 0 && (least == 0 || limit < least) {
				least = limit
			}
			if at == "/" {
				break
			}
		}
	}
	if total := machineMemory(root); total > 0 && least > total { // version 1 has a huge number for no limit
		return 0
	}
	return least
}

// readBytes reads a number from a file; 0 when it has none.
func readBytes(path string) int64 {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// machineMemory returns what the machine has; 0 when it is unknown.
func machineMemory(root string) int64 {
	info, err := os.ReadFile(filepath.Join(root, "proc/meminfo"))
	if err != nil {
		return 0
	}
	var kibibytes int64
	if _, err := fmt.Sscanf(string(info), "MemTotal: %d kB", &kibibytes); err != nil {
		return 0
	}
	return kibibytes << 10
}
