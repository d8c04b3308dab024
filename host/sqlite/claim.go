package sqlite

import (
	"context"

	"github.com/usherhost/usher/host"
)

// Claim leases up to n executions that are due and not leased, those due
// longest first. Each has its Plan, and its Event without Body. The lease is
// durable, and raises the epoch: results of an earlier lease are refused.
// Once it is queued, the end of ctx does not cancel it.
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

// claim leases up to n executions. Those on a damaged page are set aside until
// the next start, so that they do not block the others: then it
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
	if _, err := tx.exec(`
		UPDATE execution SET leased = 1, epoch = epoch + 1
		WHERE seq = ?`, x.seq); err != nil {
		return host.Execution{}, err
	}
	if x.status == host.StatusRetrying {
		tx.unended.retrying--
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
