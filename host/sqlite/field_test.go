package sqlite_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/hosttest"
)

// rowsOf counts the rows of a table.
func rowsOf(t *testing.T, dir, table string) (n int) {
	t.Helper()
	if err := raw(t, dir).QueryRowContext(t.Context(), `SELECT COUNT(*) FROM `+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestNoValueOfAForgottenEventStays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db := reopen(t, dir)
	fields := []string{"user.email", "user.tags", "user.n"}
	if err := db.SetSearchableFields(t.Context(), fields); err != nil {
		t.Fatal(err)
	}
	for i := range 60 {
		e := hosttest.Event(i)
		e.Body = fmt.Appendf(nil, `{"user":{"email":"A%d@x","tags":["a","b","%d"],"n":%d.0}}`, i, i, i)
		accepted, err := db.Accept(t.Context(), []host.NewEvent{e})
		if err != nil {
			t.Fatal(err)
		}
		if i%3 == 0 {
			if _, err := db.RerunExecution(t.Context(), accepted[0].ExecutionID, host.RerunOptions{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := rowsOf(t, dir, "field_value"); n != 80*5 {
		t.Fatalf("%d values are indexed, want %d", n, 80*5)
	}
	if _, err := db.Expire(t.Context(), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if n := rowsOf(t, dir, "field_value"); n != 0 {
		t.Errorf("%d values are still indexed, want none", n)
	}
}

func TestValuesOfAFieldThatIsNotSearchableAnyMoreAreDeleted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db := reopen(t, dir)
	if err := db.SetSearchableFields(t.Context(), []string{"user.tags"}); err != nil {
		t.Fatal(err)
	}
	e := hosttest.Event(1)
	e.Body = []byte(`{"user":{"tags":["a","b"]}}`)
	if _, err := db.Accept(t.Context(), []host.NewEvent{e}); err != nil {
		t.Fatal(err)
	}
	if err := db.SetSearchableFields(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if err := db.IndexFields(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"field_value", "searchable_field"} {
		if n := rowsOf(t, dir, table); n != 0 {
			t.Errorf("%s has %d rows, want none", table, n)
		}
	}
}
