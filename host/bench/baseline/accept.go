// Package baseline measures the least that a durable accept can cost on this
// machine: the same rows into the same tables, with the same settings and the
// same natural group commit, but no checks, no repeats, no plans, no leases.
// The results of the store are printed as ratios to it.
package baseline

import (
	"context"
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sqlite"
)

const maxBatch = 512

// Body is a payload of the size that a registration has.
var Body = []byte(fmt.Sprintf(`{"user":{"user_id":"auth0|1","user_metadata":{"note":%q}}}`, make([]byte, 360)))

// Accept runs the bare loop in the empty directory dir for some seconds, with
// so many producers.
func Accept(dir string, producers int, seconds float64) (Measure, error) {
	db, err := sqlite.Open(context.Background(), dir, sqlite.Options{}) // makes the tables
	if err != nil {
		return Measure{}, err
	}
	if err := db.Close(); err != nil {
		return Measure{}, err
	}
	pool, err := sql.Open("sqlite", dsn(dir))
	if err != nil {
		return Measure{}, err
	}
	defer func() { _ = pool.Close() }()
	conn, err := pool.Conn(context.Background())
	if err != nil {
		return Measure{}, err
	}
	defer func() { _ = conn.Close() }()
	var m Measure
	err = conn.Raw(func(raw any) error {
		m, err = accept(raw.(driver.Conn), pool, producers, seconds)
		return err
	})
	return m, err
}

// dsn has the store's settings.
func dsn(dir string) string {
	query := url.Values{"_pragma": {
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
		"cache_size(-131072)", "wal_autocheckpoint(32768)",
	}}
	path := filepath.ToSlash(filepath.Join(dir, sqlite.FileName))
	return (&url.URL{Scheme: "file", Path: path, RawQuery: query.Encode()}).String()
}

func accept(conn driver.Conn, pool *sql.DB, producers int, seconds float64) (Measure, error) {
	l := &loop{queue: make(chan *insert, 4096), ended: make(chan struct{})}
	if err := l.prepare(conn); err != nil {
		return Measure{}, err
	}
	stop := make(chan struct{})
	go l.run()
	checkpointed := make(chan struct{})
	go func() {
		defer close(checkpointed)
		checkpoint(pool, stop)
	}()
	inserts := make([]*insert, producers)
	for p := range inserts {
		inserts[p] = &insert{done: make(chan error, 1)}
	}
	m, err := Loop(producers, time.Duration(seconds*float64(time.Second)), func(p int) error {
		in := inserts[p]
		in.id = host.NewID(host.EventPrefix)
		_, _ = rand.Read(in.key[:])
		l.queue <- in
		return <-in.done
	})
	close(l.queue)
	<-l.ended
	close(stop)
	<-checkpointed
	return m, err
}

// checkpoint does what the store's checkpointer does.
func checkpoint(pool *sql.DB, stop chan struct{}) {
	ticker := time.NewTicker(250 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
			_, _ = pool.ExecContext(context.Background(), "PRAGMA wal_checkpoint(PASSIVE)")
		}
	}
}

// insert is one event on its way to the disk.
type insert struct {
	id   string
	key  [16]byte
	done chan error
}

// loop is the writer: it takes what waits and commits it.
type loop struct {
	queue                     chan *insert
	ended                     chan struct{}
	begin, commit             driver.StmtExecContext
	event, payload, execution driver.StmtExecContext
	seq                       int64
	args                      []driver.NamedValue
}

func (l *loop) prepare(conn driver.Conn) error {
	for _, s := range []struct {
		into  *driver.StmtExecContext
		query string
	}{
		{&l.begin, `BEGIN IMMEDIATE`},
		{&l.commit, `COMMIT`},
		{&l.event, `
			INSERT INTO event (seq, id, tenant, trigger, user_id, key, fingerprint, traceparent, received_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`},
		{&l.payload, `INSERT INTO payload (event, body) VALUES (?, ?)`},
		{&l.execution, `
			INSERT INTO execution (seq, id, event, plan, replay_of, status, progress, attempt, next_at, leased, epoch, created_at, ended_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`},
	} {
		stmt, err := conn.Prepare(s.query)
		if err != nil {
			return fmt.Errorf("prepare %s: %w", s.query, err)
		}
		*s.into = stmt.(driver.StmtExecContext)
	}
	return nil
}

func (l *loop) run() {
	defer close(l.ended)
	var batch []*insert
	for first := range l.queue {
		batch = l.gather(append(batch[:0], first))
		err := l.write(batch)
		for _, in := range batch {
			in.done <- err
		}
	}
}

func (l *loop) gather(batch []*insert) []*insert {
	for len(batch) < maxBatch {
		select {
		case in, ok := <-l.queue:
			if !ok {
				return batch
			}
			batch = append(batch, in)
		default:
			return batch
		}
	}
	return batch
}

func (l *loop) write(batch []*insert) error {
	now := time.Now().UnixMicro()
	errs := []error{l.exec(l.begin)}
	for _, in := range batch {
		l.seq++
		errs = append(errs,
			l.exec(l.event, l.seq, in.id, "tenant", "post-user-registration", in.id, in.key[:], fingerprint[:], nil, now),
			l.exec(l.payload, l.seq, Body),
			l.exec(l.execution, l.seq, nil, l.seq, int64(1), nil, "pending", "ppp", int64(0), now, int64(0), int64(0), now, nil))
	}
	return errors.Join(append(errs, l.exec(l.commit))...)
}

var fingerprint [32]byte

func (l *loop) exec(stmt driver.StmtExecContext, args ...driver.Value) error {
	l.args = l.args[:0]
	for i, arg := range args {
		l.args = append(l.args, driver.NamedValue{Ordinal: i + 1, Value: arg})
	}
	_, err := stmt.ExecContext(context.Background(), l.args)
	return err
}
