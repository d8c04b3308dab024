package ingress

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// However many keys take all that they get, the next one gets as much as each of
// them has, and what is given back can be taken again.
func TestAPoolLeavesAShareForTheNextKey(t *testing.T) {
	t.Parallel()
	for greedy := range 20 {
		p := pool{max: 10_000}
		for more := true; more; {
			more = false
			for key := range greedy {
				more = p.take(fmt.Sprint(key), 1) || more
			}
		}
		share := p.max / int64(greedy+1)
		if !p.take("new", share/2) {
			t.Errorf("beside %d keys that hold %d there was no room for half a share", greedy, p.inUse())
		}
		for key := range greedy {
			if held := *p.shares[fmt.Sprint(key)]; held < share-int64(greedy) || held > share+1 {
				t.Errorf("one of %d keys holds %d, want %d", greedy, held, share)
			}
		}
	}
}

func TestAPoolCountsWhatIsHeld(t *testing.T) {
	t.Parallel()
	p := pool{max: 1000}
	held := map[string]int64{}
	var sum int64
	for range 100_000 {
		key := fmt.Sprint(rand.IntN(3000))
		if have := held[key]; have > 0 && rand.IntN(2) == 0 {
			p.give(key, have)
			sum -= have
			delete(held, key)
		} else if n := rand.Int64N(20); p.take(key, n) {
			held[key] += n
			sum += n
		}
		if sum != p.inUse() || sum > p.max {
			t.Fatalf("the pool says %d, held are %d", p.inUse(), sum)
		}
	}
	if len(p.shares) > maxIdleShares+1000 {
		t.Errorf("remembers %d keys", len(p.shares))
	}
}
