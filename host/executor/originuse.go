package executor

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/usherhost/usher/host"
)

// OriginUses stores the origins to which versions sent requests.
type OriginUses interface {
	// RecordOriginUse adds the requests to each origin to those of the version.
	RecordOriginUse(ctx context.Context, versionID string, origins map[string]int64, at time.Time) error
}

// contactedEvery is how long contacted origins wait to be recorded together.
const contactedEvery = time.Second

// maxOriginUseVersions bounds how many versions' origins are remembered.
const maxOriginUseVersions = 4096

// contacted gathers the origins that runs contacted, so that the store gets them once in
// a while.
type contacted struct {
	recorder sync.WaitGroup // of recordOriginUse

	mu      sync.Mutex
	pending map[string]map[string]int64 // requests by version and origin; guarded by mu
	known   map[string]map[string]bool  // origins that were ever pending, by version; guarded by mu
}

// add counts a run's requests. Origins beyond [host.MaxOrigins] of a version
// are counted together: a guest may make them up.
func (c *contacted) add(versionID string, origins map[string]int64) {
	if len(origins) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pending == nil {
		c.pending = map[string]map[string]int64{}
	}
	if c.pending[versionID] == nil {
		c.pending[versionID] = map[string]int64{}
	}
	known := c.knownOf(versionID)
	for origin, requests := range origins {
		if !known[origin] && len(known) >= host.MaxOrigins {
			origin = host.OtherOrigins
		}
		if origin != host.OtherOrigins {
			known[origin] = true
		}
		c.pending[versionID][origin] += requests
	}
}

// knownOf returns the origins that were seen of a version. The caller holds mu.
func (c *contacted) knownOf(versionID string) map[string]bool {
	known, found := c.known[versionID]
	if found {
		return known
	}
	if c.known == nil || len(c.known) >= maxOriginUseVersions {
		c.known = map[string]map[string]bool{}
	}
	known = map[string]bool{}
	c.known[versionID] = known
	return known
}

// take returns the pending requests and forgets them.
func (c *contacted) take() map[string]map[string]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	taken := c.pending
	c.pending = nil
	return taken
}

// recordOriginUse records the pending requests once in a while, until ctx ends.
func (e *Executor) recordOriginUse(ctx context.Context) {
	tick := time.NewTicker(contactedEvery)
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

// flushOriginUse records the pending requests. Those that the store does not take are
// tried again the next time.
func (e *Executor) flushOriginUse() {
	taken := e.contacted.take()
	now := time.Now().UTC()
	for version, origins := range taken {
		if err := e.OriginUses.RecordOriginUse(e.records, version, origins, now); err != nil {
			e.log.Warn("cannot record which origins a version contacted; trying again with the next ones", "version", version, "error", err)
			e.contacted.add(version, maps.Clone(origins))
		}
	}
}
