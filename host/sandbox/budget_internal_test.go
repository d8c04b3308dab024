package sandbox

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestSharesOfMemoryNeverWaitInACircle lets many runs of random sizes take
// memory piece by piece, and end when they have all of it: all of them do, and
// never is more given than there is.
func TestSharesOfMemoryNeverWaitInACircle(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		b := &budget{total: 100, loaded: func() int64 { return int64(seed % 10) }, evict: func(int64) {}}
		var all sync.WaitGroup
		for n := range 40 {
			random := rand.New(rand.NewPCG(seed, uint64(n)))
			all.Go(func() {
				s := &share{owner: fmt.Sprint(n % 7), most: 1 + random.Int64N(90)}
				if err := b.enter(t.Context(), s, random.Int64N(s.most+1)); err != nil {
					t.Error(err)
					return
				}
				defer b.leave(s)
				for s.held < s.most {
					if _, ok := b.grow(t.Context(), s, 1+random.Int64N(s.most-s.held)); !ok {
						t.Errorf("no more for a share that has %d of %d", s.held, s.most)
						return
					}
					if held := b.held.Load(); held > b.total {
						t.Errorf("%d of %d are given", held, b.total)
					}
				}
			})
		}
		all.Wait()
		if b.held.Load() != 0 || b.most != 0 || b.blocked != 0 || len(b.shares)+len(b.growing)+len(b.entering) != 0 {
			t.Fatalf("seed %d: something is left: %+v", seed, b)
		}
	}
}

// TestALargeShareIsNotPassedForEver lets small runs of ever new owners come
// while a large one waits.
func TestALargeShareIsNotPassedForEver(t *testing.T) {
	t.Parallel()
	b := &budget{total: 100, loaded: func() int64 { return 0 }, evict: func(int64) {}}
	done := make(chan struct{})
	small := func(n int) *share { return &share{owner: fmt.Sprint(n), most: 10} }
	last := small(0)
	if err := b.enter(t.Context(), last, 10); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(done)
		large := &share{owner: "large", most: 100}
		if err := b.enter(t.Context(), large, 100); err != nil {
			t.Error(err)
		}
		b.leave(large)
	}()
	for waiting := 0; waiting == 0; time.Sleep(time.Millisecond) {
		b.mu.Lock()
		waiting = len(b.entering)
		b.mu.Unlock()
	}
	for n := 1; ; n++ { // the next always comes before the last one leaves
		next := small(n)
		entered := make(chan struct{})
		go func() {
			defer close(entered)
			if err := b.enter(t.Context(), next, 10); err != nil {
				t.Error(err)
			}
		}()
		select {
		case <-entered:
		case <-time.After(100 * time.Millisecond): // nobody is let past any more
			b.leave(last)
			<-done
			<-entered
			b.leave(next)
			if n < maxPassed/2 || n > 2*maxPassed {
				t.Errorf("%d were let past", n-1)
			}
			return
		}
		b.leave(last)
		last = next
	}
}

// TestOneOwnerLeavesMemoryForOthers lets the shares of one owner take what they
// can get and keep it: another's first one enters at once.
func TestOneOwnerLeavesMemoryForOthers(t *testing.T) {
	t.Parallel()
	b := &budget{total: 100, loaded: func() int64 { return 0 }, evict: func(int64) {}}
	var all sync.WaitGroup
	free := make(chan struct{})
	var full atomic.Int64
	for range 40 {
		all.Go(func() {
			s := &share{owner: "greedy", most: 20}
			if err := b.enter(t.Context(), s, 1); err != nil {
				t.Error(err)
			}
			defer b.leave(s)
			for s.held < s.most {
				if _, ok := b.grow(t.Context(), s, 1); !ok {
					t.Error("no more")
					return
				}
			}
			full.Add(1)
			<-free
		})
	}
	for settled := 0; settled < 40; time.Sleep(time.Millisecond) { // until nobody gets more
		b.mu.Lock()
		settled = len(b.growing) + len(b.entering) + int(full.Load())
		b.mu.Unlock()
	}
	if held := b.held.Load(); held > 75 {
		t.Errorf("one owner holds %d of 100", held)
	}
	other := &share{owner: "modest", most: 20}
	if err := b.enter(t.Context(), other, 20); err != nil {
		t.Error(err)
	}
	b.leave(other)
	close(free)
	all.Wait()
}
