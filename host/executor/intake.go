package executor

import "time"

// intake decides whether new executions are taken into memory or stay in the store,
// and whether the store is to be asked for due ones. It has three states:
//
//	State     A new execution   Leaves the state when
//	overflow  stays in store    a claim gets fewer executions than it asked for, so the
//	                            store has no more: to recheck if a new one stayed in the
//	                            store during that claim, which may have missed it; else
//	                            to direct
//	recheck   is taken          a claim begins: to direct
//	direct    is taken          memory is full, or a claim fails or gets all that it
//	                            asked for: to overflow
//
// It begins in overflow, since nothing is known of the store yet. In overflow, new
// executions wait behind those that have overflowed: so the oldest run first, and a
// flood of new ones starves neither these nor retries. In recheck new ones are taken
// again although one more claim is needed: a moment without an overflow may never come
// under steady load.
//
// The caller guards it.
type intake struct {
	state     intakeState
	missed    bool      // a new execution stayed in the store since the last claim began
	due       time.Time // when something in the store is due next; zero: not known
	needsRoom bool      // a claim is due, and waits for room in memory
}

type intakeState int

const (
	overflow intakeState = iota
	recheck
	direct
)

// takesNew reports whether a new execution is taken into memory, if there is room.
func (i *intake) takesNew() bool { return i.state != overflow }

// refuse records that a new execution stays in the store, because of the state or for
// lack of room.
func (i *intake) refuse() { i.state, i.missed, i.needsRoom = overflow, true, true }

// wantsClaim reports whether the store has, or may have, something due.
func (i *intake) wantsClaim(now time.Time) bool {
	return i.state != direct || !i.due.IsZero() && !now.Before(i.due)
}

// beginClaim records that a claim is on its way.
func (i *intake) beginClaim() {
	if i.state == recheck {
		i.state = direct
	}
	i.missed, i.due = false, time.Time{}
}

// endClaim records the answer to a claim: as many executions as it asked for, or less.
func (i *intake) endClaim(all bool) {
	switch {
	case all:
		i.state = overflow
	case i.missed:
		i.state = recheck
	default:
		i.state = direct
	}
}

// failClaim records that a claim failed.
func (i *intake) failClaim() { i.state = overflow }

// dueAt records that something in the store is due at a time, and reports whether that is
// earlier than the known time.
func (i *intake) dueAt(at time.Time) bool {
	if !i.due.IsZero() && !at.Before(i.due) {
		return false
	}
	i.due = at
	return true
}
