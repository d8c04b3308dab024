package seal_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/seal"
	"github.com/usherhost/usher/host/sqlite"
)

// rotateVariable makes the test binary rotate the keys of a data directory, and kill
// itself at a durable step: "STEP:DIRECTORY".
const rotateVariable = "USHER_SEAL_TEST_ROTATE"

func TestMain(m *testing.M) {
	if step, dir, rotates := strings.Cut(os.Getenv(rotateVariable), ":"); rotates {
		n, err := strconv.Atoi(step)
		if err == nil {
			err = rotateUntil(dir, n)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// mortal is a database whose process is killed at the n-th durable step of a rotation:
// before and after each write of the data keys, and after each commit of values.
type mortal struct {
	*sqlite.DB
	left int
}

func (m *mortal) step() {
	if m.left--; m.left == 0 {
		if self, err := os.FindProcess(os.Getpid()); err == nil {
			_ = self.Kill()
		}
		select {}
	}
}

func (m *mortal) SetMeta(ctx context.Context, name string, value []byte) error {
	m.step()
	err := m.DB.SetMeta(ctx, name, value)
	m.step()
	return err
}

func (m *mortal) Reseal(ctx context.Context, replace func(place, sealed []byte) ([]byte, error), done func(n int)) error {
	return m.DB.Reseal(ctx, replace, func(n int) { done(n); m.step() })
}

func keyFileIn(dir string) string { return filepath.Join(dir, "secrets.key") }

func rotateUntil(dir string, step int) error {
	db, err := sqlite.Open(context.Background(), dir, sqlite.Options{})
	if err != nil {
		return err
	}
	m := &mortal{DB: db, left: step}
	r := seal.Rotation{Store: m, Values: m, Key: seal.Options{CreateFile: keyFileIn(dir)}}
	rotated, err := r.Run(context.Background())
	if err != nil {
		return err
	}
	fmt.Println("rotated", rotated.Values, rotated.Unreadable, rotated.OldKeyFile)
	return db.Close()
}

// rotate runs a rotation in a process of its own, and reports whether it came to its
// end before the step at which it is killed.
func (h *sealedHost) rotate(step int) (line string, ended bool) {
	h.t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), rotateVariable+"="+strconv.Itoa(step)+":"+h.dir)
	var out, errs bytes.Buffer
	child.Stdout, child.Stderr = &out, &errs
	err := child.Run()
	if err == nil {
		return out.String(), true
	}
	if child.ProcessState.Exited() {
		h.t.Fatalf("rotation until step %d: %v: %s", step, err, errs.String())
	}
	return "", false
}

// sealedUnder counts, over all columns of all tables, the values that are sealed under
// each data key.
func (h *sealedHost) sealedUnder() map[string]int {
	h.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(h.dir, sqlite.FileName))
	h.ok(err)
	defer func() { _ = db.Close() }()
	queries := h.column(db, `
		SELECT printf('SELECT hex(substr("%w", 1, 5)) FROM "%w" WHERE typeof("%w") = ''blob'' AND substr("%w", 1, 1) = x''01'' AND length("%w") > 28',
			c.name, t.name, c.name, c.name, c.name)
		FROM sqlite_schema t, pragma_table_info(t.name) c
		WHERE t.type = 'table' AND t.sql NOT LIKE 'CREATE VIRTUAL%' AND t.name NOT LIKE 'failure%'`)
	count := map[string]int{}
	for _, query := range queries {
		for _, prefix := range h.column(db, query) {
			count[prefix]++
		}
	}
	return count
}

// column returns the strings that a query selects.
func (h *sealedHost) column(db *sql.DB, query string) (values []string) {
	h.t.Helper()
	rows, err := db.Query(query)
	h.ok(err)
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var text string
		h.ok(rows.Scan(&text))
		values = append(values, text)
	}
	h.ok(rows.Err())
	return values
}

// TestRotationThatIsKilledAtAnyStepGoesOn kills a rotation at each durable step in
// turn. After each kill the host starts and reads everything, and the next run goes on.
func TestRotationThatIsKilledAtAnyStepGoesOn(t *testing.T) {
	t.Parallel()
	h := newSealedHost(t)
	h.check()
	before := h.sealedUnder()
	if len(before) != 1 {
		t.Fatalf("before, values are sealed under %v, want one data key", before)
	}
	oldKey, err := os.ReadFile(keyFileIn(h.dir))
	h.ok(err)
	kills := 0
	killAt := func(step int) (goesOn bool) {
		line, ended := h.rotate(step)
		h.check()
		if ended {
			t.Errorf("the rotation was not killed at step %d: %s", step, line)
			return false
		}
		kills++
		key, err := os.ReadFile(keyFileIn(h.dir))
		h.ok(err)
		// Another key: the database had it already, and the start in check put it in its
		// place.
		return bytes.Equal(key, oldKey)
	}
	killAt(1) // before the new data key is stored
	killAt(2) // and after it: a run that goes on begins with the commits of values
	for step := 1; killAt(step); step++ {
	}
	if commits := 10; kills != 2+commits+2 {
		t.Errorf("%d kills, want one before and after each write of the data keys, and one after each of %d commits", kills, commits)
	}
	after := h.sealedUnder()
	for prefix := range before {
		if after[prefix] != 0 {
			t.Errorf("%d values are still sealed under the old data key", after[prefix])
		}
	}
	if len(after) != 1 {
		t.Errorf("after, values are sealed under %v, want one data key", after)
	}
	h.wantOldKeyUseless(oldKey)
}

// wantOldKeyUseless expects the old key in its own file, and not to open the database.
func (h *sealedHost) wantOldKeyUseless(oldKey []byte) {
	h.t.Helper()
	old, err := filepath.Glob(keyFileIn(h.dir) + ".old-*")
	h.ok(err)
	if len(old) != 1 {
		h.t.Fatalf("old key files: %v, want one", old)
	}
	if kept, err := os.ReadFile(old[0]); err != nil || !bytes.Equal(kept, oldKey) {
		h.t.Errorf("the old key file holds another key, %v", err)
	}
	if _, err := os.Stat(keyFileIn(h.dir) + ".new"); err == nil {
		h.t.Error("the new key file is left over")
	}
	db, err := sqlite.Open(h.t.Context(), h.dir, sqlite.Options{})
	h.ok(err)
	defer func() { _ = db.Close() }()
	_, err = seal.Open(h.t.Context(), seal.Options{KeyFile: old[0]}, db)
	wantError(h.t, err, host.Refused, "does not fit the database")
}

func TestRotationIsCompletedWhereverItsFilesWereLeft(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		undo func(path, old string) error // what the last step had done
	}{
		{"neither file renamed", func(path, old string) error {
			return firstError(os.Rename(path, path+".new"), os.Rename(old, path))
		}},
		{"the old file renamed", func(path, _ string) error { return os.Rename(path, path+".new") }},
	} {
		for _, by := range []string{"the next start", "the next rotation"} {
			t.Run(tt.name+", by "+by, func(t *testing.T) {
				t.Parallel()
				path, store := filepath.Join(t.TempDir(), "secrets.key"), &memory{}
				o := seal.Options{CreateFile: path}
				mustOpen(t, o, store)
				rotation := seal.Rotation{Store: store, Values: values{}, Key: o}
				first, err := rotation.Run(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if err := tt.undo(path, first.OldKeyFile); err != nil {
					t.Fatal(err)
				}
				if by == "the next rotation" {
					again, err := rotation.Run(t.Context())
					if err != nil || again.KeyID != first.KeyID {
						t.Fatalf("the second run made key %s (%v), want that of the first, %s", again.KeyID, err, first.KeyID)
					}
				}
				if id := mustOpen(t, o, store).KeyID(); id != first.KeyID {
					t.Errorf("the host opened it with key %s, want %s", id, first.KeyID)
				}
				if _, err := os.Stat(first.OldKeyFile); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// values has none.
type values struct{}

func (values) CountSealed(context.Context) (int, error) { return 0, nil }

func (values) Reseal(context.Context, func(place, sealed []byte) ([]byte, error), func(int)) error {
	return nil
}

func TestRotationToAKeyOfTheOperator(t *testing.T) {
	t.Parallel()
	before, after, store := seal.Options{Key: seal.NewKey()}, seal.Options{Key: seal.NewKey()}, &memory{}
	mustOpen(t, before, store)
	_, err := (&seal.Rotation{Store: store, Values: values{}, Key: before}).Run(t.Context())
	wantError(t, err, host.Invalid, "the new one must be given")
	_, err = (&seal.Rotation{Store: store, Values: values{}, Key: before, NewKey: before}).Run(t.Context())
	wantError(t, err, host.Invalid, "is the present one")
	rotation := seal.Rotation{Store: store, Values: values{}, Key: before, NewKey: after}
	first, err := rotation.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	mustOpen(t, after, store)
	_, err = seal.Open(t.Context(), before, store)
	wantError(t, err, host.Refused, first.OldKeyID, first.KeyID)
	if again, err := rotation.Run(t.Context()); err != nil || again.KeyID != first.KeyID {
		t.Errorf("run again: %+v, %v; want the same key", again, err)
	}
}

func TestRotationOfAFreshStoreIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "secrets.key")
	_, err := (&seal.Rotation{Store: &memory{}, Values: values{}, Key: seal.Options{CreateFile: path}}).Run(t.Context())
	wantError(t, err, host.NotFound, "no encrypted values")
	if _, err := os.Stat(path + ".new"); err == nil {
		t.Error("a key file was made")
	}
}

func TestRotationLeavesWhatNoKeyOpens(t *testing.T) {
	t.Parallel()
	h := newSealedHost(t)
	h.with(func(db *sqlite.DB, box *seal.Box) {
		h.ok(db.SetSecrets(t.Context(), "act_1", []host.SealedSecret{{Name: "TOKEN_7", Value: mustSeal(t, box, "v", "elsewhere")}}, nil))
	})
	line, ended := h.rotate(0)
	if !ended || !strings.HasPrefix(line, fmt.Sprintf("rotated %d 1 ", 3*sealedOfAKind+1)) {
		t.Errorf("the rotation printed %q, want one value that no key opens", line)
	}
}
