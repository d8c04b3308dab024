package sqlite_test

import (
	"bytes"
	"database/sql"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sqlite"
)

// TestModulesAreStoredCompressed stores modules that compress well, not at all
// and to more than they are, and one as earlier versions did.
func TestModulesAreStoredCompressed(t *testing.T) {
	t.Parallel()
	db, dir := openTemp(t, sqlite.Options{})
	chance := make([]byte, 1<<20)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(chance) // never fails
	if err := db.WriteAction(t.Context(), host.ActionWrite{Action: host.Action{ID: "act_1", Name: "one", Trigger: host.PostUserRegistration}, New: true}); err != nil {
		t.Fatal(err)
	}
	digests := map[string][]byte{}
	for _, wasm := range [][]byte{bytes.Repeat([]byte("\x00asm code "), 1<<17), chance, []byte("\x00asm"), {}} {
		v, err := db.CreateVersion(t.Context(), host.Version{ActionID: "act_1"}, wasm)
		if err != nil {
			t.Fatal(err)
		}
		digests[v.Digest] = wasm
	}
	raw, err := sql.Open("sqlite", filepath.Join(dir, sqlite.FileName)+"?_pragma=busy_timeout(60000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = raw.Close() })
	stored := func(digest string) (size int) {
		if err := raw.QueryRowContext(t.Context(), `SELECT length(wasm) FROM module WHERE digest = ?`, digest).Scan(&size); err != nil {
			t.Fatal(err)
		}
		return size
	}
	for digest, wasm := range digests {
		if size := stored(digest); size > len(wasm)+100 || len(wasm) > 1<<20 && size > len(wasm)/100 {
			t.Errorf("%d bytes are stored as %d", len(wasm), size)
		}
	}
	again := func() {
		t.Helper()
		for digest, wasm := range digests {
			got, err := db.Module(t.Context(), digest)
			if err != nil || !bytes.Equal(got, wasm) {
				t.Errorf("%d of %d bytes come back, %v", len(got), len(wasm), err)
			}
			v, err := db.CreateVersion(t.Context(), host.Version{ActionID: "act_1", Digest: digest}, nil)
			if err != nil || v.SizeBytes != int64(len(wasm)) {
				t.Errorf("a version of the module has %d of %d bytes, %v", v.SizeBytes, len(wasm), err)
			}
		}
	}
	again()
	for digest, wasm := range digests {
		if _, err := raw.ExecContext(t.Context(), `UPDATE module SET wasm = ? WHERE digest = ?`, append([]byte{}, wasm...), digest); err != nil {
			t.Fatal(err)
		}
		if size := stored(digest); size != len(wasm) {
			t.Fatalf("%d bytes are stored as %d", len(wasm), size)
		}
	}
	again()
}

func TestAModuleThatIsDamagedIsAnError(t *testing.T) {
	t.Parallel()
	db, dir := openTemp(t, sqlite.Options{})
	if err := db.WriteAction(t.Context(), host.ActionWrite{Action: host.Action{ID: "act_1", Name: "one", Trigger: host.PostUserRegistration}, New: true}); err != nil {
		t.Fatal(err)
	}
	v, err := db.CreateVersion(t.Context(), host.Version{ActionID: "act_1"}, bytes.Repeat([]byte("\x00asm code "), 1000))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := sql.Open("sqlite", filepath.Join(dir, sqlite.FileName)+"?_pragma=busy_timeout(60000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = raw.Close() })
	if _, err := raw.ExecContext(t.Context(), `UPDATE module SET wasm = substr(wasm, 1, length(wasm) - 6)`); err != nil {
		t.Fatal(err)
	}
	if wasm, err := db.Module(t.Context(), v.Digest); err == nil {
		t.Errorf("%d bytes come back", len(wasm))
	}
}
