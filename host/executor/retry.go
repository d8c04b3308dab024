package executor

import (
	"math/rand/v2"
	"time"

	"github.com/usherhost/usher/host"
)

// Backoff returns how long to wait after the attempt-th attempt (from 1)
// failed: a random time between 0 and min(MaxMillis, InitialMillis × 2^(n-1))
// (full jitter: those that failed together do not come back together), but not
// less than retryAfterMillis, and never more than [host.MaxWaitMillis].
func Backoff(r host.Retry, attempt int, retryAfterMillis int64) time.Duration {
	ceiling := min(r.MaxMillis, host.MaxWaitMillis)
	wait := min(r.InitialMillis, ceiling)
	for n := 1; n < attempt && 0 < wait && wait < ceiling; n++ {
		wait = min(2*wait, ceiling)
	}
	jittered := time.Duration(0)
	if wait > 0 {
		jittered = rand.N(time.Duration(wait)*time.Millisecond + 1)
	}
	asked := min(max(0, retryAfterMillis), host.MaxWaitMillis)
	return max(jittered, time.Duration(asked)*time.Millisecond)
}
