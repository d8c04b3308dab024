package guest

import (
	"encoding/json"
	"math"
	"sync"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/text"
	"github.com/usherhost/usher/host/sandbox"
)

// The cache's limits, as Auth0's published runtime enforces them.
const (
	maxCacheKeyBytes   = 64
	maxCacheValueBytes = 4096
	maxCacheBytes      = 16<<10 + 256
	defaultCacheTTL    = 15 * time.Minute
	maxSafeInteger     = 1<<53 - 1
)

// Cache is what api.cache of Auth0's Actions keeps: one small store for each
// trigger, shared by its actions, best effort between executions. The zero
// value is empty; it is safe for concurrent use.
type Cache struct {
	mu      sync.Mutex
	records map[host.Trigger]map[string]cacheRecord // guarded by mu
}

type cacheRecord struct {
	Value     string `json:"value"`
	ExpiresAt int64  `json:"expires_at"` // milliseconds since the epoch
}

// cacheSetRequest asks to store a value. TTL and ExpiresAt are milliseconds;
// null stands for a number that is not finite.
type cacheSetRequest struct {
	Key       string          `json:"key"`
	Value     string          `json:"value"`
	TTL       json.RawMessage `json:"ttl,omitempty"`
	ExpiresAt json.RawMessage `json:"expires_at,omitempty"`
}

type cacheAnswer struct {
	Type   string       `json:"type"` // "success" or "error"
	Code   string       `json:"code,omitempty"`
	Record *cacheRecord `json:"record,omitempty"`
}

// recorded is what the tape has of the request: one that is refused for its size
// is not kept whole.
func (q cacheSetRequest) recorded() cacheSetRequest {
	q.Key, q.Value = text.Cut(q.Key, maxNameBytes), text.Cut(q.Value, maxCacheValueBytes)
	return q
}

func (q cacheSetRequest) measure(m *measure) {
	m.bytes += structBytes
	m.text(q.Key)
	m.text(q.Value)
	m.text(string(q.TTL))
	m.text(string(q.ExpiresAt))
}

func (a cacheAnswer) measure(m *measure) {
	m.bytes += structBytes
	a.Record.measure(m)
}

func (r *cacheRecord) measure(m *measure) {
	m.bytes += structBytes
	if r != nil {
		m.text(r.Value)
	}
}

func cacheError(code string) cacheAnswer { return cacheAnswer{Type: "error", Code: code} }

func (c *Cache) get(t host.Trigger, key string, now time.Time) *cacheRecord {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, found := c.records[t][key]
	if !found || r.ExpiresAt < now.UnixMilli() {
		return nil
	}
	return &r
}

// set checks in the order of Auth0's runtime: key, value and total size, then
// the expiry.
func (c *Cache) set(t host.Trigger, request cacheSetRequest, now time.Time) cacheAnswer {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case len(request.Key) > maxCacheKeyBytes:
		return cacheError("CacheKeySizeExceeded")
	case len(request.Value) > maxCacheValueBytes:
		return cacheError("CacheValueSizeExceeded")
	case c.size(t, now)+len(request.Key)+len(request.Value) > maxCacheBytes:
		return cacheError("CacheSizeExceeded")
	}
	expiresAt, code := expiry(request, now)
	if code != "" {
		return cacheError(code)
	}
	if c.records == nil {
		c.records = map[host.Trigger]map[string]cacheRecord{}
	}
	if c.records[t] == nil {
		c.records[t] = map[string]cacheRecord{}
	}
	r := cacheRecord{Value: request.Value, ExpiresAt: expiresAt}
	c.records[t][request.Key] = r
	return cacheAnswer{Type: "success", Record: &r}
}

// size drops what has expired and sums up the rest.
func (c *Cache) size(t host.Trigger, now time.Time) int {
	size := 0
	for key, r := range c.records[t] {
		if r.ExpiresAt < now.UnixMilli() {
			delete(c.records[t], key)
			continue
		}
		size += len(key) + len(r.Value)
	}
	return size
}

// expiry returns when a record expires, the earlier of the two when both are
// given, or the code of what is wrong with them.
func expiry(request cacheSetRequest, now time.Time) (int64, string) {
	at := math.Inf(1)
	for _, given := range []struct {
		value json.RawMessage
		from  float64
	}{{request.TTL, float64(now.UnixMilli())}, {request.ExpiresAt, 0}} {
		if given.value == nil {
			continue
		}
		var millis *float64
		if json.Unmarshal(given.value, &millis) != nil || millis == nil {
			return 0, "InvalidExpiry"
		}
		at = min(at, given.from+math.Floor(*millis))
	}
	if math.IsInf(at, 1) {
		at = float64(now.Add(defaultCacheTTL).UnixMilli())
	}
	switch {
	case at <= float64(now.UnixMilli()):
		return 0, "ItemAlreadyExpired"
	case at > maxSafeInteger:
		return 0, "InvalidExpiry"
	}
	return int64(at), ""
}

func (c *Cache) remove(t host.Trigger, key string) cacheAnswer {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, found := c.records[t][key]; !found {
		return cacheError("CacheKeyDoesNotExist")
	}
	delete(c.records[t], key)
	return cacheAnswer{Type: "success"}
}

// cached does what work does with the cache. In a run that is played, the answer is given.
func cached[A any](c *call, work func() A) A {
	if c.world != nil {
		if given := c.world.cached(); given != nil {
			var answer A
			c.read(given, &answer)
			return answer
		}
	}
	return work()
}

// getRecord reads a record. In a run that resumes it is what the earlier attempt read,
// unless the run itself has changed it.
func (c *call) getRecord(key string) *cacheRecord {
	if given := c.resumes.given(); given != nil && !c.resumes.isTouched(key) {
		var record *cacheRecord
		if json.Unmarshal(given, &record) == nil {
			return record
		}
	}
	return c.cache.get(c.run.Event.Trigger, key, c.now())
}

func cacheGet(s *sandbox.Call, c *call, stack []uint64) {
	key := c.name(s, "cache_get", stack[0])
	record := do(c, "cache_get", nameRequest{key}, func(note *host.CallNote) *cacheRecord {
		note.Target = key
		return cached(c, func() *cacheRecord { return c.getRecord(key) })
	})
	stack[0] = 0
	if record != nil {
		stack[0] = s.Put(encode(record))
	}
}

func cacheSet(s *sandbox.Call, c *call, stack []uint64) {
	var request cacheSetRequest
	var err error
	n := s.Length("cache_set", stack[0])
	if n <= shortBytes {
		s.Burn(decodeUnits * int64(n))
		err = json.Unmarshal(s.Bytes("cache_set", stack[0]), &request)
	}
	answer := do(c, "cache_set", request.recorded(), func(note *host.CallNote) cacheAnswer {
		note.Target = c.cutOpen(request.Key, maxNameBytes)
		switch {
		case n > shortBytes: // and not read at all
			note.Error = "CacheValueSizeExceeded"
			return cacheError(note.Error)
		case err != nil:
			note.Error = err.Error()
			return cacheError("FailedToSetCacheRecord")
		}
		c.resumes.touch(request.Key)
		answer := cached(c, func() cacheAnswer { return c.cache.set(c.run.Event.Trigger, request, c.now()) })
		note.Error = answer.Code
		return answer
	})
	stack[0] = s.Put(encode(answer))
}

func cacheDelete(s *sandbox.Call, c *call, stack []uint64) {
	key := c.name(s, "cache_delete", stack[0])
	answer := do(c, "cache_delete", nameRequest{key}, func(note *host.CallNote) cacheAnswer {
		note.Target = key
		c.resumes.touch(key)
		answer := cached(c, func() cacheAnswer { return c.cache.remove(c.run.Event.Trigger, key) })
		note.Error = answer.Code
		return answer
	})
	stack[0] = s.Put(encode(answer))
}
