package powerloss_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/usherhost/usher/host/durable"
	"github.com/usherhost/usher/host/internal/powerloss"
)

// left cuts the power and returns a directory with what is left.
func left(t *testing.T, m *machine, loss powerloss.Loss) string {
	t.Helper()
	m.disk.Cut()
	m.off()
	dir := t.TempDir()
	if err := m.disk.Survivors(loss, rand.New(rand.NewPCG(1, 2))).Export(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func try(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// writeFile writes a file, and syncs it when asked.
func writeFile(path string, content []byte, sync bool) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil && sync {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func TestOnlyWhatIsSyncedSurvivesThePower(t *testing.T) {
	t.Parallel()
	m := boot(t, powerloss.NewDisk())
	at := func(name string) string { return filepath.Join(m.dir, name) }
	try(t,
		os.Mkdir(at("d"), 0o700), writeFile(at("d/whole"), []byte("whole"), true), writeFile(at("d/empty"), []byte("lost"), false),
		durable.SyncDir(at("d")), durable.SyncDir(m.dir),
		writeFile(at("nameless"), []byte("synced, and its directory not"), true),
		os.WriteFile(at("d/whole"), []byte("overwritten"), 0o600),
		os.Rename(at("d/whole"), at("d/renamed")),
	)
	dir := left(t, m, powerloss.LoseAll)
	for name, want := range map[string]string{"d/whole": "whole", "d/empty": ""} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v; want %q", name, got, err, want)
		}
	}
	for _, name := range []string{"nameless", "d/renamed"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			t.Errorf("%s survived", name)
		}
	}
}

func TestANameMaySurviveWithoutItsContent(t *testing.T) {
	t.Parallel()
	m := boot(t, powerloss.NewDisk())
	try(t, writeFile(filepath.Join(m.dir, "f"), []byte("lost"), false))
	if got, err := os.ReadFile(filepath.Join(left(t, m, powerloss.LoseDataOnly), "f")); err != nil || len(got) > 0 {
		t.Errorf("%q, %v; want an empty file", got, err)
	}
}

func TestAWriteIsTornBetweenSectors(t *testing.T) {
	t.Parallel()
	m := boot(t, powerloss.NewDisk())
	path := filepath.Join(m.dir, "f")
	try(t, writeFile(path, bytes.Repeat([]byte{'a'}, 64<<10), true), durable.SyncDir(m.dir))
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	try(t, err)
	_, err = f.WriteAt(bytes.Repeat([]byte{'b'}, 32<<10), 100)
	try(t, err, f.Close())
	got, err := os.ReadFile(filepath.Join(left(t, m, powerloss.LoseSectors), "f"))
	try(t, err)
	if len(got) != 64<<10 || bytes.Count(got, []byte{'b'}) == 0 || bytes.Count(got, []byte{'b'}) == 32<<10 {
		t.Errorf("%d bytes with %d of the write, want a part of it", len(got), bytes.Count(got, []byte{'b'}))
	}
	for at := 512; at < 32<<10; at += 512 {
		if sector := got[at : at+512]; bytes.Count(sector, sector[:1]) != 512 {
			t.Fatalf("the sector at %d is torn itself", at)
		}
	}
}

func TestNothingIsWrittenAfterThePowerFailed(t *testing.T) {
	t.Parallel()
	m := boot(t, powerloss.NewDisk())
	path := filepath.Join(m.dir, "f")
	f, err := os.Create(path)
	try(t, err)
	defer func() { _ = f.Close() }()
	m.disk.CutWhen(func(o powerloss.Op) bool { return o.Kind == powerloss.OpSync })
	_, err = f.WriteString("in time")
	try(t, err)
	if err := f.Sync(); !errors.Is(err, syscall.EIO) {
		t.Errorf("sync: %v, want EIO", err)
	}
	if _, err := f.WriteString("too late"); !errors.Is(err, syscall.EIO) {
		t.Errorf("write: %v, want EIO", err)
	}
}
