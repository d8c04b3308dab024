package jstest_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"
	"testing"

	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/internal/jstest"
	"github.com/usherhost/usher/host/sandbox"
)

// TestColdStartsOfJavaScriptActionsUnderLoad starts a sandbox over a full cache
// again and again, and runs five actions of one engine at once in each, many
// times over: a panic ends the test's process as it would the host's.
// USHER_RESTARTS says how often (`task soak:restart`: 200).
func TestColdStartsOfJavaScriptActionsUnderLoad(t *testing.T) {
	const actions, runs = 5, 8
	restarts, _ := strconv.Atoi(os.Getenv("USHER_RESTARTS"))
	restarts = max(restarts, 10)
	var all [][]byte
	for n := range actions {
		all = append(all, build(t, handler(fmt.Sprintf("console.log(%d);", n))))
	}
	dir := t.TempDir()
	good := 0
	for range restarts {
		good += coldStart(t, dir, all, runs)
	}
	t.Logf("%d cold starts, %d of %d runs succeeded, 0 panics", restarts, good, restarts*actions*runs)
	if good != restarts*actions*runs {
		t.Errorf("%d of %d runs succeeded", good, restarts*actions*runs)
	}
}

// coldStart runs every action so many times at once over a sandbox of its own,
// and returns how many runs succeeded.
func coldStart(t *testing.T, dir string, all [][]byte, runs int) (good int) {
	t.Helper()
	s, err := sandbox.Open(t.Context(), sandbox.Config{CacheDir: dir, Functions: guest.Functions()})
	if err != nil {
		t.Fatal(err)
	}
	cold := jstest.Shared(t).Over(s)
	var mu sync.Mutex
	var group sync.WaitGroup
	for n := range len(all) * runs {
		group.Go(func() {
			result, _, err := cold.Run(t.Context(), all[n%len(all)], jstest.Run{})
			mu.Lock()
			defer mu.Unlock()
			if err == nil && result.Succeeded {
				good++
			}
		})
	}
	group.Wait()
	if err := s.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	return good
}
