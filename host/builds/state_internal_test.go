package builds

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/usherhost/usher/host"
)

// memory is a store of one action, and the registry that deploys it.
type memory struct {
	Registry
	Store

	draft    host.Draft
	pending  *host.PendingDeploy
	deployed int64 // the revision that was deployed
	built    int64 // the revision whose source was built last
	broken   bool  // what can't be built
	overtake bool  // a newer draft comes while one is built
}

func (m *memory) Draft(context.Context, string) (host.Draft, error) { return m.draft, nil }

func (m *memory) PutDraft(_ context.Context, d host.Draft, _ []byte) error {
	if d.Revision < m.draft.Revision {
		return &host.Error{Code: host.Conflict}
	}
	m.draft = d
	return nil
}

func (m *memory) PendingDeploy(context.Context, string) (host.PendingDeploy, error) {
	if m.pending == nil {
		return host.PendingDeploy{}, &host.Error{Code: host.NotFound}
	}
	return *m.pending, nil
}

func (m *memory) DropPendingDeploy(context.Context, string, int64) error {
	m.pending = nil
	return nil
}

func (m *memory) Action(context.Context, string) (host.Action, error) { return host.Action{}, nil }

func (m *memory) SharedSources(context.Context, host.Source) (map[string]host.Source, error) {
	return nil, nil
}

func (m *memory) CheckModule(context.Context, host.Action, []byte) (host.Inspection, error) {
	return host.Inspection{Digest: "sha256:made"}, nil
}

func (m *memory) Release(
	ctx context.Context, _ string, choose func(context.Context, host.Action) (*host.Release, error),
) (host.Version, error) {
	made, err := choose(ctx, host.Action{})
	if err == nil && made != nil {
		m.deployed, m.pending = made.Version.Revision, nil
	}
	return host.Version{}, err
}

func (m *memory) Build(_ context.Context, _ string, s host.Source, _ map[string]host.Source) (Build, error) {
	_, _ = fmt.Sscan(s.Code, &m.built)
	if m.overtake {
		m.draft = host.Draft{ActionID: "act_1", Revision: m.draft.Revision + 1, Status: host.BuildPending}
	}
	if m.broken {
		return Build{}, errors.New("broken")
	}
	return Build{Module: []byte("made")}, nil
}

// TestTransitions takes every row of the table that a worker takes, in a store.
// Revision 2 is the draft's, 1 an earlier one, 3 the one that overtakes it.
func TestTransitions(t *testing.T) {
	t.Parallel()
	const pending, building, built, failed = host.BuildPending, host.BuildBuilding, host.BuildBuilt, host.BuildFailed
	for _, tt := range []struct {
		name             string
		draft            host.BuildStatus
		pending          int64 // the revision to be deployed; 0 is none
		hand             int64 // the revision at hand; 0 is the draft's
		broken, overtake bool

		after    host.BuildStatus
		left     bool // the pending deploy is still there
		built    int64
		deployed int64
		turns    int64
	}{
		{name: "a pending draft is built", draft: pending, after: built, built: 2},
		{name: "a draft that was building is built again", draft: building, after: built, built: 2},
		{name: "a pending draft is built and deployed", draft: pending, pending: 2, after: built, built: 2, deployed: 2},
		{name: "a pending draft is built before the earlier deploy", draft: pending, pending: 1, after: built, left: true, built: 2, turns: 1},
		{name: "a pending draft fails", draft: pending, broken: true, after: failed, built: 2},
		{name: "a pending draft fails and is not deployed", draft: pending, pending: 2, broken: true, after: failed, built: 2},
		{name: "a pending draft fails before the earlier deploy", draft: pending, pending: 1, broken: true, after: failed, left: true, built: 2, turns: 1},
		{name: "a built draft needs nothing", draft: built, after: built},
		{name: "a built draft is deployed", draft: built, pending: 2, after: built, deployed: 2},
		{name: "a built draft turns to the earlier deploy", draft: built, pending: 1, after: built, left: true, turns: 1},
		{name: "a failed draft needs nothing", draft: failed, after: failed},
		{name: "a failed draft ends its deploy", draft: failed, pending: 2, after: failed},
		{name: "a failed draft turns to the earlier deploy", draft: failed, pending: 1, after: failed, left: true, turns: 1},
		{name: "an earlier revision without a deploy is dropped", draft: pending, hand: 1, after: pending},
		{name: "an earlier revision is built and deployed", draft: built, pending: 1, hand: 1, after: built, built: 1, deployed: 1},
		{name: "an earlier revision that fails ends its deploy", draft: built, pending: 1, hand: 1, broken: true, after: built, built: 1},
		{name: "a build that was overtaken is dropped", draft: pending, overtake: true, after: pending, built: 2},
		{name: "a build that was overtaken is deployed", draft: pending, pending: 2, overtake: true, after: pending, built: 2, deployed: 2},
		{name: "a build that was overtaken turns to the earlier deploy", draft: pending, pending: 1, overtake: true, after: pending, left: true, built: 2, turns: 1},
		{name: "a build that was overtaken and fails is dropped", draft: pending, broken: true, overtake: true, after: pending, built: 2},
		{name: "a build that was overtaken and fails ends its deploy", draft: pending, pending: 2, broken: true, overtake: true, after: pending, built: 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := &memory{broken: tt.broken, overtake: tt.overtake}
			m.draft = host.Draft{ActionID: "act_1", Revision: 2, Status: tt.draft, Source: host.Source{Code: "2"}}
			if tt.pending != 0 {
				m.pending = &host.PendingDeploy{ActionID: "act_1", Revision: tt.pending, Source: host.Source{Code: fmt.Sprint(tt.pending)}}
			}
			turns, err := (&Builds{Store: m, Registry: m, Builder: m}).advance(t.Context(), "act_1", tt.hand)
			if err != nil && host.CodeOf(err) != host.NotFound {
				t.Fatal(err)
			}
			if m.draft.Status != tt.after || (m.pending != nil) != tt.left || m.built != tt.built || m.deployed != tt.deployed || turns != tt.turns {
				t.Errorf("draft %s, pending deploy %v, built %d, deployed %d, turns to %d", m.draft.Status, m.pending, m.built, m.deployed, turns)
			}
		})
	}
}

func TestChangesOfADraftSetItsStatus(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		event event
		draft place
		to    host.BuildStatus
	}{
		{sourceChange, absent, host.BuildPending},
		{sourceChange, built, host.BuildPending},
		{secretChange, pending, host.BuildPending},
		{secretChange, building, host.BuildPending},
		{secretChange, built, stays},
		{secretChange, failed, stays},
		{restore, absent, host.BuildBuilt},
		{restore, failed, host.BuildBuilt},
	} {
		if to := after(tt.event, tt.draft, none).to; to != tt.to {
			t.Errorf("event %d in %d leads to %q, want %q", tt.event, tt.draft, to, tt.to)
		}
	}
}
