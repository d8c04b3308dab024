package compare

import (
	"os"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// Measurement is one measurement, of either side.
type Measurement func() (float64, error)

// Median returns the median of values, which it sorts.
func Median(values []float64) float64 { return Quantile(values, 0.5) }

// Quantile returns the value below which part of the values lie, and sorts them.
func Quantile(values []float64, part float64) float64 {
	slices.Sort(values)
	return values[int(float64(len(values))*part)]
}

// SideBySide measures ours and theirs in turns, and returns the medians.
func SideBySide(rounds int, ours, theirs Measurement) (our, their float64, err error) {
	var a, b []float64
	for range rounds {
		v, err := theirs()
		if err != nil {
			return 0, 0, err
		}
		b = append(b, v)
		if v, err = ours(); err != nil {
			return 0, 0, err
		}
		a = append(a, v)
	}
	return Median(a), Median(b), nil
}

// CPU returns the processor time of one call of f in microseconds, the
// collector's included.
func CPU(e Effort, f func() error) (float64, error) {
	if err := f(); err != nil { // the first call may load
		return 0, err
	}
	runtime.GC() // of what the other side left
	calls, began, cpu := 0, time.Now(), ProcessTime()
	for time.Since(began) < e.Length/2 {
		if err := f(); err != nil {
			return 0, err
		}
		calls++
	}
	return float64((ProcessTime() - cpu).Nanoseconds()) / 1e3 / float64(calls), nil
}

// ProcessTime returns the processor time that this process has used.
func ProcessTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// Garbage returns the bytes that one call of f allocates on Go's heap.
func Garbage(calls int, f func() error) (float64, error) {
	var before, after runtime.MemStats
	for range 10 { // the first calls fill pools
		if err := f(); err != nil {
			return 0, err
		}
	}
	runtime.ReadMemStats(&before)
	for range calls {
		if err := f(); err != nil {
			return 0, err
		}
	}
	runtime.ReadMemStats(&after)
	return float64(after.TotalAlloc-before.TotalAlloc) / float64(calls), nil
}

// InTemp calls f with an empty directory that is gone afterwards.
func InTemp(f func(dir string) (float64, error)) Measurement {
	return func() (float64, error) {
		dir, err := os.MkdirTemp("", "usher-bench-")
		if err != nil {
			return 0, err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		return f(dir)
	}
}
