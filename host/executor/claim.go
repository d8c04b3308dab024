package executor

import (
	"context"
	"time"
)

const (
	// safetyPoll is how often the store is asked without a reason: it only costs a
	// read.
	safetyPoll = 30 * time.Second
	// lateCommit is when the store is asked once more after an overflow, for an
	// accept whose commit came after the claim that caught up.
	lateCommit = time.Second
	// The pause between looks at the store, so that many retries make one
	// claim. It grows while the store names due times but leases nothing.
	minPause = 5 * time.Millisecond
	maxPause = time.Second
	// The pause after an error of the store.
	minErrorPause = 100 * time.Millisecond
	maxErrorPause = 5 * time.Second
)

// claimer is the state of the claiming loop, for its goroutine alone.
type claimer struct {
	executor   *Executor
	last       time.Time     // of the latest call of the store
	pause      time.Duration // before the next one
	poll       time.Time     // when NextDue is asked again, whatever happens
	afterwards time.Duration // how long after a look the next poll is
}

// claim leases what is due in the store until ctx ends: at the start, after an overflow
// and when something is due. Else it only looks now and then.
func (e *Executor) claim(ctx context.Context) {
	c := &claimer{executor: e}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		if err := c.refill(ctx); err != nil && ctx.Err() == nil {
			c.pause = min(max(2*c.pause, minErrorPause), maxErrorPause)
			e.log.Error("cannot claim executions; trying again", "after", c.pause, "error", err)
			c.poll = time.Now()
		}
		timer.Reset(c.wait())
		select {
		case <-ctx.Done():
		case <-e.backlog.wake:
		case <-timer.C:
		}
		sleep(ctx, time.Until(c.last.Add(c.pause)))
	}
}

// refill claims until the backlog is full or the store has nothing due, and
// then asks when it has.
func (c *claimer) refill(ctx context.Context) error {
	e, claims, got := c.executor, 0, 0
	if err := c.drainHeld(ctx); err != nil {
		return err
	}
	for more := true; more; {
		e.putBack(e.backlog.surplus(time.Now()))
		n, overflowed := e.backlog.reserveClaim(time.Now())
		if n == 0 {
			break
		}
		leased, err := e.Queue.Claim(ctx, n)
		c.last = time.Now()
		if err != nil {
			e.backlog.abandonClaim(n)
			return err
		}
		claims, got = claims+1, got+len(leased)
		more = !e.backlog.completeClaim(n, leased)
		if overflowed {
			c.afterwards = lateCommit
		}
	}
	if claims == 0 && time.Now().Before(c.poll) {
		return nil
	}
	return c.look(ctx, claims > 0 && got == 0)
}

// look asks the store when it next has something due. Fruitless says that a
// claim just brought nothing.
func (c *claimer) look(ctx context.Context, fruitless bool) error {
	at, ok, err := c.executor.Queue.NextDue(ctx)
	c.last = time.Now()
	if err != nil {
		return err
	}
	if ok {
		c.executor.backlog.dueAt(at)
	}
	if fruitless && ok && !at.After(c.last) {
		c.pause = min(max(2*c.pause, minPause), maxPause)
	} else {
		c.pause = minPause
	}
	c.poll = c.last.Add(c.afterwards)
	c.afterwards = safetyPoll
	return nil
}

// wait returns the time until the next look: when something is due, or the
// safety poll.
func (c *claimer) wait() time.Duration {
	next := c.poll
	if due, ok := c.executor.backlog.nextDue(); ok && due.Before(next) {
		next = due
	}
	if soon := time.Now().Add(slowAfter); c.executor.backlog.crowded() && soon.Before(next) {
		next = soon
	}
	return time.Until(next)
}

func sleep(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
