package executor

import (
	"time"

	"github.com/usherhost/usher/host"
)

// line is a first-in-first-out queue that reuses its memory.
type line struct {
	places []place
	head   int
}

type place struct {
	execution host.Execution
	since     time.Time // when it was due, before a restart too
}

func (l *line) len() int { return len(l.places) - l.head }

func (l *line) since() time.Time {
	if l.len() == 0 {
		return time.Time{}
	}
	return l.places[l.head].since
}

func (l *line) push(x host.Execution) {
	if l.head > len(l.places)/2 && len(l.places) == cap(l.places) {
		n := copy(l.places, l.places[l.head:])
		clear(l.places[n:])
		l.places, l.head = l.places[:n], 0
	}
	since := x.NextAt
	if since.IsZero() {
		since = time.Now()
	}
	l.places = append(l.places, place{x, since})
}

func (l *line) pop() host.Execution {
	x := l.places[l.head].execution
	l.places[l.head] = place{}
	l.head++
	if l.head == len(l.places) {
		l.places, l.head = l.places[:0], 0
	}
	return x
}

// popLast takes the newest one.
func (l *line) popLast() host.Execution {
	last := len(l.places) - 1
	x := l.places[last].execution
	l.places[last] = place{}
	l.places = l.places[:last]
	if l.head == len(l.places) {
		l.places, l.head = l.places[:0], 0
	}
	return x
}

// cancel lets the walk of an execution end before it begins.
func (l *line) cancel(id string) {
	for i := range l.places[l.head:] {
		if x := &l.places[l.head+i].execution; x.ID == id {
			x.Status = host.StatusCanceled
		}
	}
}

func bodyBytes(x *host.Execution) int {
	if x.Event == nil {
		return 0
	}
	return len(x.Event.Body)
}
