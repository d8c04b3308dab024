package bootstrap_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/jsbuild/bootstrap"
	"github.com/usherhost/usher/host/jsbuild/dist"
	"github.com/usherhost/usher/host/jsbuild/engine"
	"github.com/usherhost/usher/host/jsbuild/npm/locked"
	"github.com/usherhost/usher/host/made"
)

// kept is the public registry, with the packages that `task engine` fetched.
func kept(t *testing.T) locked.Source {
	t.Helper()
	dir, err := bootstrap.Kept()
	if err != nil {
		t.Fatal(err)
	}
	return locked.Source{Kept: dir, Registry: os.Getenv("USHER_NPM_REGISTRY"), Folder: os.Getenv("USHER_NPM_FOLDER")}
}

func TestTheEngineIsMadeTheSameEachTime(t *testing.T) {
	t.Parallel()
	var lines atomic.Int32
	first, again := t.TempDir(), t.TempDir()
	for _, dir := range []string{first, again} {
		if err := bootstrap.Make(t.Context(), kept(t), dir, func(string) { lines.Add(1) }); err != nil {
			t.Fatal(err)
		}
	}
	if lines.Load() < 4 {
		t.Errorf("%d lines report it", lines.Load())
	}
	count := 0
	err := filepath.WalkDir(first, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		count++
		name, _ := filepath.Rel(first, path)
		one, err := os.ReadFile(path)
		other, err2 := os.ReadFile(filepath.Join(again, name))
		if !bytes.Equal(one, other) {
			t.Errorf("%s was made twice, with %d and %d bytes that differ", name, len(one), len(other))
		}
		if strings.HasPrefix(name, "work-") {
			t.Errorf("%s was left", name)
		}
		return errors.Join(err, err2)
	})
	if err != nil || count < 10 {
		t.Errorf("%d files, %v", count, err)
	}
	wasm, err := os.ReadFile(filepath.Join(first, "engine.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"JS_ParseJSON", "post_user_registration"} { // profiles show them
		if !bytes.Contains(wasm, []byte(name)) {
			t.Errorf("the engine does not name %s", name)
		}
	}
}

// TestTheGlueIsWhatItsSourceMakes needs the compiler that the committed module
// was made with; without it there is nothing to compare.
func TestTheGlueIsWhatItsSourceMakes(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("clang-19"); err != nil {
		t.Log("clang-19 is not installed: glue.wasm is not compared with glue.c")
		return
	}
	made := filepath.Join(t.TempDir(), "glue.wasm")
	if out, err := exec.CommandContext(t.Context(), filepath.Join("..", "engine", "glue", "build"), made).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	got, err := os.ReadFile(made)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, engine.Glue) {
		t.Error("glue.wasm is not what glue.c makes: run host/jsbuild/engine/glue/build and commit both")
	}
}

func TestEveryPackageHasALicense(t *testing.T) {
	t.Parallel()
	packages, err := bootstrap.Packages()
	if err != nil {
		t.Fatal(err)
	}
	if len(packages) < 20 {
		t.Errorf("%d packages", len(packages))
	}
	for _, p := range packages {
		if p.License == "" {
			t.Errorf("the lockfile names no license of %s", p)
		}
	}
}

// TestAnEngineThatCantBeMadeSaysWhatToDo: each cause names its own way out.
func TestAnEngineThatCantBeMadeSaysWhatToDo(t *testing.T) {
	t.Parallel()
	serve := func(answer http.HandlerFunc) string {
		s := httptest.NewServer(answer)
		t.Cleanup(s.Close)
		return s.URL
	}
	closed := serve(func(http.ResponseWriter, *http.Request) {})
	for name, tt := range map[string]struct {
		source locked.Source
		text   string
		hint   string
	}{
		"a package that was changed": {locked.Source{Registry: serve(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("evil")) })}, "digest", "changes packages"},
		"a registry without it":      {locked.Source{Registry: serve(http.NotFound)}, "404", "passes on"},
		"a registry that is closed":  {locked.Source{Registry: serve(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })}, "403", "USER:PASSWORD"},
		"a registry of something":    {locked.Source{Registry: closed + "/%zz"}, "can't be made", "USHER_NPM_REGISTRY"},
		"an empty folder":            {locked.Source{Folder: t.TempDir()}, "there is no file", "usher engine fetch"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := bootstrap.Fetch(t.Context(), tt.source, filepath.Join(t.TempDir(), "packages"))
			wrong, ok := errors.AsType[*host.Error](err)
			if !ok || !errors.Is(err, dist.ErrNoEngine) || !strings.Contains(wrong.Text, tt.text) || !strings.Contains(wrong.Hint, tt.hint) {
				t.Errorf("error %v, %+v", err, wrong)
			}
		})
	}
}

func TestAnEmbeddedEngineIsUsedWhereThereIsOne(t *testing.T) {
	t.Parallel()
	e := bootstrap.Engine{Source: locked.Source{Registry: "http://127.0.0.1:1"}, Cache: made.Cache{Dir: t.TempDir()}, Offline: true}
	where, err := e.Ensure(context.Background())
	if dist.Embedded() {
		if err != nil || !where.Embedded {
			t.Errorf("%+v, %v", where, err)
		}
		return
	}
	if wrong, ok := errors.AsType[*host.Error](err); !ok || !strings.Contains(wrong.Hint, "usher engine make") {
		t.Errorf("offline: %v", err)
	}
}
