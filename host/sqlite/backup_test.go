package sqlite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sqlite"
)

func TestABackupIsOneMomentOfADatabaseThatIsWritten(t *testing.T) {
	t.Parallel()
	db, dir := openTemp(t, sqlite.Options{})
	accept := func(i int) {
		if _, err := db.Accept(t.Context(), []host.NewEvent{marked(fmt.Sprint(i))}); err != nil {
			t.Error(err)
		}
	}
	for i := range 50 {
		accept(i)
	}
	var writing sync.WaitGroup
	writing.Go(func() {
		for i := range 200 {
			accept(50 + i)
		}
	})
	restored := t.TempDir()
	file := filepath.Join(restored, sqlite.FileName)
	size, err := sqlite.Backup(t.Context(), dir, file)
	writing.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Size() != size || info.Mode().Perm() != 0o600 {
		t.Errorf("file %+v of %d bytes, %v", info, size, err)
	}
	if rest, err := filepath.Glob(filepath.Join(restored, ".*")); err != nil || len(rest) > 0 {
		t.Errorf("left are %q, %v", rest, err)
	}
	again := reopen(t, restored)
	all, err := again.Executions(t.Context(), host.ExecutionQuery{Limit: 500})
	if err != nil || len(all) < 50 || len(all) > 250 {
		t.Fatalf("%d executions, %v", len(all), err)
	}
	for _, x := range all {
		if _, err := again.Event(t.Context(), x.EventID); err != nil {
			t.Errorf("event of %s: %v", x.ID, err)
		}
	}
}

func TestABackupOverwritesNothing(t *testing.T) {
	t.Parallel()
	_, dir := openTemp(t, sqlite.Options{})
	file := filepath.Join(t.TempDir(), "backup.db")
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := sqlite.Backup(t.Context(), dir, file)
	if e := hostError(t, err); e.Code != host.Conflict || string(read(t, file)) != "mine" {
		t.Errorf("error %v", e)
	}
	_, err = sqlite.Backup(t.Context(), t.TempDir(), file+"2")
	if e := hostError(t, err); e.Code != host.NotFound || e.Fix == nil {
		t.Errorf("error %v", e)
	}
	if _, err := sqlite.Backup(t.Context(), dir, filepath.Join(dir, "no", "such", "folder.db")); err == nil {
		t.Error("made a backup nowhere")
	}
}
