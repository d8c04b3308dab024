package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/usherhost/usher/host"
)

// An execution that ends the host would end it again after every start. So what
// ran when the host ended without stopping is a suspect: the table suspect has
// it until it has run to its end.
//
//   - Close leaves a mark in the table meta. Where Open finds it, nothing ran
//     when the host stopped, and there is no new suspect. The first commit takes
//     it away: so the mark costs no commit of its own, and no worker has an
//     execution while it is there.
//   - Without it, the executions that the file [RunningName] names become
//     suspects, if they were in the former process's hands: some dozens, not all
//     that waited in its memory.
//   - Suspects are leased one at a time by [DB.Suspect], and not by Claim. Before
//     each step [DB.Mark] records it durably; the mark goes with the step's result,
//     in the same commit.
//   - When the host ends again, the one with a mark is the one that ran. It is
//     guilty if nothing else can have ended the host: the process had run nothing
//     but suspects, and had accepted no event. Else an operator may have killed the
//     host, or something new may have ended it; then the suspect is leased first
//     after the next start, to run with nothing beside it, and is guilty if the
//     host ends once more before anything else ran.
//   - A guilty one is leased once more, to be recorded as a dead letter.

// cleanStop is the name in the table meta of the mark that Close leaves.
const cleanStop = "clean_stop"

// inherit ends the leases of a former process: suspects are set aside, and the rest is
// due again.
func (w *writer) inherit(dir string) error {
	_, err := w.session.queryOne(func([]driverValue) error {
		w.stopped = true
		return nil
	}, `SELECT 1 FROM meta WHERE name = ?`, cleanStop)
	if err != nil {
		return err
	}
	if w.stopped { // a run that was cut off proves nothing
		_, err = w.session.exec(`UPDATE suspect SET step = NULL WHERE step IS NOT NULL AND guilty = 0`)
	} else {
		err = w.suspect(readRunning(dir))
	}
	if err != nil {
		return err
	}
	if _, err := w.session.exec(`
		UPDATE execution SET leased = 0
		WHERE ended_at IS NULL AND leased = 1`); err != nil {
		return err
	}
	return w.session.query(func(row []driverValue) error {
		w.suspects[integer(row[0])] = true
		return nil
	}, `SELECT execution FROM suspect`)
}

// suspect judges the suspects that there were, and adds what ran last.
func (w *writer) suspect(last lastRun) (err error) {
	if _, err := w.session.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	defer func() {
		if err == nil {
			_, err = w.session.exec("COMMIT")
		}
		if err != nil {
			_, _ = w.session.exec("ROLLBACK") // it may have rolled back by itself
		}
	}()
	ran, quiet := last.did&didRun != 0, last.did == 0
	for _, statement := range []string{
		`DELETE FROM suspect WHERE execution NOT IN (SELECT seq FROM execution WHERE ended_at IS NULL)`,
		fmt.Sprintf(`
			UPDATE suspect SET guilty = 1
			WHERE step IS NOT NULL AND (crashes = 1 AND %t OR crashes > 1 AND NOT %t)`, quiet, ran),
		`UPDATE suspect SET crashes = crashes + 1, step = NULL WHERE step IS NOT NULL AND guilty = 0`,
	} {
		if _, err := w.session.exec(statement); err != nil {
			return err
		}
	}
	for _, id := range last.ids {
		if _, err := w.session.exec(`
			INSERT OR IGNORE INTO suspect (execution, crashes, guilty)
			SELECT seq, 1, 0 FROM execution
			WHERE seq = `+executionSeq+` AND ended_at IS NULL AND leased = 1`, id, eventID(id)); err != nil {
			return err
		}
	}
	return nil
}

// forgetStop takes Close's mark away, in the first commit.
func (tx *transaction) forgetStop() error {
	if !tx.writer.stopped {
		return nil
	}
	_, err := tx.exec(`DELETE FROM meta WHERE name = ?`, cleanStop)
	tx.after = append(tx.after, func() { tx.writer.stopped = false })
	return err
}

// recordStop leaves the mark. On a full disk there is none: then the last executions
// are suspects after the next start, which costs only time.
func (w *writer) recordStop() {
	if !w.stopped {
		_, _ = w.session.exec(`INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)`, cleanStop, []byte{})
	}
}

// Suspect leases the suspect that is to run next, and reports false when there is
// none. It must be the only one that runs.
func (db *DB) Suspect(ctx context.Context) (host.Suspect, bool, error) {
	var s host.Suspect
	found := false
	if !db.suspected {
		return s, found, nil
	}
	err := db.change(ctx, func(tx *transaction) (err error) {
		s, found, err = tx.nextSuspect()
		return err
	})
	return s, found, err
}

func (tx *transaction) nextSuspect() (s host.Suspect, found bool, err error) {
	var seq int64
	if err := tx.query(func(row []driverValue) error {
		if !found && !tx.writer.damaged[integer(row[0])] {
			found, seq = true, integer(row[0])
			s.Crashes, s.Guilty = int(integer(row[1])), integer(row[2]) == 1
		}
		return nil
	}, `
		SELECT s.execution, s.crashes, s.guilty
		FROM suspect s JOIN execution x ON x.seq = s.execution
		WHERE x.ended_at IS NULL AND x.leased = 0
		ORDER BY s.guilty DESC, s.crashes > 1 DESC, s.execution`); err != nil || !found {
		return s, false, err
	}
	row, err := tx.row(seq)
	if host.CodeOf(hostError(err)) == host.Corrupt {
		tx.writer.damaged[seq] = true // until the next start, as in claim
	}
	if err != nil {
		return s, false, err
	}
	s.Execution, err = tx.leaseRow(&row)
	return s, true, err
}

// Mark records durably that a step of a suspect is about to run. Fenced when the
// execution is not leased.
func (db *DB) Mark(ctx context.Context, executionID string, step int) error {
	return db.change(ctx, func(tx *transaction) error {
		l := tx.leaseOf(executionID)
		if l == (lease{}) {
			return &host.Error{Code: host.Fenced, Text: "execution " + executionID + " is leased by another worker or already finished"}
		}
		_, err := tx.exec(`UPDATE suspect SET step = ? WHERE execution = ?`, int64(step), l.seq)
		return err
	})
}

// acquit takes the mark of a suspect away, whose step has a result, and with
// released the suspicion.
func (tx *transaction) acquit(seq int64, released bool) error {
	if !tx.writer.suspects[seq] {
		return nil
	}
	if !released {
		_, err := tx.exec(`UPDATE suspect SET crashes = 1, step = NULL, guilty = 0 WHERE execution = ?`, seq)
		return err
	}
	_, err := tx.exec(`DELETE FROM suspect WHERE execution = ?`, seq)
	tx.after = append(tx.after, func() { delete(tx.writer.suspects, seq) })
	return err
}

// RunningName is the file in the data directory that lists which executions run.
const RunningName = "usher.running"

// running writes to a file which executions run, for the process after one that ends
// without stopping. It does not wait for the disk: written data outlives the process,
// and a machine that loses its power was not stopped by a guest. A failure to write
// costs that knowledge and nothing else.
//
// The file has records of runningBytes. The first has what the process did, each other
// the id of an execution. One that has ended stays until another takes its place, so a
// reader must also look into the database. A nil running writes nothing.
type running struct {
	file *os.File
	did  atomic.Uint32

	mu     sync.Mutex
	free   []int // places; guarded by mu
	places int   // that were ever used; guarded by mu
}

const (
	runningMagic = "usher running 1\n"
	runningBytes = 64
	maxRunning   = 1 << 16 // executions in the file
)

// What a process did since it opened the data directory.
const (
	didRun    = 1 << iota // an execution that is no suspect began to run
	didAccept             // an event was accepted
)

// lastRun is what a former process wrote.
type lastRun struct {
	did uint32
	ids []string
}

// readRunning returns what the last process wrote. When the file can't be read, the
// answer is that unknown executions ran and events were accepted.
func readRunning(dir string) lastRun {
	data, err := os.ReadFile(filepath.Join(dir, RunningName))
	if err != nil || len(data) < runningBytes || len(data) > (maxRunning+1)*runningBytes || !bytes.HasPrefix(data, []byte(runningMagic)) {
		return lastRun{did: didRun | didAccept}
	}
	last := lastRun{did: uint32(data[len(runningMagic)])}
	for at := runningBytes; at < len(data); at += runningBytes {
		id := string(bytes.TrimRight(data[at:min(at+runningBytes, len(data))], "\x00"))
		if strings.HasPrefix(id, host.ExecutionPrefix) {
			last.ids = append(last.ids, id)
		}
	}
	return last
}

// newRunning replaces the file; nil when it can't be written.
func newRunning(dir string) *running {
	path := filepath.Join(dir, RunningName)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil
	}
	r := &running{file: file}
	r.head(0)
	return r
}

// head writes the first record.
func (r *running) head(did uint32) {
	record := make([]byte, runningBytes)
	copy(record, runningMagic)
	record[len(runningMagic)] = byte(did)
	_, _ = r.file.WriteAt(record, 0) // then the next process knows nothing of this one
}

// record writes what the process did, once.
func (r *running) record(what uint32) {
	if r == nil || r.did.Load()&what != 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if before := r.did.Or(what); before&what == 0 {
		r.head(before | what)
	}
}

// begin writes that an execution runs, and returns its place.
func (r *running) begin(id string) int {
	if r == nil || len(id) > runningBytes {
		return -1
	}
	r.record(didRun)
	place := r.place()
	if place < 0 {
		return place
	}
	var record [runningBytes]byte
	copy(record[:], id)
	_, _ = r.file.WriteAt(record[:], int64(place+1)*runningBytes) // see head
	return place
}

func (r *running) place() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if last := len(r.free) - 1; last >= 0 {
		place := r.free[last]
		r.free = r.free[:last]
		return place
	}
	if r.places == maxRunning {
		return -1
	}
	r.places++
	return r.places - 1
}

// end gives a place back.
func (r *running) end(place int) {
	if r == nil || place < 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.free = append(r.free, place)
}

func (r *running) close() error {
	if r == nil {
		return nil
	}
	return r.file.Close()
}

// Began writes down that an execution runs, for the next process if this one ends
// without stopping. It returns a place to give to Ended. It does not wait for the disk.
func (db *DB) Began(executionID string) (place int) { return db.running.begin(executionID) }

// Ended gives back a place from Began: the execution does not run any more.
func (db *DB) Ended(place int) { db.running.end(place) }
