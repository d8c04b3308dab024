package sqlite_test

import (
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sqlite"
)

// BenchmarkBegan is what noting an execution costs each of them.
func BenchmarkBegan(b *testing.B) {
	db, err := sqlite.Open(b.Context(), b.TempDir(), sqlite.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	id := host.NewID(host.ExecutionPrefix)
	for b.Loop() {
		db.Ended(db.Began(id))
	}
}
