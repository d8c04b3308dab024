package guest

import "sync"

// reached counts the requests that a run sent to each origin. It is safe for
// concurrent use.
type reached struct {
	mu      sync.Mutex
	origins map[string]int64 // guarded by mu; nil until the first request
}

func (r *reached) add(origin string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.origins == nil {
		r.origins = map[string]int64{}
	}
	r.origins[origin]++
}

// origins returns what the run reached, once none of its requests is on its
// way, without secrets in their names.
func (c *call) origins() map[string]int64 {
	c.reached.mu.Lock()
	defer c.reached.mu.Unlock()
	if c.reached.origins == nil {
		return nil
	}
	shown := make(map[string]int64, len(c.reached.origins))
	for origin, requests := range c.reached.origins {
		shown[c.redact(origin)] += requests
	}
	return shown
}
