package main

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/usherhost/usher/host/sandbox"
)

// memorySize is a number of bytes that is written with a unit: 512MiB.
type memorySize int64

var byteUnits = []struct {
	name  string
	bytes int64
}{
	{"TiB", 1 << 40},
	{"GiB", 1 << 30},
	{"MiB", 1 << 20},
	{"KiB", 1 << 10},
	{"TB", 1e12},
	{"GB", 1e9},
	{"MB", 1e6},
	{"kB", 1e3},
	{"B", 1},
	{"", 1},
}

// UnmarshalText implements encoding.TextUnmarshaler. An empty text is 0.
func (b *memorySize) UnmarshalText(text []byte) error {
	if *b = 0; len(text) == 0 {
		return nil
	}
	for _, unit := range byteUnits {
		number, found := strings.CutSuffix(string(text), unit.name)
		if !found {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || !(n > 0) || n*float64(unit.bytes) > math.MaxInt64/2 {
			break
		}
		*b = memorySize(n * float64(unit.bytes))
		return nil
	}
	return errors.New("not a size")
}

// String writes the size with the largest unit of which there are some.
func (b memorySize) String() string {
	for _, unit := range byteUnits {
		if unit.bytes&(unit.bytes-1) == 0 && int64(b) >= unit.bytes {
			return strconv.FormatFloat(math.Round(float64(b)/float64(unit.bytes)*10)/10, 'f', -1, 64) + unit.name
		}
	}
	return "0B"
}

// minMemory is the least that a host runs with.
const minMemory = 128 << 20

// memoryBudget is what the host may use, and where that comes from.
type memoryBudget struct {
	total memorySize // 0: nobody says
	from  string
}

// memoryBudget returns the memory setting or else its default.
func (c *config) memoryBudget() memoryBudget {
	if c.Memory > 0 {
		return memoryBudget{c.Memory, c.sources["memory"]}
	}
	if limit := cgroupMemory("/"); limit > 0 {
		return memoryBudget{max(memorySize(limit/4*3), minMemory), "3/4 of the control group's limit"}
	}
	if total := machineMemory("/"); total > 0 {
		return memoryBudget{max(memorySize(total/4*3), minMemory), "3/4 of the machine's memory"}
	}
	return memoryBudget{from: "the system does not tell how much there is"}
}

// guests returns the part of the budget that the sandbox shares among runs,
// images, and what compiles and builds: the rest is the host's own.
func (m memoryBudget) guests() int64 { return int64(m.total / 4 * 3) }

// heap returns what Go's collector aims at: the host's own part, and as much
// again of what it holds for runs. The memory of guests is not on Go's heap.
func (m memoryBudget) heap() int64 { return int64(m.total / 2) }

// apply tells the collector, unless GOMEMLIMIT says less, and the log.
func (m memoryBudget) apply(log *slog.Logger) {
	if m.total == 0 {
		log.Warn("memory is not bounded: set --memory", "reason", m.from)
		return
	}
	if debug.SetMemoryLimit(-1) > m.heap() {
		debug.SetMemoryLimit(m.heap())
	}
	log.Info("memory", "budget", m.total.String(), "from", m.from, "for_actions", memorySize(m.guests()).String(),
		"go_heap", memorySize(debug.SetMemoryLimit(-1)).String())
}

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

// machineMemory returns what the machine has; 0 when it does not tell.
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

// registerMemory makes the sandbox's memory metrics.
func registerMemory(metrics prometheus.Registerer, box *sandbox.Sandbox) {
	gauge := func(name, help string, read func(sandbox.Memory) float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return read(box.Memory()) })
	}
	counter := func(name, help string, read func(sandbox.Memory) float64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 { return read(box.Memory()) })
	}
	metrics.MustRegister(
		gauge("usher_memory_total_bytes", "Memory that runs, images, idle instances and builds share; 0 when it is not bounded.",
			func(m sandbox.Memory) float64 { return float64(m.TotalBytes) }),
		gauge("usher_memory_held_bytes", "Of that, what runs and builds have now.",
			func(m sandbox.Memory) float64 { return float64(m.HeldBytes) }),
		gauge("usher_memory_kept_bytes", "Of that, what code, images and idle instances have now; idle instances give way to runs.",
			func(m sandbox.Memory) float64 { return float64(m.KeptBytes) }),
		gauge("usher_memory_waiting", "Runs and builds that wait for memory now.",
			func(m sandbox.Memory) float64 { return float64(m.Waiting) }),
		counter("usher_memory_waits_total", "Times that a run or a build has waited for memory.",
			func(m sandbox.Memory) float64 { return float64(m.Waits) }),
		counter("usher_memory_wait_seconds_total", "Time that runs and builds have waited for memory, together.",
			func(m sandbox.Memory) float64 { return m.Waited.Seconds() }),
	)
}
