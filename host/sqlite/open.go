package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"
	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/durable"
	engine "modernc.org/sqlite"
)

// FileName is the database's name in the data directory, LockName that of the
// file that marks the directory as taken.
const (
	FileName = "usher.db"
	LockName = "usher.lock"
)

// Options tune a [DB]. The zero value is right for a server.
type Options struct {
	Queue    int           // accepts that may wait for the disk before Accept answers Overloaded; 0 is 4096
	Readers  int           // connections that read; 0 is 4
	MaxBytes int64         // how big the database file may grow; 0 is as big as the disk allows
	Patience time.Duration // how long Close tries to write results to a failing disk; 0 is 5 s

	// Committed is called after each commit that wrote something, with the time that it
	// took: of its statements and of the disk. It must not block. Nil: nothing is called.
	Committed func(took time.Duration)

	Beside []string // files that only a host with a database leaves in the directory; see [Lost]
	New    bool     // begin a new database where Open would refuse for them
}

// DB is an open data directory. All methods may be called at the same time,
// from any goroutine. Times are UTC, to the microsecond. An error that a caller
// of the host can act on is a [host.Error].
type DB struct {
	dir         string
	file, log   openFile // of the database
	lock        *flock.Flock
	writer      *writer
	readers     *sql.DB
	keys        atomic.Pointer[map[[32]byte]host.Key]
	keyUses     sync.Map   // of *keyUse by the key's id
	loadingKeys sync.Mutex // held while keys is read again, so that the newest wins
	plans       planCache
	running     *running
	suspected   bool // Open found suspects

	sending    sync.RWMutex  // held for reading while sending to the writer
	closing    chan struct{} // closed when Close begins
	close      func() error  // once
	stop       context.CancelFunc
	background sync.WaitGroup // the checkpointer and the probe
}

// Open opens the data directory dir, makes it when there is none, brings its
// tables up to date and frees what a former process had leased. One process at
// a time may have it open. A database that was there and is lost is Refused; see
// [Lost] and [Options]. The caller must Close it.
func Open(ctx context.Context, dir string, o Options) (*DB, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open data directory: %w", err)
	}
	lock, err := takeDirectory(dir)
	if err != nil {
		return nil, err
	}
	db, err := open(ctx, dir, o)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	db.lock = lock
	return db, nil
}

func open(ctx context.Context, dir string, o Options) (*DB, error) {
	path := filepath.Join(dir, FileName)
	if err := found(ctx, dir, o); err != nil {
		return nil, err
	}
	if err := Check(ctx, path); err != nil {
		return nil, err
	}
	if err := create(ctx, path); err != nil {
		return nil, err
	}
	if err := migrate(ctx, path); err != nil {
		return nil, err
	}
	session, err := openWriter(ctx, path)
	if err != nil {
		return nil, err
	}
	file, err := statOpen(path)
	if err != nil {
		return nil, errors.Join(err, session.close())
	}
	db := &DB{dir: dir, file: file, closing: make(chan struct{})}
	db.close = sync.OnceValue(db.shut)
	if db.readers, err = openReaders(path, o); err == nil {
		db.writer = newWriter(session, o)
		err = db.load(ctx)
	}
	if err == nil { // what load wrote is in the log
		db.log, err = statLog(path)
	}
	if err != nil {
		return nil, errors.Join(hostError(err), db.running.close(), session.close())
	}
	db.start(path)
	return db, nil
}

// found refuses to begin a new database where one was lost, unless it is asked
// to. A database that is there stays.
func found(ctx context.Context, dir string, o Options) error {
	if !o.New {
		return Lost(ctx, dir, o.Beside...)
	}
	path := filepath.Join(dir, FileName)
	what, err := contents(ctx, path)
	switch {
	case err != nil || what == ourTables:
		return err
	case what == otherTables:
		return foreign(path)
	}
	return setAside(dir, time.Now())
}

// takeDirectory makes dir and locks it for this process.
func takeDirectory(dir string) (*flock.Flock, error) {
	if err := durable.MkdirAll(dir, 0o700); err != nil {
		return nil, &host.Error{
			Code: host.Unavailable, Text: "the data directory " + dir + " can't be made",
			Hint: "correct its parent's permissions", Fix: host.FixChooseData.With(), Err: err,
		}
	}
	lock := flock.New(filepath.Join(dir, LockName), flock.SetPermissions(0o600))
	taken, err := lock.TryLock()
	if err != nil {
		return nil, &host.Error{
			Code: host.Unavailable, Text: "the data directory " + dir + " can't be locked",
			Hint: "it must be a local directory that this user may write", Err: err,
		}
	}
	if !taken {
		return nil, &host.Error{
			Code: host.Conflict, Text: "the data directory " + dir + " is in use by another usher",
			Hint: "stop the other one", Fix: host.FixChooseData.With(),
		}
	}
	return lock, nil
}

// dsn names the database file for the driver. What is the same on every
// connection is here.
func dsn(path string, pragmas ...string) string {
	query := url.Values{"_pragma": append([]string{"busy_timeout(5000)"}, pragmas...), "_dqs": {"0"}}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: query.Encode()}).String()
}

// readOnly names the database file for a driver that shall not change it. Where
// the power failed in a transaction of a file without write-ahead log, which a
// restored backup is at first, SQLite must undo that before it can read.
func readOnly(path string) string {
	name := dsn(path, "query_only(1)")
	if info, err := os.Stat(path + "-journal"); err == nil && info.Size() > 0 {
		return name
	}
	return name + "&mode=ro"
}

func openWriter(ctx context.Context, path string) (*session, error) {
	connector, err := engine.NewConnector(dsn(path,
		"journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
		"cache_size(-131072)",       // 128 MB
		"wal_autocheckpoint(32768)", // 128 MB: the guard, should the checkpointer not keep up
	))
	if err != nil {
		return nil, err
	}
	session, err := newSession(ctx, connector)
	return session, hostError(err)
}

// limit sets how big the file may grow; 0 is no limit.
func (s *session) limit(maxBytes int64) error {
	pages := int64(1<<32 - 2)
	if maxBytes > 0 {
		_, err := s.queryOne(func(row []driver.Value) error {
			pages = max(maxBytes/row[0].(int64), 1)
			return nil
		}, "PRAGMA page_size")
		if err != nil {
			return err
		}
	}
	_, err := s.exec(fmt.Sprintf("PRAGMA max_page_count = %d", pages))
	return err
}

func openReaders(path string, o Options) (*sql.DB, error) {
	connector, err := engine.NewConnector(dsn(path, "query_only(1)", "cache_size(-16384)"))
	if err != nil {
		return nil, err
	}
	readers := sql.OpenDB(connector)
	readers.SetMaxOpenConns(cmp.Or(o.Readers, 4))
	readers.SetMaxIdleConns(cmp.Or(o.Readers, 4))
	return readers, nil
}

func newWriter(session *session, o Options) *writer {
	w := &writer{
		session:  session,
		accepts:  make(chan operation, cmp.Or(o.Queue, 4096)),
		others:   make(chan operation, 2*maxBatch),
		quit:     make(chan struct{}),
		ended:    make(chan struct{}),
		patience: cmp.Or(o.Patience, 5*time.Second),
		leases:   map[string]lease{},
		plans:    map[host.Trigger]*plan{},
		old:      map[int64]*plan{},
		damaged:  map[int64]bool{},
		suspects: map[int64]bool{},
		notices:  make(chan struct{}, 1),

		committed: o.Committed,
	}
	w.maxBytes.Store(o.MaxBytes)
	w.fields.Store(&fieldSet{})
	return w
}

// load reads the state that the writer has in memory, and ends the leases of a former
// process.
func (db *DB) load(ctx context.Context) error {
	w := db.writer
	if err := w.inherit(db.dir); err != nil {
		return err
	}
	db.running = newRunning(db.dir)
	w.running, db.suspected = db.running, len(w.suspects) > 0
	if err := w.numbers(); err != nil {
		return err
	}
	if err := w.countUnended(); err != nil {
		return err
	}
	if err := w.loadHeld(); err != nil {
		return err
	}
	if err := w.loadFields(); err != nil {
		return err
	}
	return db.loadKeys(ctx)
}

// numbers reads which numbers were given out, and when the last commit was.
func (w *writer) numbers() error {
	_, err := w.session.queryOne(func(row []driver.Value) error {
		w.seq, w.resultSeq, w.clock = integer(row[0]), integer(row[1]), integer(row[2])
		return nil
	}, `
		SELECT MAX((SELECT COALESCE(MAX(seq), 0) FROM event), (SELECT COALESCE(MAX(seq), 0) FROM execution),
		           (SELECT COALESCE(MAX(first), 0) FROM plan_span), (SELECT COALESCE(MAX(seq), 0) FROM clock_step)),
		       `+lastResult+`,
		       (SELECT created_at FROM execution ORDER BY seq DESC LIMIT 1)`)
	return err
}

func (db *DB) start(path string) {
	ctx, stop := context.WithCancel(context.Background())
	db.stop = stop
	go db.writer.run()
	db.background.Go(func() { keepCheckpoints(ctx, path, &db.writer.commits) })
}

// Stats are counts of the writer.
type Stats struct {
	Commits    int64 // group commits since Open
	Operations int64 // in them
	Waiting    int   // accepts that wait for the next commit
	Kept       int   // results that a failing disk has not taken yet
}

// Stats returns the present numbers.
func (db *DB) Stats() Stats {
	w := db.writer
	return Stats{
		Commits: w.commits.Load(), Operations: w.operations.Load(),
		Waiting: len(w.accepts), Kept: int(w.waiting.Load()),
	}
}

// Close refuses new operations, commits the queued ones and closes the database. When a failing disk does not take all recorded results in time,
// the error says how many were lost; their steps run again after the next
// start. Later calls return what the first did.
func (db *DB) Close() error { return db.close() }

func (db *DB) shut() error {
	close(db.closing)
	db.sending.Lock() // every sender has left
	close(db.writer.quit)
	db.sending.Unlock()
	<-db.writer.ended
	db.stop()
	db.background.Wait()
	db.writer.recordStop()

	var errs []error
	if n := db.writer.lost; n > 0 {
		errs = append(errs, &host.Error{
			Code: host.Unavailable, Text: fmt.Sprintf("%d results could not be written", n),
			Hint: "their actions run again after the next start", Err: db.writer.trouble.Load(),
		})
	}
	errs = append(errs, db.readers.Close(), db.running.close(), db.writer.session.close(), db.lock.Close())
	return errors.Join(errs...)
}

const checkpointEvery = 250 * time.Millisecond

// keepCheckpoints moves committed pages from the write-ahead log into the
// database file, on a connection of its own, so that a commit never has to:
// half the worst latencies, against a few per cent of throughput. A failure is
// tried again at the next tick; the writer's own guard bounds the log.
func keepCheckpoints(ctx context.Context, path string, commits *atomic.Int64) {
	connector, err := engine.NewConnector(dsn(path, "synchronous(FULL)"))
	if err != nil {
		return
	}
	session, err := newSession(ctx, connector)
	if err != nil {
		return
	}
	defer func() { _ = session.close() }()
	ticker := time.NewTicker(checkpointEvery)
	defer ticker.Stop()
	var seen int64
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if now := commits.Load(); now != seen {
			if _, err := session.exec("PRAGMA wal_checkpoint(PASSIVE)"); err == nil {
				seen = now
			}
		}
	}
}
