package executor

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/usherhost/usher/host"
)

// OriginUses keeps to which origins versions sent requests.
type OriginUses interface {
	// RecordOriginUse adds the requests to each origin to what is kept of the
	// version.
	RecordOriginUse(ctx context.Context, versionID string, origins map[string]int64, at time.Time) error
}

// reachEvery is how long what was reached waits to be recorded together.
const reachEvery = time.Second

// maxOriginUseVersions bounds how many versions' origins are remembered.
const maxOriginUseVersions = 4096

// reach gathers what runs reached, so that the store hears of it once a while.
type reach struct {
	recorder sync.WaitGroup // of recordOriginUse

	mu      sync.Mutex
	pending map[string]map[string]int64 // requests by version and origin; guarded by mu
	known   map[string]map[string]bool  // origins that were ever pending, by version; guarded by mu
}

// add counts a run's requests. Origins beyond [host.MaxOrigins] of a version
// are counted together: a guest may make them up.
func (r *reach) add(versionID string, origins map[string]int64) {
	if len(origins) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pending == nil {
		r.pending = map[string]map[string]int64{}
	}
	if r.pending[versionID] == nil {
		r.pending[versionID] = map[string]int64{}
	}
	known := r.knownOf(versionID)
	for origin, requests := range origins {
		if !known[origin] && len(known) >= host.MaxOrigins {
			origin = host.OtherOrigins
		}
		if origin != host.OtherOrigins {
			known[origin] = true
		}
		r.pending[versionID][origin] += requests
	}
}

// knownOf returns the origins that were seen of a version. The caller holds mu.
func (r *reach) knownOf(versionID string) map[string]bool {
	known, found := r.known[versionID]
	if found {
		return known
	}
	if r.known == nil || len(r.known) >= maxOriginUseVersions {
		r.known = map[string]map[string]bool{}
	}
	known = map[string]bool{}
	r.known[versionID] = known
	return known
}

// take returns what is pending and forgets it.
func (r *reach) take() map[string]map[string]int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.pending
	r.pending = nil
	return taken
}

// recordOriginUse records what is pending every once in a while, until ctx ends.
func (e *Executor) recordOriginUse(ctx context.Context) {
	tick := time.NewTicker(reachEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			e.flushOriginUse()
		case <-ctx.Done():
			return
		}
	}
}

// flushOriginUse records what is pending. What the store does not take is tried
// again the next time.
func (e *Executor) flushOriginUse() {
	taken := e.reach.take()
	now := time.Now().UTC()
	for version, origins := range taken {
		if err := e.OriginUses.RecordOriginUse(e.records, version, origins, now); err != nil {
			e.log.Warn("cannot record which origins a version reached; trying again with the next ones", "version", version, "error", err)
			e.reach.add(version, maps.Clone(origins))
		}
	}
}
