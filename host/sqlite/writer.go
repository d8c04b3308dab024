package sqlite

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/usherhost/usher/host"
)

// Group commit:
//
//   - A caller makes an operation and sends it to the writer: events with [DB.Accept] to
//     the queue accepts, which refuses when it is full (the host is overloaded); all else
//     to the queue others, where the sender waits for room.
//   - The writer takes one operation, adds all that wait, up to a bound, and applies them
//     in one transaction, in order. While it commits, the next ones gather: the slower the
//     disk, the bigger the commits.
//   - An operation that answers with a [host.Error] has left nothing behind; the others
//     in its commit go on. The state of an execution that several results change is
//     written once, at the end.
//   - COMMIT returns when the disk has it. Then what the transaction changed in memory is
//     merged (leases, counts), and each operation is settled: its caller is answered, and
//     its executions are dispatched; see lease.go.
//   - When the commit fails because of the disk, results are kept and tried again after a
//     pause, since their actions have run; every other operation is refused. When it fails
//     for another reason, each operation is committed alone, so that one damaged page
//     fails only what belongs there.
//   - Close refuses new operations, commits the queued ones, and gives a failing disk some
//     time to take the kept results.

// operation is one caller's part of a group commit.
type operation interface {
	// apply writes. It may be called again when the commit failed. When it
	// returns a [host.Error] it has left nothing behind.
	apply(*transaction) error
	// settle is called once: with nil after the commit, or with the error for which
	// there was none.
	settle(error)
}

const (
	maxBatch = 512     // operations in one commit
	maxBytes = 4 << 20 // of records in one commit, from which on no other joins it: accepts need not wait long
	maxKept  = 8192    // records kept in memory while the disk fails, before Record waits

	firstBackoff = 20 * time.Millisecond
	lastBackoff  = time.Second
)

// writer owns the connection that writes. Its goroutine takes everything that
// waits, commits it at once and answers each sender: the slower the disk, the bigger
// the commits. Fields without a comment belong to that goroutine.
type writer struct {
	session    *session
	accepts    chan operation  // full: the host is overloaded
	others     chan operation  // full: the sender waits
	quit       chan struct{}   // closed when nothing is sent any more
	ended      chan struct{}   // closed when the goroutine has ended
	patience   time.Duration   // how long quitting tries to write kept records
	dispatcher host.Dispatcher // set before the first operation

	seq       int64 // the last event or execution
	resultSeq int64 // the last result
	clock     int64 // when the last commit began
	leases    map[string]lease
	plans     map[host.Trigger]*plan // what each trigger has now
	old       map[int64]*plan        // plans that claimed executions have
	decided   map[*host.Step]*plan   // plans that decisions had, by their first step
	changed   bool                   // the plans were forgotten since the last commit
	bound     boundPlans
	damaged   map[int64]bool // executions that can't be read, set aside
	suspects  map[int64]bool // executions that only Suspect leases
	stopped   bool           // the mark of the last Close is still there
	running   *running
	bytes     int64       // how big the file may grow, as the session knows it
	kept      []operation // records that a failing disk has not taken yet
	lost      int         // of those, how many were given up at the end
	backoff   time.Duration
	notices   chan struct{} // has one when notices were stored
	committed func(time.Duration)

	health  health
	unended unended
	held    held
	fields  atomic.Pointer[fieldSet] // by which executions are found; set by commits

	maxBytes   atomic.Int64 // how big the file may grow from the next commit on
	commits    atomic.Int64 // commits that wrote something
	operations atomic.Int64
	waiting    atomic.Int64               // len(kept)
	trouble    atomic.Pointer[host.Error] // why the last commit failed; nil when it did not
}

// run commits until quit is closed and the queues are empty.
func (w *writer) run() {
	defer close(w.ended)
	batch := make([]operation, 0, maxBatch)
	for {
		first, open := w.wait()
		if !open {
			w.finish()
			return
		}
		batch = append(batch[:0], w.kept...)
		w.keep(nil)
		if first != nil {
			batch = w.gather(append(batch, first))
		}
		w.commit(batch)
		clear(batch)
	}
}

// wait returns the next operation, nil when it is time to try the kept ones
// again, and false when it is time to end.
func (w *writer) wait() (operation, bool) {
	var again <-chan time.Time
	others := w.others
	if len(w.kept) > 0 {
		timer := time.NewTimer(w.backoff)
		defer timer.Stop()
		again = timer.C
		if len(w.kept) >= maxKept {
			others = nil
		}
	}
	select {
	case op := <-w.accepts:
		return op, true
	case op := <-others:
		return op, true
	case <-again:
		return nil, true
	case <-w.quit:
		return nil, false
	}
}

// gather adds what waits, without waiting itself.
func (w *writer) gather(batch []operation) []operation {
	bytes := 0
	for _, op := range batch {
		bytes += bytesOf(op)
	}
	for limit := len(batch) - 1 + maxBatch; len(batch) < limit; {
		others := w.others
		if bytes >= maxBytes {
			others = nil
		}
		select {
		case op := <-w.accepts:
			batch = append(batch, op)
		case op := <-others:
			batch, bytes = append(batch, op), bytes+bytesOf(op)
		default:
			return batch
		}
	}
	return batch
}

// bytesOf is how much an operation writes, as far as a guest decides it.
func bytesOf(op operation) int {
	switch r := op.(type) {
	case *record:
		return len(r.body) + len(r.Tape)
	case *decided:
		return r.bytes
	}
	return 0
}

// commit makes the batch durable and settles each operation. An operation that makes
// the commit fail for all is found by committing one by one.
func (w *writer) commit(batch []operation) {
	errs := make([]error, len(batch))
	err := w.try(batch, errs)
	switch {
	case err == nil:
		w.recovered()
	case isTransient(err):
		w.refuse(batch, err)
		return
	case len(batch) == 1:
		errs[0] = err
	default:
		batch, errs = w.oneByOne(batch)
	}
	w.recordHealth(batch, errs)
	for i, op := range batch {
		op.settle(hostError(errs[i]))
	}
}

// oneByOne commits each operation for itself. It returns those that are to be
// settled: when the disk begins to fail, the rest is refused.
func (w *writer) oneByOne(batch []operation) ([]operation, []error) {
	errs := make([]error, len(batch))
	for i := range batch {
		err := w.try(batch[i:i+1], errs[i:i+1])
		if isTransient(err) {
			w.refuse(batch[i:], err)
			return batch[:i], errs[:i]
		}
		if err != nil {
			errs[i] = err
		}
	}
	return batch, errs
}

// try runs the batch in one transaction. errs gets the refusals of single
// operations; an error means that nothing was committed.
func (w *writer) try(batch []operation, errs []error) error {
	tx := &transaction{session: w.session, writer: w, now: time.Now().UTC()}
	if n := w.maxBytes.Load(); n != w.bytes {
		if err := w.session.limit(n); err != nil {
			return err
		}
		w.bytes = n
	}
	began := time.Now()
	if _, err := tx.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := tx.recordClockStep()
	if err == nil {
		err = tx.forgetStop()
	}
	if err == nil {
		err = tx.apply(batch, errs)
	}
	if err == nil {
		_, err = tx.exec("COMMIT")
	}
	if err != nil {
		_, _ = tx.exec("ROLLBACK") // fails when SQLite has rolled back already
		w.forgetPlans()
		return err
	}
	if w.committed != nil {
		w.committed(time.Since(began))
	}
	tx.merge()
	if w.changed {
		w.changed = false
		w.bound.forget()
	}
	w.clock = micros(tx.now)
	w.commits.Add(1)
	w.operations.Add(int64(len(batch)))
	return nil
}

// forgetPlans drops the plans in memory: the registry changed, or stored plans were
// rolled back.
func (w *writer) forgetPlans() {
	clear(w.plans)
	clear(w.old)
	clear(w.decided)
	w.changed = true
}

// refuse answers a batch that the disk did not take: results are kept, all other
// operations get the error.
func (w *writer) refuse(batch []operation, err error) {
	answer, ok := errors.AsType[*host.Error](hostError(err))
	if !ok {
		answer = &host.Error{Code: host.Unavailable, Text: "the database can't be written", Err: err}
	}
	w.trouble.Store(answer)
	w.health.record(answer)
	w.backoff = min(max(w.backoff*2, firstBackoff), lastBackoff)
	var kept []operation
	for _, op := range batch {
		switch op.(type) {
		case *record, *decided:
			kept = append(kept, op)
		default:
			op.settle(answer)
		}
	}
	w.keep(kept)
}

func (w *writer) keep(records []operation) {
	w.kept = records
	w.waiting.Store(int64(len(records)))
}

func (w *writer) recovered() {
	w.backoff = 0
	if w.trouble.Load() != nil {
		w.trouble.Store(nil)
	}
}

// finish commits what still waits, and gives the disk some time to take the
// kept records.
func (w *writer) finish() {
	deadline := time.Now().Add(w.patience)
	for {
		batch := append([]operation{}, w.kept...)
		w.keep(nil)
		batch = w.gather(batch)
		if len(batch) == 0 {
			return
		}
		w.commit(batch)
		if len(w.kept) == 0 {
			continue
		}
		if time.Now().After(deadline) {
			w.giveUp()
			return
		}
		time.Sleep(w.backoff)
	}
}

// giveUp settles what could not be written. Those steps run again after the
// next start.
func (w *writer) giveUp() {
	w.lost = len(w.kept)
	for _, op := range w.kept {
		op.settle(w.trouble.Load())
	}
	w.keep(nil)
}

// send queues op for the next commit. It waits for room, until ctx ends or the
// database closes.
func (db *DB) send(ctx context.Context, op operation) error {
	db.sending.RLock()
	defer db.sending.RUnlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-db.closing:
		return closed()
	default:
	}
	select {
	case db.writer.others <- op:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-db.closing:
		return closed()
	}
}

// offer queues op when there is room at once.
func (db *DB) offer(op operation) error {
	db.sending.RLock()
	defer db.sending.RUnlock()
	select {
	case <-db.closing:
		return closed()
	default:
	}
	select {
	case db.writer.accepts <- op:
		return nil
	default:
		return &host.Error{
			Code: host.Overloaded, Text: "too many events wait for the disk",
			Hint: "send it again after a second", RetryAfter: time.Second,
		}
	}
}

// change is an operation that is not hot: it runs in a savepoint, so that it
// may fail half way.
type change struct {
	do   func(*transaction) error
	then func(error) // called by the writer when the change is settled; may be nil
	done chan error
}

// change runs do in the group commit and returns after it. do may run more
// than once. ctx ends only the wait for a place in the queue: once queued, the
// outcome is awaited.
func (db *DB) change(ctx context.Context, do func(*transaction) error) error {
	return db.changeThen(ctx, do, nil)
}

func (db *DB) changeThen(ctx context.Context, do func(*transaction) error, then func(error)) error {
	c := &change{do: do, then: then, done: make(chan error, 1)}
	if err := db.send(ctx, c); err != nil {
		return err
	}
	return <-c.done
}

func (c *change) apply(tx *transaction) error {
	if err := tx.flush(); err != nil {
		return err
	}
	return tx.savepoint(func() error { return c.do(tx) })
}

func (c *change) settle(err error) {
	if c.then != nil {
		c.then(err)
	}
	c.done <- err
}
