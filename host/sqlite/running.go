package sqlite

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/usherhost/usher/host"
)

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
