//go:build unix

package files_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/files"
)

func open(t *testing.T, dir string) *files.Folder {
	t.Helper()
	f, err := files.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func TestAFolderReadsRegularFilesInsideOfItAlone(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	dir := filepath.Join(top, "folder")
	must(t,
		os.MkdirAll(filepath.Join(dir, "sub"), 0o700),
		os.WriteFile(filepath.Join(top, "outside"), []byte("secret"), 0o600),
		os.WriteFile(filepath.Join(dir, "inside"), []byte("text"), 0o600),
		os.WriteFile(filepath.Join(dir, "large"), []byte("0123456789"), 0o600),
		os.Symlink("inside", filepath.Join(dir, "link")),
		os.Symlink("../outside", filepath.Join(dir, "out")),
		os.Symlink(top, filepath.Join(dir, "top")),
		os.Symlink("nowhere", filepath.Join(dir, "dangling")),
		os.Symlink("/dev/zero", filepath.Join(dir, "zero")),
		os.Symlink("loop", filepath.Join(dir, "loop")),
		syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600),
	)
	f := open(t, dir)
	for name, want := range map[string]string{
		"inside": "text", "link": "text", "./sub/../inside": "text", "large": "has more than 9 bytes", "sub": "is not a regular file",
		"../outside": "is outside of", "/etc/passwd": "is outside of", "out": "is a link that leads out of", "top/outside": "is a link that leads out of",
		"zero": "is a link that leads out of", "loop": "is a link", "pipe": "is not a regular file", "": "is outside of", "missing": "no such file", "sub/missing": "no such file",
	} {
		data, err := f.Read(name, 9)
		switch {
		case err == nil && string(data) != want:
			t.Errorf("%q has %q, want %q", name, data, want)
		case err != nil && !strings.Contains(err.Error(), want):
			t.Errorf("%q: %v, want %q", name, err, want)
		case want == "no such file" && !errors.Is(err, fs.ErrNotExist):
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := files.Read(filepath.Join(dir, "pipe"), 9); host.CodeOf(err) != host.Invalid {
		t.Errorf("read a pipe: %v", err)
	}
	if _, err := files.Read("/dev/zero", 9); host.CodeOf(err) != host.Invalid {
		t.Errorf("read a device: %v", err)
	}
}

func TestAFolderIsWrittenThroughNoLink(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	dir := filepath.Join(top, "folder")
	outside := filepath.Join(top, "outside")
	must(t,
		os.MkdirAll(filepath.Join(dir, "folder.yaml"), 0o700),
		os.WriteFile(outside, []byte("mine"), 0o600),
		os.WriteFile(filepath.Join(dir, "second"), []byte("mine"), 0o600),
		os.Mkdir(filepath.Join(top, "elsewhere"), 0o700),
		os.Symlink("../outside", filepath.Join(dir, "out.yaml")),
		os.Symlink("second", filepath.Join(dir, "in.yaml")),
		os.Link(outside, filepath.Join(dir, "hard.yaml")),
		os.Symlink("../elsewhere", filepath.Join(dir, "actions")),
		os.Symlink("folder.yaml", filepath.Join(dir, "inner")),
		syscall.Mkfifo(filepath.Join(dir, "pipe.yaml"), 0o600),
	)
	f := open(t, dir)
	for _, name := range []string{"out.yaml", "in.yaml", "hard.yaml", "pipe.yaml", "new/deep/file.yaml"} {
		must(t, f.Write(name, []byte("theirs")))
		if data, err := f.Read(name, 100); err != nil || string(data) != "theirs" {
			t.Errorf("%s has %q, %v", name, data, err)
		}
		must(t, f.Write(name, []byte("theirs")))
	}
	for _, name := range []string{"actions/a.yaml", "inner/a.yaml", "folder.yaml", "../a.yaml", "/tmp/a.yaml", "..", "."} {
		if err := f.Write(name, []byte("theirs")); host.CodeOf(err) != host.Invalid {
			t.Errorf("wrote %s: %v", name, err)
		}
	}
	for _, path := range []string{outside, filepath.Join(dir, "second")} {
		if data, err := os.ReadFile(path); err != nil || string(data) != "mine" {
			t.Errorf("%s has %q now, %v", path, data, err)
		}
	}
	left, err := os.ReadDir(filepath.Join(top, "elsewhere"))
	if err != nil || len(left) > 0 {
		t.Errorf("elsewhere has %v, %v", left, err)
	}
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			t.Errorf("left %s", e.Name())
		}
	}
}

func TestAFolderListsALimitedNumberOfFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, os.Mkdir(filepath.Join(dir, "a"), 0o700), os.Symlink("a", filepath.Join(dir, "l")))
	for i := range 5 {
		must(t, os.WriteFile(filepath.Join(dir, "a", fmt.Sprint(i, ".yaml")), nil, 0o600))
	}
	f := open(t, dir)
	if names, err := f.Names("a", ".yaml", 5); err != nil || len(names) != 5 || names[0] != "0.yaml" {
		t.Errorf("named %v, %v", names, err)
	}
	if names, err := f.Names("b", ".yaml", 5); err != nil || len(names) != 0 {
		t.Errorf("named %v, %v", names, err)
	}
	for _, dir := range []string{"a", "l"} {
		if _, err := f.Names(dir, ".yaml", 4); host.CodeOf(err) != host.Invalid {
			t.Errorf("named those of %s: %v", dir, err)
		}
	}
}

func TestYAMLIsBoundedWithItsAliases(t *testing.T) {
	t.Parallel()
	laughs := "a: &a [lol,lol,lol,lol,lol,lol,lol,lol,lol]\n"
	for c := 'b'; c < 'k'; c++ {
		laughs += fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c,", c-1), 9), ","))
	}
	chain := "a0: &a0 [x]\n"
	for i := range 300 {
		chain += fmt.Sprintf("a%d: &a%d [*a%d]\n", i+1, i+1, i)
	}
	for name, text := range map[string]string{
		"a billion laughs":        laughs,
		"a long text many times":  "a: &a " + strings.Repeat("x", 100_000) + "\nb: [" + strings.TrimSuffix(strings.Repeat("*a,", 2000), ",") + "]\n",
		"a chain of aliases":      chain,
		"what holds itself":       "a: &a [*a]",
		"nesting":                 strings.Repeat("[", 500) + strings.Repeat("]", 500),
		"a file that is too long": strings.Repeat("# comment\n", 2<<20),
	} {
		if _, err := files.YAML("x.yaml", []byte(text)); err == nil {
			t.Errorf("%s was let through", name)
		}
	}
	if n, err := files.YAML("x.yaml", []byte("a: &a {b: c}\nd: *a\ne: [*a, *a]\n")); err != nil || len(n.Content) != 1 {
		t.Errorf("an ordinary alias: %v", err)
	}
}

func FuzzYAMLIsBounded(f *testing.F) {
	f.Add([]byte("a: &a [1]\nb: [*a, *a]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		n, err := files.YAML("x.yaml", text)
		if err != nil {
			return
		}
		var v any
		_ = n.Decode(&v)
	})
}
