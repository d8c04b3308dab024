package calljournal_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/calljournal"
)

func open(t testing.TB, dir string) *calljournal.Journal {
	t.Helper()
	j, err := calljournal.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func keep(t testing.TB, j *calljournal.Journal, attempt string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if err := j.Append(attempt, []byte(part), false); err != nil {
			t.Fatal(err)
		}
	}
}

// left returns what is left of an attempt, each time that it ran as one string.
func left(j *calljournal.Journal, attempt string) (runs []string) {
	for _, parts := range j.Left(attempt) {
		runs = append(runs, string(bytes.Join(parts, []byte("|"))))
	}
	return runs
}

func expect(t *testing.T, j *calljournal.Journal, attempt string, want ...string) {
	t.Helper()
	if got := left(j, attempt); !slices.Equal(got, want) {
		t.Errorf("of %s is left %q, want %q", attempt, got, want)
	}
}

func TestWhatAProcessKeptIsThereForTheNext(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, dir)
	keep(t, j, "exe_1-0-1", "a", "b")
	keep(t, j, "exe_2-0-1", "c")
	expect(t, j, "exe_1-0-1") // a process does not resume from what it runs itself
	j = open(t, dir)
	expect(t, j, "exe_1-0-1", "a|b")
	expect(t, j, "exe_2-0-1", "c")
	expect(t, j, "exe_3-0-1")
	keep(t, j, "exe_1-0-1", "a", "d") // it is made again, and cut off again
	j = open(t, dir)
	expect(t, j, "exe_1-0-1", "a|b", "a|d")
}

func TestAForgottenAttemptIsGone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, dir)
	keep(t, j, "exe_1-0-1", "a")
	j = open(t, dir)
	keep(t, j, "exe_1-0-1", "b")
	j.Forget("exe_1-0-1")
	expect(t, j, "exe_1-0-1")
	keep(t, j, "exe_2-0-1", "c") // in the file that is free now
	j = open(t, dir)
	expect(t, j, "exe_1-0-1")
	expect(t, j, "exe_2-0-1", "c")
}

func TestWhatAnAttemptLeavesIsThereAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, dir)
	keep(t, j, "exe_1-0-1", "a", "b")
	j.Leave("exe_1-0-1")
	j.Leave("exe_1-0-2") // of which nothing was kept
	expect(t, j, "exe_1-0-1", "a|b")
	keep(t, j, "exe_1-0-1", "c") // it is made again
	expect(t, j, "exe_1-0-1", "a|b")
	expect(t, open(t, dir), "exe_1-0-1", "a|b", "c")
	j.Forget("exe_1-0-1")
	expect(t, j, "exe_1-0-1")
	expect(t, open(t, dir), "exe_1-0-1")
}

func TestAFileIsUsedAgainWithoutItsOldContent(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, dir)
	for i := range 100 {
		attempt := fmt.Sprint("exe_", i, "-0-1")
		keep(t, j, attempt, strings.Repeat("x", 1000*(100-i)), "y")
		j.Forget(attempt)
	}
	keep(t, j, "exe_now-0-1", "a")
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("there are %d files, want 1", len(entries))
	}
	expect(t, open(t, dir), "exe_now-0-1", "a")
}

func TestABigFileIsMadeSmallBeforeItIsUsedAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, dir)
	keep(t, j, "exe_1-0-1", strings.Repeat("x", 3<<20))
	j.Forget("exe_1-0-1")
	keep(t, j, "exe_2-0-1", "a")
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Fatalf("%d files, %v", len(entries), err)
	}
	if info, err := entries[0].Info(); err != nil || info.Size() > 1000 {
		t.Errorf("it has %d bytes, %v", info.Size(), err)
	}
}

func TestClosingLeavesWhatWasCutOff(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, dir)
	keep(t, j, "exe_1-0-1", "a")
	keep(t, j, "exe_2-0-1", "b")
	j.Forget("exe_1-0-1")
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("there are %d files, want 1", len(entries))
	}
	expect(t, open(t, dir), "exe_2-0-1", "b")
}

func TestAFileMayBeCutAnywhereAndHaveAnyContent(t *testing.T) {
	t.Parallel()
	whole := t.TempDir()
	keep(t, open(t, whole), "exe_1-0-1", "first", "second")
	entries, err := os.ReadDir(whole)
	if err != nil || len(entries) != 1 {
		t.Fatalf("%d files, %v", len(entries), err)
	}
	name := entries[0].Name()
	data, err := os.ReadFile(filepath.Join(whole, name))
	if err != nil {
		t.Fatal(err)
	}
	contents := [][]byte{bytes.Repeat([]byte{0xff}, 500), bytes.Repeat([]byte("usher calls 1\n"), 30), make([]byte, 300)}
	for n := range data {
		contents = append(contents, data[:n])
	}
	for _, content := range contents {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, run := range left(open(t, dir), "exe_1-0-1") {
			if run != "first" && run != "first|second" {
				t.Errorf("of %d bytes is left %q", len(content), run)
			}
		}
	}
}

func TestWhatIsTooOldToResumeFromIsDeleted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	keep(t, open(t, dir), "exe_1-0-1", "a")
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Fatalf("%d files, %v", len(entries), err)
	}
	path, old := filepath.Join(dir, entries[0].Name()), time.Now().Add(-host.MaxResumeAge-time.Hour)
	if err := os.Chtimes(path, old, old); err != nil {
		t.Fatal(err)
	}
	foreign := filepath.Join(dir, "README")
	if err := os.WriteFile(foreign, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	expect(t, open(t, dir), "exe_1-0-1")
	if _, err := os.Stat(path); err == nil {
		t.Error("it is still there")
	}
	if _, err := os.Stat(foreign); err != nil {
		t.Errorf("what is not ours is gone: %v", err)
	}
}

func TestAttemptsAreKeptAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, dir)
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			for round := range 20 {
				attempt := fmt.Sprintf("exe_%d-%d-1", i, round)
				keep(t, j, attempt, attempt, "x")
				if round < 19 {
					j.Forget(attempt)
				}
			}
		})
	}
	all.Wait()
	j = open(t, dir)
	for i := range 16 {
		expect(t, j, fmt.Sprintf("exe_%d-19-1", i), fmt.Sprintf("exe_%d-19-1|x", i))
		expect(t, j, fmt.Sprintf("exe_%d-18-1", i))
	}
}

func BenchmarkAppend(b *testing.B) {
	part := make([]byte, 600)
	for _, durable := range []bool{false, true} {
		b.Run(fmt.Sprint("durable=", durable), func(b *testing.B) {
			j := open(b, b.TempDir())
			for b.Loop() {
				if err := j.Append("exe_1-0-1", part, durable); err != nil {
					b.Fatal(err)
				}
				if err := j.Append("exe_1-0-1", part, durable); err != nil {
					b.Fatal(err)
				}
				j.Forget("exe_1-0-1")
			}
		})
	}
}
