package text

import (
	"math"
	"net/http"
	"strconv"
	"time"
)

// RetryAfter returns d as the value of the header Retry-After: whole seconds,
// rounded up, at least one.
func RetryAfter(d time.Duration) string {
	return strconv.Itoa(int(max(1, math.Ceil(d.Seconds()))))
}

// ParseRetryAfter returns the wait that a value of the header Retry-After asks
// for, which is seconds or a date (RFC 9110, section 10.2.3); 0 for one that is
// neither, or in the past.
func ParseRetryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// Backoff returns the longest wait after the attempt-th failure (from 1):
// initial × 2^(attempt-1), but never more than most. Callers draw a random part
// of it, so that those who failed together do not come back together.
func Backoff(initial, most time.Duration, attempt int) time.Duration {
	wait := min(initial, most)
	for n := 1; n < attempt && 0 < wait && wait < most; n++ {
		if wait > most/2 {
			return most
		}
		wait *= 2
	}
	return wait
}
