package host

import (
	"strconv"
	"strings"
	"time"
)

// Rate is how often something may happen: "10/s", "100/m", "1000/h". "" is without a
// limit.
type Rate string

// MaxRate is the largest number of a [Rate].
const MaxRate = 10_000

// Parse returns how often in which span of time, and false when r is malformed.
func (r Rate) Parse() (n int, per time.Duration, ok bool) {
	count, unit, found := strings.Cut(string(r), "/")
	per, known := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}[unit]
	n, err := strconv.Atoi(count)
	return n, per, found && known && err == nil && n >= 1 && n <= MaxRate && strconv.Itoa(n) == count
}

// Breaker says whether an action's failures may hold its work back: on or off.
type Breaker string

// The choices. On is the default in the background: after [BreakerFailures] different
// executions failed in a row within [BreakerWindow], the version's steps wait without
// losing attempts, and one probe at a time is made until one succeeds.
const (
	BreakerOn  Breaker = "on"
	BreakerOff Breaker = "off"
)

// The rule by which a breaker opens, and how long it waits before a probe: the first
// wait doubles with each probe that fails, up to the longest.
const (
	BreakerFailures     = 10
	BreakerWindow       = 10 * time.Minute
	BreakerFirstWait    = 15 * time.Second
	BreakerLongestWait  = 5 * time.Minute
	MaxActionConcurrent = 10_000 // the most that a binding's concurrency may be
)
