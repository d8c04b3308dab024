package made_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/usherhost/usher/host/made"
)

func writes(name string) func(context.Context, string) error {
	return func(_ context.Context, dir string) error {
		return os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600)
	}
}

func TestItIsMadeOnceForAll(t *testing.T) {
	t.Parallel()
	c := made.Cache{Dir: t.TempDir()}
	var times, waited atomic.Int32
	begun := make(chan struct{})
	r := made.Recipe{Name: "engine", Key: "a", Make: func(ctx context.Context, dir string) error {
		if times.Add(1) == 1 {
			close(begun)
		}
		for waited.Load() == 0 { // another one waits now
			if ctx.Err() != nil {
				return ctx.Err()
			}
			time.Sleep(time.Millisecond)
		}
		return writes("x")(ctx, dir)
	}}
	if dir, err := c.Find(r); dir != "" || err != nil {
		t.Fatalf("before: %q, %v", dir, err)
	}
	var group sync.WaitGroup
	for i := range 3 {
		group.Go(func() {
			if i > 0 {
				<-begun
			}
			dir, err := c.Ensure(t.Context(), r, func() { waited.Add(1) })
			if err != nil {
				t.Error(err)
				return
			}
			if text, err := os.ReadFile(filepath.Join(dir, "x")); err != nil || string(text) != "x" {
				t.Errorf("%q, %v", text, err)
			}
		})
	}
	group.Wait()
	if times.Load() != 1 {
		t.Errorf("it was made %d times", times.Load())
	}
	if dir, err := c.Find(r); dir == "" || err != nil {
		t.Errorf("after: %q, %v", dir, err)
	}
}

func TestWhatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	c := made.Cache{Dir: t.TempDir()}
	wrong := errors.New("no network")
	r := made.Recipe{Name: "engine", Key: "a", Make: func(ctx context.Context, dir string) error {
		return errors.Join(writes("half")(ctx, dir), wrong)
	}}
	if _, err := c.Ensure(t.Context(), r, nil); !errors.Is(err, wrong) {
		t.Errorf("error %v", err)
	}
	left, err := filepath.Glob(filepath.Join(c.Dir, "engine", "*", "*"))
	if dir, found := c.Find(r); dir != "" || found != nil || len(left) > 0 || err != nil {
		t.Errorf("found %q, %v; left %v, %v", dir, found, left, err)
	}
	r.Make = writes("x")
	if dir, err := c.Ensure(t.Context(), r, nil); dir == "" || err != nil {
		t.Errorf("then: %q, %v", dir, err)
	}
}

func TestWhatIsNotWholeAnyMoreIsMadeAgain(t *testing.T) {
	t.Parallel()
	c := made.Cache{Dir: t.TempDir()}
	r := made.Recipe{Name: "engine", Key: "a", Files: []string{"x"}, Make: writes("x")}
	dir, err := c.Ensure(t.Context(), r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Remove(filepath.Join(dir, "x")), os.WriteFile(filepath.Join(dir, "y"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if found, err := c.Find(r); found != "" || err != nil {
		t.Errorf("found %q, %v", found, err)
	}
	again, err := c.Ensure(t.Context(), r, nil)
	if err != nil || again != dir {
		t.Errorf("made again in %q, %v", again, err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 || entries[0].Name() != "x" {
		t.Errorf("it has %v", entries)
	}
}

func TestAnotherKeyIsMadeBesideIt(t *testing.T) {
	t.Parallel()
	c := made.Cache{Dir: t.TempDir()}
	old, err := c.Ensure(t.Context(), made.Recipe{Name: "engine", Key: "old", Make: writes("old")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	ensure := func(key string) string {
		dir, err := c.Ensure(t.Context(), made.Recipe{Name: "engine", Key: key, Make: writes("new")}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return dir
	}
	if fresh := ensure("new"); fresh == old {
		t.Errorf("both are in %s", old)
	}
	if _, err := os.Stat(old); err != nil {
		t.Errorf("what is in use was removed: %v", err)
	}
	long := time.Now().Add(-60 * 24 * time.Hour)
	if err := os.Chtimes(old, long, long); err != nil {
		t.Fatal(err)
	}
	ensure("newest")
	if _, err := os.Stat(old); err == nil {
		t.Error("what was not used for two months is still there")
	}
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	t.Parallel()
	c := made.Cache{Dir: t.TempDir()}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := c.Ensure(t.Context(), made.Recipe{Name: "engine", Key: "a", Make: func(_ context.Context, dir string) error {
		_, err := c.Ensure(ctx, made.Recipe{Name: "engine", Key: "a"}, cancel)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		return writes("x")(ctx, dir)
	}}, nil)
	if err != nil {
		t.Error(err)
	}
}

func TestTheKeyIsOfEveryFile(t *testing.T) {
	t.Parallel()
	key := func(of string, files fstest.MapFS) string {
		k, err := made.Key([]string{of}, files)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	text := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	base := key("1", fstest.MapFS{"a": text("x"), "b/c": text("y")})
	if base != key("1", fstest.MapFS{"a": text("x"), "b/c": text("y")}) {
		t.Error("the same files have two keys")
	}
	for name, other := range map[string]string{
		"another string":  key("2", fstest.MapFS{"a": text("x"), "b/c": text("y")}),
		"another content": key("1", fstest.MapFS{"a": text("z"), "b/c": text("y")}),
		"another name":    key("1", fstest.MapFS{"a": text("x"), "b/d": text("y")}),
		"content moved":   key("1", fstest.MapFS{"a": text("xb/c"), "c": text("y")}),
		"a file less":     key("1", fstest.MapFS{"a": text("x")}),
	} {
		if other == base {
			t.Errorf("%s has the same key", name)
		}
	}
}
