package executor

import (
	"math/rand/v2"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/text"
)

// Backoff returns how long to wait after the attempt-th attempt (from 1)
// failed: a random time between 0 and min(MaxMillis, InitialMillis × 2^(n-1))
// (full jitter: those that failed together do not come back together), but not
// less than retryAfterMillis, and never more than [host.MaxWaitMillis].
func Backoff(r host.Retry, attempt int, retryAfterMillis int64) time.Duration {
	ceiling := min(r.MaxMillis, host.MaxWaitMillis)
	wait := text.Backoff(time.Duration(min(r.InitialMillis, ceiling))*time.Millisecond, time.Duration(ceiling)*time.Millisecond, attempt)
	jittered := time.Duration(0)
	if wait > 0 {
		jittered = rand.N(wait + 1)
	}
	asked := min(max(0, retryAfterMillis), host.MaxWaitMillis)
	return max(jittered, time.Duration(asked)*time.Millisecond)
}
