package sqlite

import (
	"context"
	"strings"

	"github.com/usherhost/usher/host"
)

// Claim lends up to n executions that are due and in nobody's hands, those due
// longest first. Each has its Plan, and its Event without Body. The claim is
// durable, and raises the epoch: what an earlier holder records is refused.
// Once it is queued it is not given up when ctx ends.
func (db *DB) Claim(ctx context.Context, n int) ([]host.Execution, error) {
	if n <= 0 {
		return nil, nil
	}
	for {
		var claimed []host.Execution
		setAside := false
		err := db.change(ctx, func(tx *transaction) (err error) {
			claimed, setAside, err = tx.claim(n)
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

// claim lends up to n executions. Those on a damaged page are set aside until
// the next start, so that they do not stand in the others' way: then it
// returns true and an error, since SQLite writes nothing more in a transaction
// that has met damage, and is to be called again in another.
func (tx *transaction) claim(n int) (claimed []host.Execution, setAside bool, err error) {
	due, err := tx.due(n)
	if err != nil {
		return nil, false, err
	}
	rows := make([]executionRow, len(due))
	var damage error
	for i, seq := range due {
		rows[i], err = tx.row(seq)
		switch {
		case host.CodeOf(fault(err)) == host.Corrupt:
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
		if claimed[i], err = tx.lend(&rows[i]); err != nil {
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
		WHERE ended_at IS NULL AND lent = 0 AND next_at <= ?
		ORDER BY next_at, seq
		LIMIT ?`, micros(tx.now), int64(n+len(tx.writer.damaged)+len(tx.writer.suspects)))
	return due, err
}

func (tx *transaction) row(seq int64) (executionRow, error) {
	var x executionRow
	_, err := tx.queryOne(func(row []driverValue) error {
		x = scanExecution(row)
		return nil
	}, selectExecution+`
		WHERE x.seq = ?`, seq)
	return x, err
}

// lend marks x as lent under a new epoch.
func (tx *transaction) lend(x *executionRow) (host.Execution, error) {
	plan, err := tx.planOf(x.plan)
	if err != nil {
		return host.Execution{}, err
	}
	if _, err := tx.exec(`
		UPDATE execution SET lent = 1, epoch = epoch + 1
		WHERE seq = ?`, x.seq); err != nil {
		return host.Execution{}, err
	}
	if x.status == host.Retrying {
		tx.unended.retrying--
	}
	x.lent, x.epoch = 1, x.epoch+1
	tx.setLoan(x.id, loan{seq: x.seq, epoch: x.epoch})
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

// find returns the row of an execution.
func (tx *transaction) find(id string) (executionRow, error) {
	var x executionRow
	if !strings.HasPrefix(id, host.ExecutionPrefix) {
		return x, noExecution(id)
	}
	found, err := tx.queryOne(func(row []driverValue) error {
		x = scanExecution(row)
		return nil
	}, selectExecution+`
		WHERE x.seq = `+executionSeq, id, eventID(id))
	if err == nil && !found {
		err = noExecution(id)
	}
	return x, err
}

// handOver lends x to the borrower, when it has room, and leaves it due
// otherwise. Until the commit has it, nobody sees it.
type handOver struct {
	borrower Borrower
	lent     *host.Execution
}

// offer reserves room and lends x. The row is there already.
func (h *handOver) offer(tx *transaction, x *executionRow) error {
	h.borrower = tx.writer.borrower
	if h.borrower == nil || x.status.Final() || !h.borrower.Reserve() {
		return nil
	}
	h.lent = &host.Execution{} // the room is ours, whatever comes
	execution, err := tx.lend(x)
	if err != nil {
		return err
	}
	body, err := tx.body(x.event)
	if err != nil {
		return err
	}
	execution.Event.Body = body
	*h.lent = execution
	return nil
}

// settle hands the execution over, or gives the room back.
func (h *handOver) settle(err error) {
	switch {
	case h.lent == nil:
	case err != nil:
		h.borrower.Release()
	default:
		h.borrower.Lend(*h.lent)
	}
	h.lent = nil
}

func (tx *transaction) body(event int64) ([]byte, error) {
	var body []byte
	_, err := tx.queryOne(func(row []driverValue) error {
		body, _ = row[0].([]byte)
		return nil
	}, `SELECT body FROM payload WHERE event = ?`, event)
	return body, err
}
