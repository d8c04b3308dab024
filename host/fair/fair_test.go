package fair_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/usherhost/usher/host/fair"
)

// enter takes n places for key on goroutines of their own, and returns how many
// have them, once no more get one.
func enter(t *testing.T, p *fair.Places, key string, n int) *crowd {
	t.Helper()
	c := &crowd{places: p, key: key}
	for range n {
		go func() {
			if p.Enter(t.Context(), key) == nil {
				c.change(1)
			}
		}()
	}
	synctest.Wait()
	return c
}

type crowd struct {
	places *fair.Places
	key    string
	mu     sync.Mutex
	n      int // guarded by mu
}

func (c *crowd) change(by int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n += by
	return c.n
}

func (c *crowd) inside() int { return c.change(0) }

func (c *crowd) leave(n int) {
	for range n {
		c.change(-1)
		c.places.Leave(c.key)
	}
	synctest.Wait()
}

func TestOneKeyHoldsHalfOfThePlaces(t *testing.T) {
	t.Parallel()
	for total, want := range map[int]int{1: 1, 2: 1, 3: 2, 8: 4, 128: 64} {
		synctest.Test(t, func(t *testing.T) {
			if got := enter(t, fair.New(total), "a", 200).inside(); got != want {
				t.Errorf("of %d places one key holds %d, want %d", total, got, want)
			}
		})
	}
}

func TestAKeyThatComesLaterFindsAPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := fair.New(128)
		for i := range 6 {
			enter(t, p, fmt.Sprint("greedy ", i), 200)
		}
		if got := enter(t, p, "late", 1).inside(); got != 1 {
			t.Error("six greedy keys leave no place")
		}
	})
}

func TestWaitingCallersAreServedKeyByKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := fair.New(4)
		greedy := enter(t, p, "greedy", 100)
		others := enter(t, p, "others", 10)
		third := enter(t, p, "third", 10)
		if greedy.inside()+others.inside()+third.inside() != 4 {
			t.Fatalf("%d, %d and %d are inside of 4", greedy.inside(), others.inside(), third.inside())
		}
		late := enter(t, p, "late", 1)
		greedy.leave(1)
		if late.inside() != 1 {
			t.Error("a key that holds no place waits behind one that holds some")
		}
	})
}

func TestACallerThatGivesUpLeavesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := fair.New(2)
		first := enter(t, p, "a", 1)
		ctx, cancel := context.WithCancel(t.Context())
		failed := make(chan error, 3)
		for range 3 {
			go func() { failed <- p.Enter(ctx, "a") }()
		}
		synctest.Wait()
		cancel()
		for range 3 {
			if err := <-failed; !errors.Is(err, context.Canceled) {
				t.Errorf("a wait that was given up ends with %v", err)
			}
		}
		first.leave(1)
		if !p.Idle() {
			t.Error("something is left of those who gave up")
		}
		if enter(t, p, "a", 1).inside() != 1 || enter(t, p, "b", 1).inside() != 1 {
			t.Error("the places are not all free again")
		}
	})
}

// TestPlacesAreNeitherLostNorGivenTwice lets keys come, wait, give up and leave
// at random.
func TestPlacesAreNeitherLostNorGivenTwice(t *testing.T) {
	t.Parallel()
	const total = 7
	p := fair.New(total)
	var mu sync.Mutex
	inside := 0 // guarded by mu
	count := func(by int) {
		mu.Lock()
		defer mu.Unlock()
		if inside += by; inside > total {
			t.Errorf("%d are inside of %d", inside, total)
		}
	}
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			key := fmt.Sprint(i % 5)
			for range 200 {
				ctx, cancel := context.WithCancel(t.Context())
				if rand.IntN(4) == 0 {
					go cancel()
				}
				if p.Enter(ctx, key) == nil {
					count(1)
					count(-1)
					p.Leave(key)
				}
				cancel()
			}
		})
	}
	all.Wait()
	if !p.Idle() {
		t.Error("some places were not given back")
	}
}
