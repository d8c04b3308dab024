package sqlite

import "github.com/usherhost/usher/host"

// How an execution gets to a worker:
//
//  1. An operation that makes an execution due (an accept, a retry, a replay) is
//     applied in the writer's transaction. It asks the [Dispatcher] for room with
//     Reserve. With room, the row is stored as leased, so that [DB.Claim] never
//     returns it; without, it is stored as due and waits for a claim.
//  2. The transaction commits. The caller of the operation is answered.
//  3. The writer calls Dispatch for each reserved execution. The executor starts
//     it at once or queues it in memory.
//  4. Each result comes back through [DB.Record] and is stored under the lease's
//     epoch. A final or retrying outcome ends the lease.
//
// When the commit fails, or the transaction is tried again, every reserved room is
// given back with Release before anything else happens: no execution is dispatched
// that the disk does not have. After a crash, Open makes leased rows due again.
//
// The other end is in package executor, at the head of backlog.go.

// Dispatcher receives new executions as soon as they are committed, without
// polling. Its methods are called from the writer's goroutine and must not block.
type Dispatcher interface {
	Reserve() bool           // asks for room for one execution, before the commit
	Dispatch(host.Execution) // takes the execution, after the commit; its Plan is shared and must not be changed
	Release()                // gives the room back: there was no commit
}

// SetDispatcher sets the receiver of new executions; with nil each waits for
// [DB.Claim]. Call it before the first Accept.
func (db *DB) SetDispatcher(d Dispatcher) { db.writer.dispatcher = d }

// dispatch is one operation's part of the protocol: the room that it reserved, and
// the executions that are dispatched after the commit.
type dispatch struct {
	to         Dispatcher // nil: each execution waits for a claim
	reserved   int
	executions []host.Execution
}

// begin starts a try of the operation. What an earlier try reserved is given back.
func (d *dispatch) begin(to Dispatcher) {
	d.reset()
	d.to = to
}

// reset gives all room back and forgets the executions.
func (d *dispatch) reset() {
	for range d.reserved {
		d.to.Release()
	}
	d.reserved, d.executions = 0, nil
}

// reserve asks for room for one more execution.
func (d *dispatch) reserve() bool {
	if d.to == nil || !d.to.Reserve() {
		return false
	}
	d.reserved++
	return true
}

// add takes an execution, for which there is room and which is stored as leased.
func (d *dispatch) add(x host.Execution) { d.executions = append(d.executions, x) }

// offer leases x, which is stored already, if there is room, and reports whether
// there was. Without room it stays due.
func (d *dispatch) offer(tx *transaction, x *executionRow) (room bool, err error) {
	if x.status.Final() {
		return true, nil
	}
	if !d.reserve() {
		return false, nil
	}
	execution, err := tx.leaseRow(x)
	if err != nil {
		return true, err
	}
	if execution.Event.Body, err = tx.body(x.event); err != nil {
		return true, err
	}
	d.add(execution)
	return true, nil
}

// end dispatches after the commit, or gives the room back when there was none.
func (d *dispatch) end(err error) {
	if err != nil {
		d.reset()
		return
	}
	for _, x := range d.executions {
		d.to.Dispatch(x)
	}
}

func (tx *transaction) body(event int64) ([]byte, error) {
	var body []byte
	_, err := tx.queryOne(func(row []driverValue) error {
		body, _ = row[0].([]byte)
		return nil
	}, `SELECT body FROM payload WHERE event = ?`, event)
	return body, err
}
