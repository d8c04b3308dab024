package baseline

import (
	"slices"
	"sync"
	"syscall"
	"time"
)

// Measure is what a closed loop of producers achieved.
type Measure struct {
	Producers int
	Done      int           // operations
	Took      time.Duration // wall clock
	CPU       time.Duration // of the whole process, all threads, kernel included
	P50, P99  time.Duration // from the call to its return
}

// PerSecond returns operations a second.
func (m Measure) PerSecond() float64 { return float64(m.Done) / m.Took.Seconds() }

// CPUPerDone returns the processor time that one operation cost.
func (m Measure) CPUPerDone() time.Duration {
	if m.Done == 0 {
		return 0
	}
	return m.CPU / time.Duration(m.Done)
}

// Loop runs do in as many goroutines as there are producers, each call after
// the one before, for the given length. do gets the producer's number,
// from 0. It returns the first error.
func Loop(producers int, length time.Duration, do func(producer int) error) (Measure, error) {
	latencies := make([][]time.Duration, producers)
	errs := make([]error, producers)
	var wg sync.WaitGroup
	cpu, start := processTime(), time.Now()
	for p := range producers {
		wg.Go(func() {
			for begin := time.Now(); begin.Sub(start) < length; {
				if errs[p] = do(p); errs[p] != nil {
					return
				}
				end := time.Now()
				latencies[p] = append(latencies[p], end.Sub(begin))
				begin = end
			}
		})
	}
	wg.Wait()
	m := Measure{Producers: producers, Took: time.Since(start), CPU: processTime() - cpu}
	m.sum(slices.Concat(latencies...))
	for _, err := range errs {
		if err != nil {
			return m, err
		}
	}
	return m, nil
}

func (m *Measure) sum(latencies []time.Duration) {
	if m.Done = len(latencies); m.Done == 0 {
		return
	}
	slices.Sort(latencies)
	m.P50, m.P99 = latencies[m.Done/2], latencies[m.Done*99/100]
}

// processTime returns the processor time that this process has used.
func processTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
