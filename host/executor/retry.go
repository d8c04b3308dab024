package executor

import (
	"math/rand/v2"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/text"
)

// Backoff returns how long to wait after the attempt-th attempt (from 1) failed: a random
// time between the half and the whole of min(MaxMillis, InitialMillis × 2^(n-1)), so that
// those that failed together do not come back together, and the whole lasts about as long
// each time; but not less than retryAfterMillis, and never more than [host.MaxWaitMillis].
func Backoff(r host.Retry, attempt int, retryAfterMillis int64) time.Duration {
	ceiling := min(r.MaxMillis, host.MaxWaitMillis)
	wait := text.Backoff(time.Duration(min(r.InitialMillis, ceiling))*time.Millisecond, time.Duration(ceiling)*time.Millisecond, attempt)
	return max(wait/2+rand.N(wait/2+1), asked(retryAfterMillis))
}

// asked is the wait that a response asked for.
func asked(retryAfterMillis int64) time.Duration {
	return time.Duration(min(max(0, retryAfterMillis), host.MaxWaitMillis)) * time.Millisecond
}

// nextAttempt returns when the step is tried again whose attempt has just failed, and false
// when it is not: its attempts or its time are used up, or no attempt would help. The step
// has had tries attempts, the first of them at first.
func nextAttempt(r host.Retry, result *host.Result, tries int, first, now time.Time) (time.Time, bool) {
	if result.NonRetryable || tries >= r.MaxAttempts {
		return time.Time{}, false
	}
	at := now.Add(Backoff(r, tries, result.RetryAfterMillis))
	age, bounded := r.MaxAge.Duration()
	if !bounded {
		return at, true
	}
	last := first.Add(age)
	if at.After(last) { // once more then, unless the receiver has asked for a later time
		at = last
	}
	return at, at.After(now) && !at.Before(now.Add(asked(result.RetryAfterMillis)))
}
