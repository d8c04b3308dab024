package builds_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/builds"
)

// slowBuilder reports each build that begins, and ends none before it may.
type slowBuilder struct {
	began chan string // its code
	may   chan struct{}
}

func (b *slowBuilder) Build(ctx context.Context, _ string, s host.Source, _ map[string]host.Source) (builds.Build, error) {
	b.began <- s.Code
	if s.Code == "first" {
		return builds.Build{Module: moduleOf(s.Code)}, nil
	}
	select {
	case <-b.may:
		return builds.Build{Module: moduleOf(s.Code)}, nil
	case <-ctx.Done():
		return builds.Build{}, ctx.Err()
	}
}

// TestAnAuthorsSlowBuildsDoNotDelayOtherAuthors fills what one author may have,
// with packages and without; another author's build begins all the same.
func TestAnAuthorsSlowBuildsDoNotDelayOtherAuthors(t *testing.T) {
	t.Parallel()
	for name, packages := range map[string][]string{"with packages": {"axios"}, "without": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _ := open(t)
			b := &slowBuilder{began: make(chan string, 10), may: make(chan struct{})}
			r.Builder = b
			background(t, r)
			var authors sync.WaitGroup
			post := func(author string, n int) {
				authors.Go(func() {
					ctx := host.WithActor(t.Context(), host.Actor{Kind: "key", ID: author})
					if _, _, err := r.CreateSourceAction(ctx, fmt.Sprint(author, n), trigger, code(fmt.Sprint(author, n), packages...), nil, false); err != nil {
						t.Error(err)
					}
				})
			}
			if _, _, err := r.CreateSourceAction(t.Context(), "first", trigger, code("first", "axios"), nil, false); err != nil {
				t.Fatal(err)
			}
			<-b.began // nothing is left of an earlier run: what comes now is its author's
			for n := range 5 {
				post("one", n)
			}
			for range 2 {
				if began := <-b.began; !strings.HasPrefix(began, "one") {
					t.Fatalf("%s began", began)
				}
			}
			post("other", 0)
			if began := <-b.began; began != "other0" {
				t.Errorf("%s began before the other author's", began)
			}
			close(b.may)
			for range 3 {
				<-b.began
			}
			authors.Wait()
		})
	}
}
