package sqlite_test

import (
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/storetest"
	"github.com/usherhost/usher/host/sqlite"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Open {
		dir := t.TempDir()
		return func(t *testing.T, d host.Dispatcher) host.Store {
			t.Helper()
			db, err := sqlite.Open(t.Context(), dir, sqlite.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if d != nil {
				db.SetDispatcher(d)
			}
			return db
		}
	})
}
