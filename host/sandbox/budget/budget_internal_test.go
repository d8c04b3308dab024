package budget

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestSharesNeverWaitInACircle lets many shares of random sizes grow
// piece by piece up to their most, and then leave. All of them must get there, and
// never may more be held than there is.
func TestSharesNeverWaitInACircle(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		b := &Budget{Total: 100, Loaded: func() int64 { return int64(seed % 10) }, Evict: func(int64) {}}
		var all sync.WaitGroup
		for n := range 40 {
			random := rand.New(rand.NewPCG(seed, uint64(n)))
			all.Go(func() {
				s := &Share{Owner: fmt.Sprint(n % 7), Most: 1 + random.Int64N(90)}
				if err := b.Enter(t.Context(), s, random.Int64N(s.Most+1)); err != nil {
					t.Error(err)
					return
				}
				defer b.Leave(s)
				for s.held < s.Most {
					if _, ok := b.Grow(t.Context(), s, 1+random.Int64N(s.Most-s.held)); !ok {
						t.Errorf("no more for a share that has %d of %d", s.held, s.Most)
						return
					}
					if held := b.held.Load(); held > b.Total {
						t.Errorf("%d of %d are given", held, b.Total)
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
	b := &Budget{Total: 100, Loaded: func() int64 { return 0 }, Evict: func(int64) {}}
	done := make(chan struct{})
	small := func(n int) *Share { return &Share{Owner: fmt.Sprint(n), Most: 10} }
	last := small(0)
	if err := b.Enter(t.Context(), last, 10); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(done)
		large := &Share{Owner: "large", Most: 100}
		if err := b.Enter(t.Context(), large, 100); err != nil {
			t.Error(err)
		}
		b.Leave(large)
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
			if err := b.Enter(t.Context(), next, 10); err != nil {
				t.Error(err)
			}
		}()
		select {
		case <-entered:
		case <-time.After(100 * time.Millisecond): // no other share is served before it any more
			b.Leave(last)
			<-done
			<-entered
			b.Leave(next)
			if n < maxPassed/2 || n > 2*maxPassed {
				t.Errorf("%d were let past", n-1)
			}
			return
		}
		b.Leave(last)
		last = next
	}
}

// TestOneOwnerLeavesMemoryForOthers lets the shares of one owner take what they
// can get and keep it: another's first one enters at once.
func TestOneOwnerLeavesMemoryForOthers(t *testing.T) {
	t.Parallel()
	b := &Budget{Total: 100, Loaded: func() int64 { return 0 }, Evict: func(int64) {}}
	var all sync.WaitGroup
	free := make(chan struct{})
	var full atomic.Int64
	for range 40 {
		all.Go(func() {
			s := &Share{Owner: "greedy", Most: 20}
			if err := b.Enter(t.Context(), s, 1); err != nil {
				t.Error(err)
			}
			defer b.Leave(s)
			for s.held < s.Most {
				if _, ok := b.Grow(t.Context(), s, 1); !ok {
					t.Error("no more")
					return
				}
			}
			full.Add(1)
			<-free
		})
	}
	for settled := 0; settled < 40; time.Sleep(time.Millisecond) { // until no share gets more
		b.mu.Lock()
		settled = len(b.growing) + len(b.entering) + int(full.Load())
		b.mu.Unlock()
	}
	if held := b.held.Load(); held > 75 {
		t.Errorf("one owner holds %d of 100", held)
	}
	other := &Share{Owner: "modest", Most: 20}
	if err := b.Enter(t.Context(), other, 20); err != nil {
		t.Error(err)
	}
	b.Leave(other)
	close(free)
	all.Wait()
}
