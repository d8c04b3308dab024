package sqlite

import (
	"context"

	"github.com/usherhost/usher/host"
)

// How an execution gets to a worker:
//
//  1. An operation that makes an execution due (an accept, a retry, a rerun) is
//     applied in the writer's transaction. It asks the [host.Dispatcher] for room with
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

// SetDispatcher sets the receiver of new executions; with nil each waits for
// [DB.Claim]. Call it before the first Accept.
func (db *DB) SetDispatcher(d host.Dispatcher) { db.writer.dispatcher = d }

// dispatch is one operation's part of the protocol: the room that it reserved, and
// the executions that are dispatched after the commit.
type dispatch struct {
	to         host.Dispatcher // nil: each execution waits for a claim
	reserved   int
	executions []host.Execution
}

// begin starts a try of the operation. What an earlier try reserved is given back.
func (d *dispatch) begin(to host.Dispatcher) {
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

// Claim leases up to n executions that are due and not leased, those due
// longest first. Each has its Plan, and its Event without Body. The lease is
// durable, and raises the epoch: results of an earlier lease are refused.
// Once it is queued, the end of ctx does not cancel it.
func (db *DB) Claim(ctx context.Context, n int) ([]host.Execution, error) {
	return db.claimAll(ctx, n, func(tx *transaction) ([]int64, error) { return tx.due(n) })
}

// claimAll leases up to n executions that find finds.
func (db *DB) claimAll(ctx context.Context, n int, find func(*transaction) ([]int64, error)) ([]host.Execution, error) {
	if n <= 0 {
		return nil, nil
	}
	for {
		var claimed []host.Execution
		setAside := false
		err := db.change(ctx, func(tx *transaction) (err error) {
			claimed, setAside, err = tx.claim(find)
			return err
		})
		if err == nil {
			return claimed, nil
		}
		if !setAside {
			return nil, err
		}
	}
}

// claim leases the executions that find finds. Those on a damaged page are set aside until
// the next start, so that they do not block the others: then it
// returns true and an error, since SQLite writes nothing more in a transaction
// that has met damage, and is to be called again in another.
func (tx *transaction) claim(find func(*transaction) ([]int64, error)) (claimed []host.Execution, setAside bool, err error) {
	due, err := find(tx)
	if err != nil {
		return nil, false, err
	}
	rows := make([]executionRow, len(due))
	var damage error
	for i, seq := range due {
		rows[i], err = tx.row(seq)
		switch {
		case host.CodeOf(hostError(err)) == host.Corrupt:
			tx.writer.damaged[seq], damage = true, err
		case err != nil:
			return nil, false, err
		}
	}
	if damage != nil {
		return nil, true, damage
	}
	claimed = make([]host.Execution, len(rows))
	for i := range rows {
		if claimed[i], err = tx.leaseRow(&rows[i]); err != nil {
			return nil, false, err
		}
	}
	return claimed, false, nil
}

// due returns up to n executions that may be claimed.
func (tx *transaction) due(n int) ([]int64, error) {
	var due []int64
	err := tx.query(func(row []driverValue) error {
		if seq := integer(row[0]); !tx.writer.damaged[seq] && !tx.writer.suspects[seq] && len(due) < n {
			due = append(due, seq)
		}
		return nil
	}, `
		SELECT seq FROM execution
		WHERE ended_at IS NULL AND leased = 0 AND next_at <= ?
		ORDER BY next_at, seq
		LIMIT ?`, micros(tx.now), int64(n+len(tx.writer.damaged)+len(tx.writer.suspects)))
	return due, err
}

func (tx *transaction) row(seq int64) (executionRow, error) {
	var x executionRow
	_, err := tx.queryOne(func(row []driverValue) error {
		x = readExecution(row)
		return nil
	}, selectExecution+`
		WHERE x.seq = ?`, seq)
	return x, err
}

// leaseRow marks x as leased under a new epoch.
func (tx *transaction) leaseRow(x *executionRow) (host.Execution, error) {
	plan, err := tx.planOf(x.plan)
	if err != nil {
		return host.Execution{}, err
	}
	if x.held != "" {
		if err := tx.endHold(x); err != nil {
			return host.Execution{}, err
		}
	} else if x.status == host.StatusRetrying {
		tx.unended.retrying--
	}
	if _, err := tx.exec(`
		UPDATE execution SET leased = 1, epoch = epoch + 1
		WHERE seq = ?`, x.seq); err != nil {
		return host.Execution{}, err
	}
	x.leased, x.epoch = 1, x.epoch+1
	tx.setLease(x.id, lease{seq: x.seq, epoch: x.epoch})
	return x.execution(x.metadata(), plan.steps), nil
}

// planOf returns a stored plan, mostly one that a trigger has now.
func (tx *transaction) planOf(number int64) (*plan, error) {
	for _, p := range tx.writer.plans {
		if p.number == number {
			return p, nil
		}
	}
	if p, ok := tx.writer.old[number]; ok {
		return p, nil
	}
	p, err := tx.planByNumber(number)
	if err != nil {
		return nil, err
	}
	if len(tx.writer.old) >= maxCachedPlans {
		clear(tx.writer.old)
	}
	tx.writer.old[number] = p
	return p, nil
}
