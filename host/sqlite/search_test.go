package sqlite_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sqlite"
)

// raw opens the database file beside the store.
func raw(t *testing.T, dir string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, sqlite.FileName))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func change(t *testing.T, dir string, statements ...string) {
	t.Helper()
	db := raw(t, dir)
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func found(t *testing.T, list func(context.Context, host.ExecutionQuery) ([]host.Execution, error), q host.ExecutionQuery) []string {
	t.Helper()
	executions, err := list(t.Context(), q)
	if err != nil {
		t.Fatalf("%+v: %v", q, err)
	}
	ids := []string{}
	for _, x := range executions {
		ids = append(ids, x.ID)
	}
	return ids
}

// waste uses up numbers, and makes that last over a restart: a repeat leaves no
// row, but notes that there is another plan.
func waste(t *testing.T, db *sqlite.DB, repeated host.NewEvent) {
	t.Helper()
	for i := range 30 {
		if i == 29 {
			bindActions(t, db, 0)
		}
		if _, err := db.Accept(t.Context(), []host.NewEvent{repeated}); err != nil {
			t.Fatal(err)
		}
	}
}

// lastSeq returns the seq of the last execution.
func lastSeq(t *testing.T, dir string) (seq int64) {
	t.Helper()
	if err := raw(t, dir).QueryRowContext(t.Context(), `SELECT MAX(seq) FROM execution`).Scan(&seq); err != nil {
		t.Fatal(err)
	}
	return seq
}

func acceptOne(t *testing.T, db *sqlite.DB) string {
	t.Helper()
	accepted, err := db.Accept(t.Context(), []host.NewEvent{registration()})
	if err != nil {
		t.Fatal(err)
	}
	return accepted[0].ExecutionID
}

// TestSearchByTimeAfterClockSteps accepts events while the clock goes back
// twice, once unseen because the host was down.
func TestSearchByTimeAfterClockSteps(t *testing.T) {
	t.Parallel()
	db, dir := openTemp(t, sqlite.Options{})
	bindActions(t, db, 1)
	bindings, err := db.Bindings(t.Context(), host.PostUserRegistration)
	if err != nil {
		t.Fatal(err)
	}
	repeated := registration()
	first, err := db.Accept(t.Context(), []host.NewEvent{repeated})
	if err != nil {
		t.Fatal(err)
	}
	all := []string{first[0].ExecutionID}
	for run := range 3 {
		before := lastSeq(t, dir)
		if _, err := db.ReplaceBindings(t.Context(), host.PostUserRegistration, bindings); err != nil {
			t.Fatal(err)
		}
		for range 10 {
			all = append(all, acceptOne(t, db))
		}
		waste(t, db, repeated)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		change(t, dir, fmt.Sprintf(`
			UPDATE execution SET created_at = %d + seq * 1000
			WHERE seq > %d`, time.Now().Add(time.Duration(9-3*run)*time.Hour).UnixMicro(), before))
		db = reopen(t, dir)
	}
	all = append(all, acceptOne(t, db))
	var accepted []host.Execution
	for _, id := range slices.Backward(all) {
		x, err := db.Execution(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		accepted = append(accepted, x)
	}
	for i, since := range accepted {
		for _, until := range []host.Execution{{}, accepted[(7*i+5)%len(accepted)], accepted[(11*i+3)%len(accepted)]} {
			q := host.ExecutionQuery{Since: since.CreatedAt, Until: until.CreatedAt}
			want := []string{}
			for _, x := range accepted {
				if !x.CreatedAt.Before(q.Since) && (q.Until.IsZero() || x.CreatedAt.Before(q.Until)) {
					want = append(want, x.ID)
				}
			}
			if got := found(t, db.Executions, q); !slices.Equal(got, want) {
				t.Errorf("%v to %v: found %v, want %v", q.Since, q.Until, got, want)
			}
		}
	}
}

// TestPlansLieInTheirSpans holds the store to what searching by version relies
// on, with numbers that were given out in vain before a restart.
func TestPlansLieInTheirSpans(t *testing.T) {
	t.Parallel()
	db, dir := openTemp(t, sqlite.Options{})
	bindActions(t, db, 2)
	bindings, err := db.Bindings(t.Context(), host.PostUserRegistration)
	if err != nil {
		t.Fatal(err)
	}
	first := registration()
	var ids []string
	for i := range 12 {
		for range 5 { // repeats: all but one take a number and leave no row
			if _, err := db.Accept(t.Context(), []host.NewEvent{first}); err != nil {
				t.Fatal(err)
			}
		}
		bound := []host.Binding{{ActionID: bindings[i%2].ActionID}}
		if _, err := db.ReplaceBindings(t.Context(), host.PostUserRegistration, bound); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Accept(t.Context(), []host.NewEvent{first}); err != nil {
			t.Fatal(err)
		}
		if i%3 == 0 {
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			db = reopen(t, dir)
		}
		ids = append(ids, acceptOne(t, db))
		if _, err := db.RerunExecution(t.Context(), ids[i/2], host.RerunOptions{SameVersions: true}); err != nil {
			t.Fatal(err)
		}
	}
	var outside int
	if err := raw(t, dir).QueryRowContext(t.Context(), `
		SELECT COUNT(*) FROM execution x
		WHERE NOT EXISTS (
			SELECT 1 FROM plan_span s
			WHERE s.plan = x.plan AND x.seq BETWEEN s.first AND COALESCE(s.last, x.seq))`).Scan(&outside); err != nil {
		t.Fatal(err)
	}
	if outside != 0 {
		t.Errorf("%d executions lie in no span of their plan", outside)
	}
}

// TestMigrateFirstTables opens a database of the first tables with what was in
// them, and finds it all.
func TestMigrateFirstTables(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	upTo(t, dir, 1)
	change(t, dir,
		`INSERT INTO action VALUES ('act_1', 'one', 'post-user-registration', 'ver_1', 1, 1)`,
		`INSERT INTO module VALUES ('sha256:1', x'00')`,
		`INSERT INTO version VALUES ('ver_1', 'act_1', 1, 'sha256:1', 1, 'built', '{}', 1)`,
		`INSERT INTO secret VALUES ('act_1', 'TOKEN', x'01', 1)`,
		`INSERT INTO plan VALUES (1, x'01', CAST('[{"action_id":"act_1","version_id":"ver_1"}]' AS BLOB))`,
		`INSERT INTO plan VALUES (2, x'02', CAST('null' AS BLOB))`,
		`WITH RECURSIVE s (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM s WHERE seq < 9)
		INSERT INTO event (seq, id, tenant, trigger, user_id, received_at)
		SELECT seq, 'evt_' || seq, 'tenant', 'post-user-registration', 'user', seq FROM s`,
		`INSERT INTO execution (seq, event, plan, status, steps, attempt, next_at, lent, epoch, created_at, ended_at)
		SELECT seq, seq, seq % 2 + 1, 'partial', IIF(seq = 2, 'd', 's'), 0, 0, 0, 0, 1700000000000000 + seq - 5 * (seq > 6), 1 FROM event`,
		`INSERT INTO result VALUES (1, 2, 0, 1, 'act_1', CAST('{"succeeded":false,"error":{"name":"TypeError","message":"first"}}' AS BLOB))`,
		`INSERT INTO result VALUES (2, 4, 0, 1, 'act_1', CAST('{"succeeded":true}' AS BLOB))`,
		`INSERT INTO result VALUES (3, 2, 0, 2, 'act_1', CAST('{"succeeded":false,"error":{"code":"E2BIG","message":"second"}}' AS BLOB))`,
	)
	db := reopen(t, dir)
	last := time.UnixMicro(1700000000000000 + 4).UTC() // of execution 9, the clock having gone back
	for _, tt := range []struct {
		name string
		q    host.ExecutionQuery
		want []string
	}{
		{"version", host.ExecutionQuery{VersionID: "ver_1"}, []string{"exe_8", "exe_6", "exe_4", "exe_2"}},
		{"action", host.ExecutionQuery{ActionID: "act_1", Before: "exe_6"}, []string{"exe_4", "exe_2"}},
		{"text", host.ExecutionQuery{Text: "typeerror"}, []string{"exe_2"}},
		{"text of the second result", host.ExecutionQuery{Text: "e2big second"}, []string{"exe_2"}},
		{"since", host.ExecutionQuery{Since: last}, []string{"exe_9", "exe_6", "exe_5", "exe_4"}},
		{"until", host.ExecutionQuery{Until: last}, []string{"exe_8", "exe_7", "exe_3", "exe_2", "exe_1"}},
	} {
		if got := found(t, db.Executions, tt.q); !slices.Equal(got, tt.want) {
			t.Errorf("by %s: found %v, want %v", tt.name, got, tt.want)
		}
	}
	if got := found(t, db.DeadLetters, host.ExecutionQuery{}); !slices.Equal(got, []string{"exe_2"}) {
		t.Errorf("dead letters are %v, want exe_2", got)
	}
	a, err := db.Action(t.Context(), "one")
	if err != nil || len(a.Secrets) != 1 || a.Deployed == nil || a.Deployed.Source != nil {
		t.Errorf("the action is %+v, %v, want it with a secret and an uploaded version", a, err)
	}
}

// FuzzSearchText searches for whatever text: it is refused as text without
// words, or brings a page.
func FuzzSearchText(f *testing.F) {
	for _, seed := range []string{"timeout", `"`, `a" OR "b`, "con*", "***", "NEAR(a, 2)", "a\x00b", "\xff", "数据*", "😀", "ﬁ"} {
		f.Add(seed)
	}
	db := openWithActions(f, 1, nil)
	if _, err := db.Accept(context.Background(), []host.NewEvent{registration()}); err != nil {
		f.Fatal(err)
	}
	claimed, err := db.Claim(context.Background(), 1)
	if err != nil {
		f.Fatal(err)
	}
	x := claimed[0]
	f.Fuzz(func(t *testing.T, text string) {
		recordFailure(t, db, x, text)
		got, err := db.Executions(t.Context(), host.ExecutionQuery{Text: text})
		switch {
		case err != nil && host.CodeOf(err) != host.Invalid:
			t.Fatalf("%q: %v", text, err)
		case err == nil && len(got) == 0 && len(text) < 4096 && strings.ContainsAny(text, "aeiou0123456789"):
			t.Fatalf("%q is not found", text)
		}
	})
}

// recordFailure records an attempt that failed with this message.
func recordFailure(t *testing.T, db *sqlite.DB, x host.Execution, message string) {
	t.Helper()
	done := make(chan error, 1)
	err := db.Record(t.Context(), host.Outcome{
		ExecutionID: x.ID, Epoch: x.Epoch, Status: host.StatusRunning, Progress: x.Progress,
		Result: &host.Result{ExecutionID: x.ID, ActionID: x.Plan[0].ActionID, Error: &host.ResultError{Message: message}},
	}, func(err error) { done <- err })
	if err == nil {
		err = <-done
	}
	if err != nil {
		t.Fatal(err)
	}
}
