package storetest

import (
	"fmt"
	"sync"

	"github.com/usherhost/usher/host"
)

var loadPromises = []promise{
	{"many accept and record at once: each event runs once, and all is there after a reopen", manyAtOnce},
	{"the same key from many at once is one event", sameKeyAtOnce},
	{"a refused call does not affect those committed with it", refusalAffectsNothing},
	{"the registry changes while events are accepted, and every plan is whole", registryUnderLoad},
}

func manyAtOnce(b *bench) {
	b.bound("one", "two")
	const producers, each = 16, 25
	r := newRoom(producers * each / 2) // the other half is claimed
	b.reopen(r)
	runs := newCounter()
	var ran, accepted sync.WaitGroup
	ran.Add(producers * each)
	run := func(x host.Execution) {
		runs.add(x.ID)
		last := outcome(x, host.StatusCompleted, host.StepSucceeded, host.StepSucceeded)
		last.Result = result(x, 1, 1)
		_ = b.Record(b.ctx, outcome(x, host.StatusRunning, host.StepSucceeded, host.StepPending), nil)
		_ = b.Record(b.ctx, last, func(error) { ran.Done() })
	}
	for p := range producers {
		accepted.Go(func() {
			for i := range each {
				if _, err := b.Accept(b.ctx, []host.NewEvent{event(fmt.Sprint(p, "/", i))}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	go func() {
		for range producers * each / 2 {
			run(<-r.leased)
		}
	}()
	accepted.Wait()
	for len(runs.claim(b, run)) > 0 {
	}
	ran.Wait()
	b.reopen(nil)
	done, err := b.Executions(b.ctx, host.ExecutionQuery{Status: host.StatusCompleted, Limit: 500})
	b.ok(err)
	b.equal("completed", len(done), producers*each)
	b.equal("runs", runs.all(), producers*each)
	last, err := b.LastSeq(b.ctx)
	b.ok(err)
	if last < 2*producers*each {
		b.Errorf("the last result has number %d, want at least %d", last, 2*producers*each)
	}
}

// counter counts how often each execution ran.
type counter struct {
	mu   sync.Mutex // guards runs
	runs map[string]int
}

func newCounter() *counter { return &counter{runs: map[string]int{}} }

func (c *counter) add(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.runs[id]++
}

func (c *counter) all() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, runs := range c.runs {
		n += runs
	}
	return n
}

// claim claims some and runs them.
func (c *counter) claim(b *bench, run func(host.Execution)) []host.Execution {
	claimed := b.claim(50)
	for _, x := range claimed {
		run(x)
	}
	return claimed
}

func sameKeyAtOnce(b *bench) {
	const callers = 50
	answers := make([]host.Accepted, callers)
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			got, err := b.Accept(b.ctx, []host.NewEvent{event("a")})
			if err != nil {
				b.Error(err)
				return
			}
			answers[i] = got[0]
		})
	}
	wg.Wait()
	first := 0
	for _, a := range answers {
		b.equal("execution", a.ExecutionID, answers[0].ExecutionID)
		if !a.Repeat {
			first++
		}
	}
	b.equal("answers that are no repeat", first, 1)
}

func refusalAffectsNothing(b *bench) {
	b.bound("one")
	b.accept(keyed("a", "k", "{}"))
	const callers = 64
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			batch := []host.NewEvent{event(fmt.Sprint("user", i)), event(fmt.Sprint("other", i))}
			if i%2 == 0 {
				batch = append(batch, keyed("a", "k", "[]"))
			}
			_, err := b.Accept(b.ctx, batch)
			if refused := host.CodeOf(err) == host.KeyReused && err != nil; refused != (i%2 == 0) {
				b.Errorf("call %d: error is %v", i, err)
			}
		})
	}
	wg.Wait()
	all, err := b.Executions(b.ctx, host.ExecutionQuery{Limit: 500})
	b.ok(err)
	b.equal("executions", len(all), 1+callers)
}

func registryUnderLoad(b *bench) {
	one, two := b.action("one"), b.action("two")
	b.bind(one, two)
	var wg sync.WaitGroup
	for p := range 8 {
		wg.Go(func() {
			for i := range 20 {
				if _, err := b.Accept(b.ctx, []host.NewEvent{event(fmt.Sprint(p, "/", i))}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for i := range 20 {
		if i%2 == 0 {
			b.bind(two, one)
		} else {
			b.bind(one, two)
		}
	}
	wg.Wait()
	all, err := b.Executions(b.ctx, host.ExecutionQuery{Limit: 500})
	b.ok(err)
	b.equal("executions", len(all), 160)
	for _, x := range all {
		if plan := names(x.Plan); plan != "one@1 two@1" && plan != "two@1 one@1" {
			b.Errorf("plan is %q", plan)
		}
	}
}
