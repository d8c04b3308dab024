package executor

import (
	"slices"
	"time"

	"github.com/usherhost/usher/host"
)

// The places at which executions run are shared by the actions that they run.
// An action that runs nothing gets the last free place; the more an action
// runs, the more places must be left when it takes another. So a single one
// gets three quarters of them at most, and however many slow ones there are,
// what else comes finds a place. A place that becomes free goes to the action
// that runs the least.
//
// An execution takes its place for the action that it runs now. Where the next
// action of its plan may have no more, the execution is queued again, in
// memory, and others go on.

// lane is one action's executions that wait, and how many places it holds.
type lane struct {
	queue   queue
	running int

	paused      bool
	concurrency int         // how many may run at once; 0: as many as the places allow
	window      *rateWindow // nil: without a rate
	spill       spill       // what waits in the store
	weight      int         // an action with twice the weight may hold twice the places
}

// weights are those of the triggers' actions; 1 where there is none.
var weights = map[host.Trigger]int{}

// sharedFrom is how many places there must be for any to be left free.
const sharedFrom = 4

// perFree is for how many of its places an action must leave one free for others.
const perFree = 3

// maxLanes is how many lanes stay in memory although they are empty.
const maxLanes = 1024

// lanes are the lanes of all actions. The caller guards them.
type lanes struct {
	places  int // executions that run at most
	running int
	byID    map[string]*lane // by action
	waiting []*lane          // those with executions that wait
	count   int              // executions that wait
	bodies  int              // bytes of the events' bodies that wait

	stopped bool                 // the trigger is paused: no lane may have a place
	began   time.Time            // when the process began to run executions, or its trigger was resumed
	paused  map[string]bool      // by action
	limits  map[string]laneLimit // by action, as its binding has them now
}

// maxBodyBytes bounds the events' bodies that wait. Executions beyond it wait
// without theirs, which is loaded when they run.
const maxBodyBytes = 64 << 20

func newLanes(places int) lanes {
	return lanes{places: places, byID: map[string]*lane{}, began: time.Now()}
}

// of returns the lane of what x runs next.
func (l *lanes) of(x *host.Execution) *lane {
	id, accepted := "", laneLimit{}
	if index, ok := x.Next(); ok {
		id, accepted = x.Plan[index].ActionID, limitOfStep(&x.Plan[index])
	}
	if found, ok := l.byID[id]; ok {
		return found
	}
	made := l.make(id)
	made.weight = max(weights[x.Trigger], 1)
	if _, known := l.limits[id]; !known { // it is not bound any more
		made.limit(accepted, l.began)
	}
	return made
}

// make adds the lane of an action.
func (l *lanes) make(id string) *lane {
	if len(l.byID) >= maxLanes {
		for id, old := range l.byID {
			if old.running == 0 && old.queue.len() == 0 && !old.limited() && !old.paused && !old.spill.stored {
				delete(l.byID, id)
			}
		}
	}
	made := &lane{weight: 1, paused: l.paused[id], spill: spill{key: id, lane: id}}
	made.limit(l.limits[id], l.began)
	l.byID[id] = made
	return made
}

// laneLimit is what a binding's settings say of how much runs.
type laneLimit struct {
	rate        host.Rate
	concurrency int
}

func limitOfStep(step *host.Step) laneLimit {
	return laneLimit{step.Settings.Rate, step.Settings.Concurrency}
}

// limit sets a lane's limits.
func (a *lane) limit(to laneLimit, began time.Time) {
	a.concurrency, a.window = to.concurrency, a.window.with(to.rate, began)
}

// limited reports whether the lane has limits of its own.
func (a *lane) limited() bool { return a.concurrency > 0 || a.window != nil }

// readyAt returns when the first lane that only its rate holds up may have a place; zero
// when there is none.
func (l *lanes) readyAt() (first time.Time) {
	if l.stopped || l.running >= l.places {
		return first
	}
	now := time.Now()
	for _, a := range l.waiting {
		if a.window == nil || a.paused || a.concurrency > 0 && a.running >= a.concurrency {
			continue
		}
		if at := a.window.ready(); at.After(now) && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

// admits reports whether a lane may take one of the free places.
func (l *lanes) admits(a *lane, free int) bool {
	switch {
	case l.stopped, a.paused, a.concurrency > 0 && a.running >= a.concurrency:
		return false
	case a.window != nil && a.window.ready().After(time.Now()):
		return false
	}
	if l.places < sharedFrom || a.running == 0 {
		return free > 0
	}
	per := perFree * a.weight
	return free > (a.running+per-1)/per
}

// enter takes a place for x and returns its lane; false when x has to wait.
func (l *lanes) enter(x *host.Execution) (*lane, bool) {
	a := l.of(x)
	if !l.admits(a, l.places-l.running) {
		return nil, false
	}
	l.take(a)
	return a, true
}

// take gives a place to a lane that may have it.
func (l *lanes) take(a *lane) {
	a.running++
	l.running++
	if a.window != nil {
		a.window.take(time.Now())
	}
}

// leave gives a place back.
func (l *lanes) leave(a *lane) {
	a.running--
	l.running--
}

// push lets x wait.
func (l *lanes) push(x host.Execution) {
	if l.bodies+bodyBytes(&x) > maxBodyBytes {
		x.Event = nil
	}
	l.bodies += bodyBytes(&x)
	a := l.of(&x)
	if a.queue.len() == 0 {
		l.waiting = append(l.waiting, a)
	}
	a.queue.push(x)
	l.count++
}

// pop takes a place for the next execution, of the lane that holds the fewest
// of those that may have one, and returns both; false when none may.
func (l *lanes) pop() (host.Execution, *lane, bool) {
	free, best := l.places-l.running, -1
	for i, a := range l.waiting {
		if l.admits(a, free) && (best < 0 || a.before(l.waiting[best])) {
			best = i
		}
	}
	if best < 0 {
		return host.Execution{}, nil, false
	}
	a := l.waiting[best]
	x := l.takeFrom(a)
	l.take(a)
	return x, a, true
}

// takeFrom takes the first one out of a lane's queue.
func (l *lanes) takeFrom(a *lane) host.Execution {
	x := a.queue.pop()
	if a.queue.len() == 0 {
		at, last := slices.Index(l.waiting, a), len(l.waiting)-1
		l.waiting[at], l.waiting[last] = l.waiting[last], nil
		l.waiting = l.waiting[:last]
	}
	l.count--
	l.bodies -= bodyBytes(&x)
	return x
}

// before reports whether a's first one goes before that of b.
func (a *lane) before(b *lane) bool {
	if mine, its := a.running*b.weight, b.running*a.weight; mine != its {
		return mine < its
	}
	return a.queue.since().Before(b.queue.since())
}

// since returns how long the first one has waited; zero when none waits.
func (l *lanes) since() (since time.Time) {
	for _, a := range l.waiting {
		if s := a.queue.since(); since.IsZero() || s.Before(since) {
			since = s
		}
	}
	return since
}

// cancel marks an execution as canceled: its run ends before it begins.
func (l *lanes) cancel(id string) {
	for _, a := range l.waiting {
		a.queue.cancel(id)
	}
}

// clear forgets what waits.
func (l *lanes) clear() {
	for _, a := range l.waiting {
		a.queue = queue{}
	}
	l.waiting, l.count, l.bodies = nil, 0, 0
}
