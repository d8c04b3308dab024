package builds_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/hosttest"
)

// asked makes an action whose packages are not there yet, to be deployed, by
// a caller that does not wait for that.
func asked(t *testing.T, r *rig, name, text string) host.Action {
	t.Helper()
	ctx, hangUp := context.WithCancel(host.WithActor(t.Context(), host.Actor{Kind: "key", ID: "key_1", Name: "ada"}))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _, _ = r.CreateSourceAction(ctx, name, trigger, code(text, "axios"), nil, true) // canceled below
	}()
	poll(t, func() bool {
		_, err := r.store().Action(context.Background(), name)
		return err == nil
	})
	hangUp()
	<-ended
	a, err := r.Action(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// deployedCode waits until an action is deployed, and returns its code.
func deployedCode(t *testing.T, r *rig, action string) string {
	t.Helper()
	poll(t, func() bool {
		a, err := r.Action(t.Context(), action)
		return err == nil && a.Deployed != nil
	})
	a, err := r.Action(t.Context(), action)
	if err != nil || a.Deployed == nil {
		t.Fatalf("%+v, %v", a, err)
	}
	return a.Deployed.Source.Code
}

func TestWhatWasAskedForIsDeployedAlsoWhenItIsPatchedBefore(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		builds  bool // when the patch comes
		patch   []host.Dependency
		restart bool
	}{
		{name: "before it is built"},
		{name: "before it is built, and the host starts again", restart: true},
		{name: "while it is built", builds: true},
		{name: "while it is built, by what needs packages too", builds: true, patch: []host.Dependency{{Name: "axios", Version: "2.0.0"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := &builder{hold: make(chan struct{})}
			r := openBuilding(t, b)
			if tt.builds {
				background(t, r)
			}
			a := asked(t, r, "notify", "asked for")
			poll(t, func() bool { return !tt.builds || b.waiting.Load() == 1 })
			patch(t, r, a.ID, host.SourcePatch{Code: pointer("patched"), Dependencies: &tt.patch})
			close(b.hold)
			if tt.restart {
				r = newRig(r.store(), r.Registry, b)
			}
			if !tt.builds {
				background(t, r)
			}
			if got := deployedCode(t, r, a.ID); got != "asked for" {
				t.Errorf("deployed %q", got)
			}
			poll(t, func() bool { _, d := look(t, r, a.ID); return d.Status == host.BuildBuilt })
			a, d := look(t, r, a.ID)
			if d.Source.Code != "patched" || d.Revision != 2 || a.AllDeployed(d) {
				t.Errorf("draft %+v, deployed %+v", d, a.Deployed)
			}
		})
	}
}

func TestAPendingDeployIsDoneAfterARestartForItsActor(t *testing.T) {
	t.Parallel()
	first, db := open(t)
	first.Builder = &builder{hold: make(chan struct{})}
	a := asked(t, first, "notify", "one")
	second := newRig(db, first.Registry, &builder{})
	background(t, second)
	if got := deployedCode(t, second, a.ID); got != "one" {
		t.Errorf("deployed %q", got)
	}
	poll(t, func() bool {
		changes, err := db.Changes(t.Context(), host.ChangeQuery{Object: a.ID})
		return err == nil && changes[0].Verb == "action.deploy" && changes[0].Actor.Name == "ada"
	})
	if _, err := db.PendingDeploy(t.Context(), a.ID); host.CodeOf(err) != host.NotFound {
		t.Errorf("the pending deploy is still there: %v", err)
	}
}

func TestAPendingDeployIsGivenUp(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		code    string
		before  func(t *testing.T, r *rig, action string)
		deploys string // what is deployed in the end
	}{
		{name: "when it can't be built", code: "broken", before: func(*testing.T, *rig, string) {}},
		{name: "when it can't be built and was patched", code: "broken", before: func(t *testing.T, r *rig, action string) {
			patch(t, r, action, host.SourcePatch{Code: pointer("patched"), Dependencies: &[]host.Dependency{}})
		}},
		{name: "when something else was deployed", code: "one", deploys: "patched", before: func(t *testing.T, r *rig, action string) {
			patch(t, r, action, host.SourcePatch{Code: pointer("patched"), Dependencies: &[]host.Dependency{}})
			if _, err := r.DeployDraft(t.Context(), action, 0); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := openBuilding(t, &builder{})
			a := asked(t, r, "notify", tt.code)
			tt.before(t, r, a.ID)
			background(t, r)
			poll(t, func() bool {
				_, err := r.store().PendingDeploy(t.Context(), a.ID)
				return host.CodeOf(err) == host.NotFound
			})
			a, _ = look(t, r, a.ID)
			got := ""
			if a.Deployed != nil {
				got = a.Deployed.Source.Code
			}
			if got != tt.deploys {
				t.Errorf("deployed %q, want %q", got, tt.deploys)
			}
		})
	}
}

func TestADeployIsRefusedWhenTheDraftWasChangedMeanwhile(t *testing.T) {
	t.Parallel()
	b := &builder{hold: make(chan struct{})}
	r := openBuilding(t, b)
	background(t, r)
	draftAction(t, r, "notify", code("slow", "axios"), false)
	poll(t, func() bool { return b.waiting.Load() == 1 })
	_, err := r.DeployDraft(t.Context(), "notify", 7)
	hosttest.Refused(t, err, host.Conflict, nil, "revision 1, not 7")
	close(b.hold)
	patch(t, r, "notify", host.SourcePatch{Code: pointer("two")})
	_, err = r.DeployDraft(t.Context(), "notify", 1)
	hosttest.Refused(t, err, host.Conflict, nil, "revision 2, not 1")
	if v, err := r.DeployDraft(t.Context(), "notify", 2); err != nil || v.Source.Code != "two" {
		t.Errorf("deployed %+v, %v", v, err)
	}
}

// failing is a store whose disk is full as often as it should be.
type failing struct {
	host.RegistryStore
	drafts, releases atomic.Int64 // how many more are refused
}

func (f *failing) PutDraft(ctx context.Context, d host.Draft, wasm []byte) error {
	if f.drafts.Add(-1) >= 0 {
		return &host.Error{Code: host.Unavailable, Text: "the disk is full"}
	}
	return f.RegistryStore.PutDraft(ctx, d, wasm)
}

func (f *failing) Release(ctx context.Context, v host.Version, wasm []byte, draft *host.Draft) (host.Version, error) {
	if f.releases.Add(-1) >= 0 {
		return v, &host.Error{Code: host.Unavailable, Text: "the disk is full"}
	}
	return f.RegistryStore.Release(ctx, v, wasm, draft)
}

func TestABuildThatCouldNotBeKeptIsTriedAgain(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name             string
		packages         []string
		drafts, releases int64
	}{
		{name: "when the draft could not be marked", drafts: 1},
		{name: "in the background too", packages: []string{"axios"}, drafts: 1},
		{name: "when only the deploy could not be stored", releases: 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := openBuilding(t, &builder{})
			store := &failing{RegistryStore: r.store()}
			store.drafts.Store(tt.drafts)
			store.releases.Store(tt.releases)
			r = newRig(store, r.Registry, r.Builder)
			background(t, r)
			a, _, err := r.CreateSourceAction(t.Context(), "notify", trigger, code("one", tt.packages...), nil, true)
			if err != nil {
				t.Fatal(err)
			}
			if got := deployedCode(t, r, a.ID); got != "one" {
				t.Errorf("deployed %q", got)
			}
		})
	}
}

// stuck is a store with one pending draft that it never lets go on.
type stuck struct {
	host.RegistryStore
	tries *[]time.Duration
	began time.Time
}

func (stuck) Drafts(context.Context, ...host.BuildStatus) ([]host.Draft, error) {
	return []host.Draft{{ActionID: "act_1"}}, nil
}

func (stuck) PendingDeploys(context.Context) ([]host.PendingDeploy, error) { return nil, nil }

func (s stuck) Draft(context.Context, string) (host.Draft, error) {
	*s.tries = append(*s.tries, time.Since(s.began))
	return host.Draft{}, &host.Error{Code: host.Unavailable, Text: "the disk is full"}
}

func TestABuildIsTriedAgainMoreAndMoreSeldom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var tries []time.Duration
		r := newRig(stuck{tries: &tries, began: time.Now()}, nil, nil)
		ctx, stop := context.WithTimeout(t.Context(), 200*time.Second)
		defer stop()
		if err := r.Run(ctx); err != nil {
			t.Error(err)
		}
		var seconds []string
		for _, at := range tries {
			seconds = append(seconds, at.String())
		}
		if got := strings.Join(seconds, " "); got != "0s 1s 3s 7s 15s 31s 1m3s 2m3s 3m3s" {
			t.Errorf("tried after %s", got)
		}
	})
}
