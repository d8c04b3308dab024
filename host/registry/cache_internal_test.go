package registry

import (
	"strconv"
	"testing"
)

func TestACacheDropsWhatWasReadBeforeAChange(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(c *cache[string])
		known  bool
	}{
		{"nothing changed", func(*cache[string]) {}, true},
		{"it changed", func(c *cache[string]) { c.forget("a") }, false},
		{"something else changed, which it may be made of", func(c *cache[string]) { c.forget("b") }, false},
		{"everything changed", func(c *cache[string]) { c.clear() }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var c cache[string]
			_, known, at := c.get("a")
			if known {
				t.Fatal("an empty cache knows a value")
			}
			tt.change(&c)
			c.put("a", "old", at)
			if got, known, _ := c.get("a"); known != tt.known {
				t.Errorf("knows %q: %t, want %t", got, known, tt.known)
			}
		})
	}
}

func TestACacheForgetsOneValueOrAll(t *testing.T) {
	t.Parallel()
	var c cache[int]
	for i, id := range []string{"a", "b", "c"} {
		c.put(id, i, 0)
	}
	c.forget("a")
	_, a, _ := c.get("a")
	b, known, _ := c.get("b")
	if a || !known || b != 1 {
		t.Errorf("a is known: %t, b is known: %t, as %d", a, known, b)
	}
	c.clear()
	if _, known, _ := c.get("b"); known {
		t.Error("b is known after clear")
	}
}

func TestACacheIsBounded(t *testing.T) {
	t.Parallel()
	var c cache[int]
	for i := range 3 * maxCached {
		c.put(strconv.Itoa(i), i, 0)
	}
	if len(c.values) > maxCached {
		t.Errorf("keeps %d values", len(c.values))
	}
}
