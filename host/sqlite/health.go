package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/usherhost/usher/host"
)

// How long the result of the last commit is valid before Health probes again: a host
// that stores events is never probed, any other commits once in a while.
const (
	healthyFor   = 2 * time.Second
	unhealthyFor = time.Second
	probeWait    = 3 * time.Second // how long Health waits for the disk
)

// health is the latest knowledge of the store's commits: when one stored an event, or
// the error since then.
type health struct {
	mu    sync.Mutex // guards all below
	at    time.Time  // zero: not known
	err   error
	probe chan struct{} // closed when the probe on its way has ended; nil: there is none
}

// record keeps how a commit ended. After a failure only a probe shows that the store
// works again, since an event may be stored where a result cannot be: the next call of
// Health probes.
func (h *health) record(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err == nil && h.err != nil {
		h.at = time.Time{}
		return
	}
	h.at, h.err = time.Now(), err
}

// known reports whether the knowledge is still valid. The caller holds mu.
func (h *health) known() bool {
	age := healthyFor
	if h.err != nil {
		age = unhealthyFor
	}
	return !h.at.IsZero() && time.Since(h.at) < age
}

// Health returns nil when an event would be stored now, and the error otherwise. It
// relies on the last event that was stored; when that is some time ago, or a commit has
// failed, it commits a small record, and stores an event and a result and undoes that.
// It waits at most 3 seconds, and probes the disk once a second at most, however often
// it is called; after a failure also once for each event that was stored since.
func (db *DB) Health(ctx context.Context) error {
	for _, file := range []openFile{db.file, db.log} {
		if err := file.same(); err != nil {
			return err
		}
	}
	done, err := db.startProbe()
	if done == nil {
		return err
	}
	h := &db.writer.health
	timer := time.NewTimer(probeWait)
	defer timer.Stop()
	select {
	case <-done:
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.err
	case <-ctx.Done():
	case <-timer.C:
	}
	return unavailable("the disk has not taken a commit for "+probeWait.String(), "check the disk with the data directory", nil)
}

// startProbe returns the known health of the store, or the end of the probe to wait
// for, which it starts when none is on its way.
func (db *DB) startProbe() (<-chan struct{}, error) {
	db.sending.RLock() // Close waits for the probe
	defer db.sending.RUnlock()
	select {
	case <-db.closing:
		return nil, closed()
	default:
	}
	h := &db.writer.health
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.known() {
		return nil, h.err
	}
	if h.probe == nil {
		h.probe = make(chan struct{})
		db.background.Go(func() { db.runProbe(h) })
	}
	return h.probe, nil
}

func (db *DB) runProbe(h *health) {
	p := &probe{done: make(chan error, 1)}
	err := db.send(context.Background(), p)
	if err == nil {
		err = <-p.done
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at, h.err = time.Now(), err
	close(h.probe)
	h.probe = nil
}

// openFile is a file of the database, as it was when it was opened.
type openFile struct {
	path string
	info os.FileInfo
}

func statOpen(path string) (openFile, error) {
	info, err := os.Stat(path)
	return openFile{path, info}, hostError(err)
}

// statLog returns the write-ahead log of the open database at path. It is beside
// the file that a link leads to.
func statLog(path string) (openFile, error) {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return openFile{}, hostError(err)
	}
	return statOpen(path + "-wal")
}

// same checks that the file is still the one that was opened: what is
// committed to one that was deleted or replaced is lost.
func (f openFile) same() error {
	info, err := os.Stat(f.path)
	if err == nil && os.SameFile(info, f.info) {
		return nil
	}
	return unavailable("the database file "+f.path+" was deleted or replaced while the host has it open",
		"stop the host, put the file back or restore a backup, and start the host again", err)
}

// probe is an operation that stores an event and a result and undoes that, and
// commits a small record.
type probe struct {
	done chan error
}

const probedAt = "probed_at" // in meta, when a probe was last committed

func (p *probe) apply(tx *transaction) error {
	if err := tx.flush(); err != nil {
		return err
	}
	if err := tx.rehearse(); err != nil {
		return err
	}
	_, err := tx.exec(`INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)`, probedAt, micros(tx.now))
	return err
}

func (p *probe) settle(err error) { p.done <- err }

// errRehearsed ends a rehearsal that went well: its savepoint undoes it all.
var errRehearsed = &host.Error{Code: host.Internal, Text: "rehearsed"}

// rehearse stores an event and a result with its tape, and undoes it.
func (tx *transaction) rehearse() error {
	a, err := newAcceptance([]host.NewEvent{{
		Event: host.Event{Trigger: host.PostUserRegistration, Body: []byte("{}")}, Key: host.NewID(host.EventPrefix),
	}}, tx.searchable())
	if err != nil {
		return err
	}
	err = tx.savepoint(func() error {
		err := a.insert(tx, 0) // no dispatcher: no worker gets it
		if err == nil {
			err = tx.rehearseResult()
		}
		if err == nil {
			err = errRehearsed
		}
		return err
	})
	if errors.Is(err, errRehearsed) {
		return nil
	}
	return err
}

func (tx *transaction) rehearseResult() error {
	if err := tx.insertErrorWords(tx.writer.seq, "rehearsal"); err != nil {
		return err
	}
	seq := tx.writer.resultSeq + 1
	_, err := tx.exec(`
		INSERT INTO result (seq, execution, step, attempt, action_id, body)
		VALUES (?, ?, 0, 1, '', x'')`, seq, tx.writer.seq)
	if err == nil {
		_, err = tx.exec(`INSERT INTO tape (result, body) VALUES (?, x'')`, seq)
	}
	return err
}

// recordHealth records that a batch stored an event, or that the database failed at an
// operation of it.
func (w *writer) recordHealth(batch []operation, errs []error) {
	stored := false
	for i, op := range batch {
		a, accepts := op.(*acceptance)
		switch {
		case errs[i] == nil:
			stored = stored || accepts && a.stored
		case accepts && broken(errs[i]) || !refused(errs[i]):
			w.health.record(hostError(errs[i]))
			return
		}
	}
	if stored {
		w.health.record(nil)
	}
}

// broken reports whether err is a failure of the host, not an answer to the request.
func broken(err error) bool {
	switch host.CodeOf(hostError(err)) {
	case host.Corrupt, host.Internal, host.Unavailable:
		return true
	}
	return false
}
