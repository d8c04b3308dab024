package daemon

import (
	"log/slog"
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/usherhost/usher/host/sandbox"
	"github.com/usherhost/usher/host/settings"
)

// ApplyMemory sets the garbage collector's limit, unless GOMEMLIMIT is lower, and
// logs the budget.
func ApplyMemory(m settings.Budget, log *slog.Logger) {
	if m.Total == 0 {
		log.Warn("memory has no limit: set --memory", "reason", m.From)
		return
	}
	if debug.SetMemoryLimit(-1) > m.Heap() {
		debug.SetMemoryLimit(m.Heap())
	}
	log.Info("memory", "budget", m.Total.String(), "from", m.From, "for_actions", settings.Size(m.Guests()).String(),
		"go_heap", settings.Size(debug.SetMemoryLimit(-1)).String())
}

// RegisterMemory makes the sandbox's memory metrics.
func RegisterMemory(metrics prometheus.Registerer, box *sandbox.Sandbox) {
	memory := statistics[sandbox.Memory](box.Memory)
	metrics.MustRegister(
		memory.gauge("usher_memory_total_bytes", "Memory that runs, images, idle instances and builds share; 0 when it is not bounded.",
			func(m sandbox.Memory) float64 { return float64(m.TotalBytes) }),
		memory.gauge("usher_memory_held_bytes", "Of that, what runs and builds have now.",
			func(m sandbox.Memory) float64 { return float64(m.HeldBytes) }),
		memory.gauge("usher_memory_kept_bytes", "Of that, what code, images and idle instances have now; idle instances give way to runs.",
			func(m sandbox.Memory) float64 { return float64(m.PooledBytes) }),
		memory.gauge("usher_memory_waiting", "Runs and builds that wait for memory now.",
			func(m sandbox.Memory) float64 { return float64(m.Waiting) }),
		memory.counter("usher_memory_waits_total", "Times that a run or a build has waited for memory.",
			func(m sandbox.Memory) float64 { return float64(m.Waits) }),
		memory.counter("usher_memory_wait_seconds_total", "Time that runs and builds have waited for memory, together.",
			func(m sandbox.Memory) float64 { return m.Waited.Seconds() }),
	)
}
