package builds

import (
	"context"

	"github.com/usherhost/usher/host"
)

// How a draft becomes what runs.
//
// Every change of a draft's source makes a new revision of it, which is to be
// built. A build takes from milliseconds to minutes (npm), so meanwhile the draft
// may change again, the host may stop, and its disk may be full. A client may also
// have asked, with the new action, to deploy the draft when it is built: that
// request is stored as the action's pending deploy, with the revision and the
// source that it is for, because the draft may have moved on by then.
//
// So there are two stored facts: the draft, with its status, and the pending
// deploy. Both are looked at from one revision, the one at hand, which is
// about to be built or has just been built:
//
//	the draft is            pending · building · built · failed, or newer than the revision at hand
//	the pending deploy is   none · this (for the revision at hand) · earlier (for one before it)
//
// Nothing else counts. [transitions] is the whole of it:
//
//	event          draft               pending deploy   → draft      then
//	─────────────  ──────────────────  ───────────────  ───────────  ─────────────────────────
//	source change  any, or none        any              → pending    queue the action
//	secret change  pending, building   any              → pending    queue the action
//	               built, failed       any              → (stays)    –
//	restore        any, or none        any              → built      –  (its version is deployed)
//
//	begin          pending, building   any              → building   build the revision
//	               built, failed       earlier          → (stays)    turn to the earlier one
//	               built               this             → (stays)    deploy
//	               failed              this             → (stays)    give up the deploy
//	               built, failed       none             → (stays)    –
//	               newer               this             → (stays)    build the revision
//	               newer               earlier          → (stays)    turn to the earlier one
//	               newer               none             → (stays)    –  (it was overtaken)
//
//	succeed        the one at hand     this             → built      deploy
//	               the one at hand     none, earlier    → built      –
//	               newer               this             → (stays)    deploy
//	               newer               none, earlier    → (stays)    –  (it was overtaken)
//	fail           the one at hand     this             → failed     give up the deploy
//	               the one at hand     none, earlier    → failed     –
//	               newer               this             → (stays)    give up the deploy
//	               newer               none, earlier    → (stays)    –
//
// Whatever deploys a version of the action ends its pending deploy in the same
// commit, and deleting the action ends both. A host that starts again begins every
// action that has a draft pending or building, or a pending deploy.
//
// Workers run in parallel, one for an action of the queue, others beside it for
// sources that need no packages. They share nothing but the store and the claims of
// the queue: who wants to build a revision claims it, looks again, and only then
// begins. [Builds.advance] is the only code that takes steps by the table, and
// only it, [Builds.revise] and [Builds.restored] set a draft's status. A write says of which
// revision it is, and the store refuses it with Conflict when the draft is newer;
// the step is then looked up again, in the column "newer".
type event int

// The events.
const (
	sourceChange event = iota
	secretChange
	restore
	begin
	succeed
	fail
)

// place is a set of places of a draft, as seen from the revision at hand.
type place int

// The places.
const (
	absent   place = 1 << iota
	pending        // it waits for its build
	building       // a build runs, or ran when the host stopped
	built
	failed
	newer // it has a later revision than the one at hand

	atHand = pending | building | built | failed
)

// deploy is a set of relations of a pending deploy to the revision at hand.
type deploy int

// The relations.
const (
	none    deploy = 1 << iota
	this           // it is for the revision at hand
	earlier        // it is for a revision before that

	whatever = none | this | earlier
)

// effect is what is to be done after a transition.
type effect int

// The effects.
const (
	nothing      effect = iota
	enqueue             // queue the action
	build               // build the revision at hand
	turn                // begin the pending deploy's revision
	deployIt            // deploy the revision at hand
	giveUpDeploy        // end the pending deploy: its revision can't be built
)

// stays is the status of a transition that leaves the draft as it is.
const stays host.BuildStatus = ""

// transition is a row of the table.
type transition struct {
	event  event
	draft  place
	deploy deploy
	to     host.BuildStatus
	effect effect
}

var transitions = []transition{
	{sourceChange, atHand | absent, whatever, host.BuildPending, enqueue},
	{secretChange, pending | building, whatever, host.BuildPending, enqueue},
	{secretChange, built | failed, whatever, stays, nothing},
	{restore, atHand | absent, whatever, host.BuildBuilt, nothing},

	{begin, pending | building, whatever, host.BuildBuilding, build},
	{begin, built | failed | newer, earlier, stays, turn},
	{begin, built | failed | newer, none, stays, nothing},
	{begin, built, this, stays, deployIt},
	{begin, failed, this, stays, giveUpDeploy},
	{begin, newer, this, stays, build},

	{succeed, atHand, this, host.BuildBuilt, deployIt},
	{succeed, atHand, none | earlier, host.BuildBuilt, nothing},
	{succeed, newer, this, stays, deployIt},
	{succeed, newer, none | earlier, stays, nothing},
	{fail, atHand, this, host.BuildFailed, giveUpDeploy},
	{fail, atHand, none | earlier, host.BuildFailed, nothing},
	{fail, newer, this, stays, giveUpDeploy},
	{fail, newer, none | earlier, stays, nothing},
}

// after returns the row of the table for an event; the zero row, which changes
// nothing, for what can't happen.
func after(e event, draft place, d deploy) transition {
	for _, t := range transitions {
		if t.event == e && t.draft&draft != 0 && t.deploy&d != 0 {
			return t
		}
	}
	return transition{}
}

// state is what the store holds of an action, seen from one revision.
type state struct {
	atHand  host.Draft // the revision at hand; without a source when only its number is known
	draft   place
	deploy  deploy
	pending host.PendingDeploy // zero with none
}

func (s state) after(e event) transition { return after(e, s.draft, s.deploy) }

// look reads the state of an action, seen from a revision; 0 is the draft's own.
func (b *Builds) look(ctx context.Context, actionID string, revision int64) (state, error) {
	d, err := b.Store.Draft(ctx, actionID)
	if err != nil {
		return state{}, err
	}
	s := state{atHand: d, draft: placeOf(d.Status), deploy: none}
	s.pending, err = b.Store.PendingDeploy(ctx, actionID)
	wanted := err == nil
	if err != nil && host.CodeOf(err) != host.NotFound {
		return state{}, err
	}
	if revision != 0 && revision != d.Revision {
		s.draft, s.atHand = newer, host.Draft{ActionID: actionID, Revision: revision}
	}
	switch {
	case !wanted:
	case s.pending.Revision == s.atHand.Revision:
		s.deploy, s.atHand.Source = this, s.pending.Source
	default:
		s.deploy = earlier
	}
	return s, nil
}

func placeOf(status host.BuildStatus) place {
	switch status {
	case host.BuildPending:
		return pending
	case host.BuildBuilding:
		return building
	case host.BuildBuilt:
		return built
	case host.BuildFailed:
		return failed
	default:
		return absent
	}
}
