package sqlite

import (
	"maps"
	"time"
)

// transaction is one group commit in the making. What it means for the
// writer's memory is merged only when the disk has it.
type transaction struct {
	*session
	writer *writer
	now    time.Time

	leases map[string]lease // changed leases; the zero lease: ended
	states []*record        // the newest state of each execution that was recorded, not yet written
	places map[int64]int    // where in states an execution's is, by seq
	after  []func()         // run after the commit

	notices []topicNotices // to be written
	topics  map[string]int // where in notices a topic's are
	fields  *fieldSet      // what is searchable from here on; nil: what the writer has

	unended unendedChange
	held    map[string]int64 // changes of how many are held back, by key
}

// lease is a worker's right to run an execution.
type lease struct {
	seq   int64
	epoch int64
}

func (tx *transaction) apply(batch []operation, errs []error) error {
	for i, op := range batch {
		errs[i] = op.apply(tx)
		if errs[i] != nil && !refused(errs[i]) {
			return errs[i]
		}
	}
	return tx.flush()
}

// merge makes the committed changes those of the writer.
func (tx *transaction) merge() {
	for id, l := range tx.leases {
		if l == (lease{}) {
			delete(tx.writer.leases, id)
		} else {
			tx.writer.leases[id] = l
		}
	}
	tx.writer.unended.add(tx.unended)
	tx.writer.held.add(tx.held)
	for _, do := range tx.after {
		do()
	}
}

// leaseOf returns the lease of an execution, the zero lease when there is none.
func (tx *transaction) leaseOf(id string) lease {
	if l, ok := tx.leases[id]; ok {
		return l
	}
	return tx.writer.leases[id]
}

func (tx *transaction) setLease(id string, l lease) {
	if tx.leases == nil {
		tx.leases = map[string]lease{}
	}
	tx.leases[id] = l
}

// savepoint runs do and undoes all that it wrote when it fails.
func (tx *transaction) savepoint(do func() error) error {
	if _, err := tx.exec("SAVEPOINT operation"); err != nil {
		return err
	}
	before, held := tx.unended, maps.Clone(tx.held)
	err := do()
	if err == nil {
		_, err = tx.exec("RELEASE operation")
		return err
	}
	if !refused(err) {
		return err // the whole transaction is rolled back
	}
	tx.writer.forgetPlans()
	tx.unended, tx.held = before, held
	_, undo := tx.exec("ROLLBACK TO operation")
	if undo == nil {
		_, undo = tx.exec("RELEASE operation")
	}
	if undo != nil {
		return undo
	}
	return err
}

// nextSeq numbers an event and its execution, or a rerun. Gaps are no harm.
func (tx *transaction) nextSeq() int64 {
	tx.writer.seq++
	return tx.writer.seq
}

// flush writes the newest state of each recorded execution: one update,
// however many results came for it; and the notices that came with them.
func (tx *transaction) flush() error {
	for _, r := range tx.states {
		if err := r.update(tx); err != nil {
			return err
		}
	}
	tx.states = tx.states[:0]
	clear(tx.places)
	return tx.flushNotices()
}

// setState keeps r as the newest state of the execution.
func (tx *transaction) setState(seq int64, r *record) {
	if i, ok := tx.places[seq]; ok {
		tx.states[i] = r
		return
	}
	if tx.places == nil {
		tx.places = map[int64]int{}
	}
	tx.places[seq] = len(tx.states)
	tx.states = append(tx.states, r)
}

// micros is how times are stored; zero is 0.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}
