package guest

import "sync"

// contacted counts the requests that a run sent to each origin. It is safe for
// concurrent use.
type contacted struct {
	mu      sync.Mutex
	origins map[string]int64 // guarded by mu; nil until the first request
}

func (r *contacted) add(origin string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.origins == nil {
		r.origins = map[string]int64{}
	}
	r.origins[origin]++
}

// origins returns what the run contacted, once none of its requests is on its
// way, without secrets in their names.
func (c *call) origins() map[string]int64 {
	c.http.contacted.mu.Lock()
	defer c.http.contacted.mu.Unlock()
	if c.http.contacted.origins == nil {
		return nil
	}
	shown := make(map[string]int64, len(c.http.contacted.origins))
	for origin, requests := range c.http.contacted.origins {
		shown[c.redact(origin)] += requests
	}
	return shown
}
