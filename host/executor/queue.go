package executor

import (
	"time"

	"github.com/usherhost/usher/host"
)

// queue is a first-in-first-out queue of executions that reuses its memory.
type queue struct {
	entries []entry
	head    int
}

type entry struct {
	execution host.Execution
	since     time.Time // when it was due, before a restart too
	queued    time.Time // when it was put here
}

func (q *queue) len() int { return len(q.entries) - q.head }

func (q *queue) since() time.Time {
	if q.len() == 0 {
		return time.Time{}
	}
	return q.entries[q.head].since
}

// queued returns when the first one was put here; the queue is not empty.
func (q *queue) queued() time.Time { return q.entries[q.head].queued }

func (q *queue) push(x host.Execution) {
	if q.head > len(q.entries)/2 && len(q.entries) == cap(q.entries) {
		n := copy(q.entries, q.entries[q.head:])
		clear(q.entries[n:])
		q.entries, q.head = q.entries[:n], 0
	}
	now := time.Now()
	since := x.NextAt
	if since.IsZero() {
		since = now
	}
	q.entries = append(q.entries, entry{x, since, now})
}

func (q *queue) pop() host.Execution {
	x := q.entries[q.head].execution
	q.entries[q.head] = entry{}
	q.head++
	if q.head == len(q.entries) {
		q.entries, q.head = q.entries[:0], 0
	}
	return x
}

// popLast takes the newest one.
func (q *queue) popLast() host.Execution {
	last := len(q.entries) - 1
	x := q.entries[last].execution
	q.entries[last] = entry{}
	q.entries = q.entries[:last]
	if q.head == len(q.entries) {
		q.entries, q.head = q.entries[:0], 0
	}
	return x
}

// cancel marks an execution as canceled: its run ends before it begins.
func (q *queue) cancel(id string) {
	for i := range q.entries[q.head:] {
		if x := &q.entries[q.head+i].execution; x.ID == id {
			x.Status = host.StatusCanceled
		}
	}
}

// nextAction names the action that the first one waits for; "" when none waits.
func (q *queue) nextAction() string {
	if q.len() == 0 {
		return ""
	}
	x := &q.entries[q.head].execution
	if index, ok := x.Next(); ok {
		return x.Plan[index].Action
	}
	return ""
}

func bodyBytes(x *host.Execution) int {
	if x.Event == nil {
		return 0
	}
	return len(x.Event.Body)
}
