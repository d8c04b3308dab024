package registry

import "sync"

// maxCached bounds a cache; beyond it, the cache starts empty again.
const maxCached = 4096

// cache keeps by id what was read of the store, until that changes. A change calls
// forget or clear after it was stored. What was read before then, and is put
// after, may be older than the change and is dropped. The zero value is empty and
// ready.
type cache[T any] struct {
	mu      sync.Mutex // guards the fields below
	values  map[string]T
	changes int64 // counts forget and clear
}

// get returns the value, if it is known, and the moment at which it is looked up,
// which put wants for one that is read then.
func (c *cache[T]) get(id string) (value T, known bool, at int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	value, known = c.values[id]
	return value, known, c.changes
}

// put keeps a value that was read after at, unless something changed since.
func (c *cache[T]) put(id string, value T, at int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.changes != at {
		return
	}
	if c.values == nil || len(c.values) >= maxCached {
		c.values = map[string]T{}
	}
	c.values[id] = value
}

func (c *cache[T]) forget(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes++
	delete(c.values, id)
}

func (c *cache[T]) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes++
	clear(c.values)
}
