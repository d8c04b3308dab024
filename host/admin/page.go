package admin

import (
	"encoding/json"
	"fmt"

	"github.com/usherhost/usher/host"
)

// maxPageBytes is how much JSON ends a page, however many items it may have:
// the item that goes beyond it is its last.
const maxPageBytes = 8 << 20

// How many items are read at first; each further time twice as many. What is
// read is in memory, and a result may be large.
const (
	somePlain   = 64
	someResults = 16
)

// page is one page of a list, in JSON.
type page[T any] struct {
	views []json.RawMessage
	last  *T   // the item after which the next page begins; nil for no next page
	more  bool // there may be a next page
}

// gather makes a page of up to limit items. Read returns the next n items after
// the last one, which is nil at first. An item that view does not find any more
// is left out.
func gather[T any](limit, some int, read func(n int, last *T) ([]T, error), view func(T) (any, error)) (page[T], error) {
	p := page[T]{views: []json.RawMessage{}}
	for size, left := 0, limit; left > 0; some *= 2 {
		items, err := read(min(some, left), p.last)
		if err != nil {
			return p, err
		}
		for i := range items {
			text, err := encoded(items[i], view)
			if err != nil && host.CodeOf(err) != host.NotFound {
				return p, err
			}
			if p.last = &items[i]; err == nil {
				p.views = append(p.views, text)
			}
			if size += len(text); size >= maxPageBytes {
				p.more = true
				return p, nil
			}
		}
		if len(items) < min(some, left) {
			return p, nil
		}
		left -= len(items)
	}
	p.more = true
	return p, nil
}

func encoded[T any](item T, view func(T) (any, error)) (json.RawMessage, error) {
	shown, err := view(item)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(shown)
	if err != nil {
		return nil, fmt.Errorf("encode a list: %w", err)
	}
	return text, nil
}

// executionsPage answers with a page of executions.
func executionsPage(
	limit int, q host.ExecutionQuery, list func(host.ExecutionQuery) ([]host.Execution, error), view func(host.Execution) (any, error),
) (map[string]any, error) {
	p, err := gather(limit, somePlain, func(n int, last *host.Execution) ([]host.Execution, error) {
		if q.Limit = n; last != nil {
			q.Before = last.ID
		}
		return list(q)
	}, view)
	next := ""
	if p.more && p.last != nil {
		next = p.last.ID
	}
	return map[string]any{"executions": p.views, "next": next}, err
}
