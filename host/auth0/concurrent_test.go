package auth0_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/hosttest"
)

// TestNoPlanIsTorn lets one client change the order and another deploy while
// events come in. Every execution must have a plan that stood at some time: one
// of the two orders, and versions that were deployed together.
func TestNoPlanIsTorn(t *testing.T) {
	t.Parallel()
	const events, rounds = 1000, 40
	k := open(t)
	paths := map[string]string{}
	for _, name := range []string{"a", "b", "c"} {
		paths[name] = actions + "/" + k.create(name, "guest noop", `,"deploy":true`)
	}
	orders := []string{
		`{"bindings":[{"ref":{"value":"a"}},{"ref":{"value":"b"}}]}`,
		`{"bindings":[{"ref":{"value":"c"}},{"ref":{"value":"b"}},{"ref":{"value":"a"}}]}`,
	}
	k.must(200, "PATCH", bindings, orders[0])

	call := func(method, path, body string) error {
		if a := k.send(method, path, body); a.status != http.StatusOK {
			return fmt.Errorf("%s %s: %d %s", method, path, a.status, a.text)
		}
		return nil
	}
	var clients errgroup.Group
	clients.Go(func() error {
		for i := range rounds {
			if err := call("PATCH", bindings, orders[(i+1)%2]); err != nil {
				return err
			}
		}
		return nil
	})
	clients.Go(func() error { // a's number is b's, or one ahead
		for range rounds {
			for _, name := range []string{"a", "b"} {
				if err := call("POST", paths[name]+"/deploy", ""); err != nil {
					return err
				}
			}
		}
		return nil
	})
	var ids []string
	clients.Go(func() error {
		for i := range events {
			accepted, err := k.host.DB.Accept(t.Context(), []host.NewEvent{hosttest.Event(i)})
			if err != nil {
				return err
			}
			ids = append(ids, accepted[0].ExecutionID)
		}
		return nil
	})
	if err := clients.Wait(); err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, id := range ids {
		x, err := k.host.Wait(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		order, numbers := "", map[string]int{}
		for _, step := range x.Plan {
			order += step.Action
			numbers[step.Action] = step.Number
		}
		seen[order]++
		ahead := numbers["a"] - numbers["b"]
		if !strings.Contains(" ab cba ", " "+order+" ") || ahead < 0 || ahead > 1 || x.Status != host.StatusCompleted {
			t.Fatalf("execution %s is %s with the plan %s of %v", id, x.Status, order, numbers)
		}
	}
	if len(ids) != events || len(seen) == 0 {
		t.Errorf("%d executions, with the plans %v", len(ids), seen)
	}
	t.Logf("plans: %v", seen)
}
