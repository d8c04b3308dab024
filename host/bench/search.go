package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/bench/compare"
	"github.com/usherhost/usher/host/sqlite"
)

const (
	manyExecutions = 1_000_000
	searchPlans    = 10 // in force one after the other
	searchPage     = 50
)

// finding is one search, and the same in words of the tables.
type finding struct {
	name  string
	query host.ExecutionQuery
	where string // on x, the execution, and e, its event
	dead  bool
}

// benchSearch lists and searches many executions. The first page is compared
// with what a plain query brings that has an index made for it alone.
func benchSearch(ctx context.Context, e compare.Effort) (rows []compare.Row, err error) {
	dir, err := os.MkdirTemp("", "usher-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	a := &archive{dir: dir, executions: manyExecutions}
	if e.Quick {
		a.executions /= 50
	}
	if err := a.fill(ctx); err != nil {
		return nil, fmt.Errorf("fill: %w", err)
	}
	db, err := sqlite.Open(ctx, dir, sqlite.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	bare, err := openBare(dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, bare.Close()) }()
	for _, f := range a.findings() {
		row, err := f.measure(ctx, e, db, bare)
		if err != nil {
			return rows, fmt.Errorf("%s: %w", f.name, err)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func openBare(dir string) (*sql.DB, error) {
	bare, err := sql.Open("sqlite", filepath.Join(dir, sqlite.FileName)+"?_pragma=busy_timeout(5000)&_pragma=cache_size(-16384)")
	if err == nil {
		bare.SetMaxOpenConns(1)
	}
	return bare, err
}

const intoBare = `
		INSERT INTO bare (finding, seq)
		SELECT ?, x.seq FROM execution x CROSS JOIN event e ON e.seq = x.event
		WHERE `

// measure returns the median time of the page, in turns with the bare query's.
func (f *finding) measure(ctx context.Context, e compare.Effort, db *sqlite.DB, bare *sql.DB) (compare.Row, error) {
	if _, err := bare.ExecContext(ctx, intoBare+f.where+`
		ORDER BY x.seq DESC
		LIMIT 10000`, f.name); err != nil {
		return compare.Row{}, err
	}
	list := db.Executions
	if f.dead {
		list = db.DeadLetters
	}
	rows, want := 0, 0
	ours, theirs, err := compare.SideBySide(e.Rounds, func() (float64, error) {
		return pageMillis(e, func() error {
			found, err := list(ctx, f.query)
			rows = len(found)
			return err
		})
	}, func() (float64, error) {
		return pageMillis(e, func() (err error) {
			want, err = barePage(ctx, bare, f.name)
			return err
		})
	})
	if err == nil && (rows != want || rows == 0) {
		err = fmt.Errorf("found %d executions, want %d and at least one", rows, want)
	}
	return compare.Cost("search", f.name, ours, "ms", "bare indexed query", theirs), err
}

// pageMillis returns the median time of a call.
func pageMillis(e compare.Effort, call func() error) (float64, error) {
	var times []float64
	for began := time.Now(); len(times) < 5 || time.Since(began) < e.Length/4; {
		start := time.Now()
		if err := call(); err != nil {
			return 0, err
		}
		times = append(times, float64(time.Since(start).Nanoseconds())/1e6)
	}
	return compare.Median(times), nil
}

// barePage reads a page's columns by an index that has its executions in
// order, and returns how many there are.
func barePage(ctx context.Context, bare *sql.DB, name string) (n int, err error) {
	rows, err := bare.QueryContext(ctx, `
		SELECT x.seq, x.plan, x.id, x.replay_of, x.status, x.progress, x.attempt, x.next_at, x.created_at, x.ended_at,
		       e.id, e.tenant, e.user_id, e.traceparent, e.trigger, e.received_at
		FROM bare b CROSS JOIN execution x ON x.seq = b.seq CROSS JOIN event e ON e.seq = x.event
		WHERE b.finding = ?
		ORDER BY b.seq DESC
		LIMIT ?`, name, searchPage)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	columns := make([]any, 16)
	for i := range columns {
		columns[i] = new(any)
	}
	for ; rows.Next(); n++ {
		if err := rows.Scan(columns...); err != nil {
			return n, err
		}
	}
	return n, rows.Err()
}

// archive is a database with many executions, of which most went well.
type archive struct {
	dir        string
	executions int
	actions    []host.Action  // the second is bound in the third plan only
	versions   []host.Version // of the first action, one a plan
	middle     time.Time      // when about half of them had been accepted
}

// findings are a page of everything, and of each filter alone.
func (a *archive) findings() []finding {
	n := int64(a.executions)
	until := a.middle.Add(time.Millisecond)
	return []finding{
		{name: "list", where: "true"},
		{name: "before", query: host.ExecutionQuery{Before: executionOf(n / 2)}, where: fmt.Sprintf("x.seq < %d", n/2)},
		{name: "status completed", query: host.ExecutionQuery{Status: host.StatusCompleted}, where: "x.status = 'completed'"},
		{name: "status failed", query: host.ExecutionQuery{Status: host.StatusFailed}, where: "x.status = 'failed'"},
		{name: "status running", query: host.ExecutionQuery{Status: host.StatusRunning}, where: "x.status = 'running'"},
		{name: "user", query: host.ExecutionQuery{UserID: "auth0|regular"}, where: "e.user_id = 'auth0|regular'"},
		{name: "event", query: host.ExecutionQuery{EventID: eventOf(n / 3)}, where: "e.id = '" + eventOf(n/3) + "'"},
		{name: "action", query: host.ExecutionQuery{ActionID: a.actions[1].ID}, where: a.planHas("action_id", a.actions[1].ID)},
		{name: "version", query: host.ExecutionQuery{VersionID: a.versions[1].ID}, where: a.planHas("version_id", a.versions[1].ID)},
		{name: "since", query: host.ExecutionQuery{Since: a.middle}, where: fmt.Sprintf("x.created_at >= %d", a.middle.UnixMicro())},
		{name: "until", query: host.ExecutionQuery{Until: until}, where: fmt.Sprintf("x.created_at < %d", until.UnixMicro())},
		{name: "text of many", query: host.ExecutionQuery{Text: "timeout"}, where: "x.status = 'failed'"},
		{name: "text of few", query: host.ExecutionQuery{Text: "host1.example refused"}, where: "x.status = 'partial' AND x.seq / 1000 % 10 = 1"},
		{name: "e-mail", query: having("user.email=user20007@example.com"), where: "x.seq % 20000 = 7"},
		{name: "field of many", query: having("user.plan=free"), where: "x.seq % 2 = 1"},
		{name: "two fields", query: having("user.plan=free", "user.email=user20007@example.com"), where: "x.seq % 20000 = 7"},
		{name: "prefix of a field", query: having("user.email=user2000*"), where: "x.seq % 20000 = 7 OR x.seq LIKE '2000%'"},
		{name: "dead letters", where: "instr(x.progress, 'd')", dead: true},
	}
}

func having(conditions ...string) (q host.ExecutionQuery) {
	for _, text := range conditions {
		v, err := host.ParseFieldValue(text)
		if err != nil {
			panic(err)
		}
		q.Where = append(q.Where, v)
	}
	return q
}

func (a *archive) planHas(column, id string) string {
	return "x.plan IN (SELECT plan FROM plan_action WHERE " + column + " = '" + id + "')"
}

func eventOf(seq int64) string     { return fmt.Sprintf("%s%026d", host.EventPrefix, seq) }
func executionOf(seq int64) string { return fmt.Sprintf("%s%026d", host.ExecutionPrefix, seq) }

// fill makes the executions: one of each plan by the store, the others as the
// store would write them, all at once.
func (a *archive) fill(ctx context.Context) error {
	for i := range searchPlans {
		if err := a.changePlan(ctx, i); err != nil {
			return err
		}
		if err := a.insert(ctx, (i+1)*a.executions/searchPlans); err != nil {
			return err
		}
		if i == searchPlans/2 {
			a.middle = time.Now()
		}
	}
	return nil
}

// changePlan brings a plan into force.
func (a *archive) changePlan(ctx context.Context, i int) (err error) {
	db, err := sqlite.Open(ctx, a.dir, sqlite.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for len(a.actions) < 2 {
		action := host.Action{
			ID: host.NewID(host.ActionPrefix), Name: fmt.Sprint("action", len(a.actions)), Trigger: host.PostUserRegistration,
		}
		if err := errors.Join(db.CreateAction(ctx, action), deployBytes(ctx, db, action.ID, "first", nil)); err != nil {
			return err
		}
		a.actions = append(a.actions, action)
	}
	if err := deployBytes(ctx, db, a.actions[0].ID, fmt.Sprint(i), &a.versions); err != nil {
		return err
	}
	bound := []host.Binding{{ActionID: a.actions[0].ID}}
	if i == 2 {
		bound = append(bound, host.Binding{ActionID: a.actions[1].ID})
	}
	if _, err := db.ReplaceBindings(ctx, host.PostUserRegistration, bound); err != nil {
		return err
	}
	if err := errors.Join(db.SetSearchableFields(ctx, []string{"user.email", "user.plan"}), db.IndexFields(ctx, nil)); err != nil {
		return err
	}
	_, err = db.Accept(ctx, []host.NewEvent{registration()})
	return err
}

func deployBytes(ctx context.Context, db *sqlite.DB, actionID, wasm string, into *[]host.Version) error {
	v, err := db.CreateVersion(ctx, host.Version{ActionID: actionID}, []byte(wasm))
	if err != nil {
		return err
	}
	if into != nil {
		*into = append(*into, v)
	}
	_, err = db.Deploy(ctx, actionID, v.ID)
	return err
}

// insert adds executions of the plan in force until there are n, one each
// microsecond. One in a hundred failed, one in a hundred is partial; every 20,000th
// belongs to one user; the last ones still run.
func (a *archive) insert(ctx context.Context, n int) (err error) {
	db, err := openBare(a.dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for _, statement := range []string{
		`PRAGMA synchronous = OFF`,
		`CREATE TABLE IF NOT EXISTS bare (finding TEXT, seq INTEGER, PRIMARY KEY (finding, seq)) WITHOUT ROWID`,
		`BEGIN`,
		fmt.Sprintf(`
		INSERT INTO event (seq, id, tenant, trigger, user_id, received_at)
		WITH RECURSIVE s (seq) AS (SELECT MAX(seq) + 1 FROM event UNION ALL SELECT seq + 1 FROM s WHERE seq < %d)
		SELECT seq, printf('evt_%%026d', seq), 'tenant', 'post-user-registration',
		       IIF(seq %% 20000 = 7, 'auth0|regular', 'auth0|' || seq), %d + seq
		FROM s`, n, time.Now().UnixMicro()),
		fmt.Sprintf(`
		INSERT INTO execution (seq, event, plan, status, progress, attempt, next_at, leased, epoch, created_at, ended_at)
		SELECT e.seq, e.seq, (SELECT plan FROM execution ORDER BY seq DESC LIMIT 1),
		       CASE WHEN e.seq > %[1]d THEN 'running' WHEN e.seq %% 100 = 0 THEN IIF(e.seq %% 200 = 0, 'failed', 'partial') ELSE 'completed' END,
		       IIF(e.seq %% 100 = 0 AND e.seq <= %[1]d, 'd', IIF(e.seq > %[1]d, 'p', 's')),
		       0, 0, 0, 1, e.received_at, IIF(e.seq > %[1]d, NULL, e.received_at)
		FROM event e
		WHERE e.seq > (SELECT MAX(seq) FROM execution)`, a.executions-100),
		fmt.Sprintf(`
		INSERT INTO failure (rowid, message)
		SELECT x.seq * 65536, IIF(x.status = 'failed', 'Error: timeout after 5s in http_send', 'host' || (x.seq / 1000 %% 10) || '.example refused the connection')
		FROM execution x
		WHERE instr(x.progress, 'd') AND x.seq > COALESCE((SELECT MAX(rowid) FROM failure) / 65536, 0)`),
		`
		INSERT INTO field_value (field, value, execution)
		SELECT f.number, CAST(IIF(f.number = 2, IIF(x.seq % 2, 'free', 'paid'), 'user' || IIF(x.seq % 20000 = 7, 20007, x.seq) || '@example.com') AS BLOB), x.seq
		FROM searchable_field f, execution x
		WHERE x.seq > COALESCE((SELECT MAX(execution) FROM field_value), 1)`,
		`COMMIT`,
	} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
