package templates_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/usherhost/usher/sdk/templates"
)

// The triggers of the starter actions.
const (
	post = "post-user-registration"
	pre  = "pre-user-registration"
)

var update = flag.Bool("update", false, "copy the libraries into the templates")

// copies is where each template has its copy of a library: the source
// from sdk, the folder in the template, and the suffix of its files.
var copies = []struct{ language, source, target, suffix string }{
	{"go", "go", "go/usher", ".tmpl"},
}

func TestTemplatesCarryTheLibraries(t *testing.T) {
	for _, c := range copies {
		t.Run(c.language, func(t *testing.T) {
			root := filepath.Join("..", c.source)
			err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
				if err != nil || entry.IsDir() || !isLibrary(entry.Name()) {
					return err
				}
				relative, err := filepath.Rel(root, path)
				if err != nil {
					return err
				}
				return compare(t, path, filepath.Join(c.target, relative)+c.suffix)
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

func isLibrary(name string) bool {
	return !strings.HasSuffix(name, "_test.go") && !strings.HasSuffix(name, ".md")
}

func compare(t *testing.T, source, target string) error {
	t.Helper()
	want, err := os.ReadFile(source)
	if err != nil {
		return err
	}
	if *update {
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		return os.WriteFile(target, want, 0o644)
	}
	got, err := os.ReadFile(target)
	if err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs from %s: run go test ./sdk/templates -update", target, source)
	}
	return nil
}

func TestFiles(t *testing.T) {
	t.Parallel()
	begins := func(language, trigger string) {
		t.Run(language+" for "+trigger+" has what an action needs", func(t *testing.T) {
			t.Parallel()
			files, err := templates.Files(language, trigger, "greet")
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Contains(files["action.yaml"], []byte("\ntrigger: "+trigger+"\n")) {
				t.Errorf("action.yaml names another trigger than %s", trigger)
			}
			for _, name := range []string{"README.md", "action.yaml", "event.json", ".gitignore"} {
				if len(files[name]) == 0 {
					t.Errorf("%s is missing", name)
				}
			}
			for path, content := range files {
				if strings.HasSuffix(path, ".tmpl") || bytes.Contains(content, []byte("{{")) && !strings.HasPrefix(path, "usher") {
					t.Errorf("%s is still a template", path)
				}
			}
		})
	}
	for _, trigger := range templates.Triggers() {
		for _, language := range templates.Languages() {
			begins(language, trigger)
		}
	}
	for _, tt := range []struct{ name, language, trigger, action, want string }{
		{"refuses a name that is not a file name", "go", post, "../greet", "lower-case letters"},
		{"names the languages", "cobol", post, "greet", "js, ts, go, assemblyscript, c"},
		{"names the triggers", "go", "pre-login", "greet", "post-user-registration, pre-user-registration"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := templates.Files(tt.language, tt.trigger, tt.action); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

// forEachTrigger runs a test on the starter actions of one language.
func forEachTrigger(t *testing.T, language string, test func(t *testing.T, dir, trigger string)) {
	t.Helper()
	t.Parallel()
	for _, trigger := range templates.Triggers() {
		t.Run(language+" for "+trigger, func(t *testing.T) {
			t.Parallel()
			test(t, begin(t, language, trigger), trigger)
		})
	}
}

func TestCTemplatesBuildAndRun(t *testing.T) {
	forEachTrigger(t, "c", func(t *testing.T, dir, trigger string) {
		inFolder(t, dir, "(is clang there? task plugins:setup installs it)", "env", "USHER="+command(t), "sh", "test.sh")
		runs(t, dir, trigger)
	})
}

// The compiler's packages are those of the sample, which task plugins:setup
// installs.
func TestAssemblyScriptTemplatesBuildAndRun(t *testing.T) {
	packages, err := filepath.Abs("../../plugins/notify-slack-assemblyscript/node_modules")
	if err != nil {
		t.Fatal(err)
	}
	forEachTrigger(t, "assemblyscript", func(t *testing.T, dir, trigger string) {
		link(t, filepath.Join(dir, "node_modules"), map[string]string{
			"@usherhost/assemblyscript": filepath.Join(dir, "usher"),
			".bin":                      filepath.Join(packages, ".bin"),
			"assemblyscript":            filepath.Join(packages, "assemblyscript"),
			"json-as":                   filepath.Join(packages, "json-as"),
			"xjb-as":                    filepath.Join(packages, "xjb-as"), // json-as needs it
		})
		inFolder(t, dir, "(are the packages there? task plugins:setup installs them)", "env", "USHER="+command(t), "npm", "test")
		runs(t, dir, trigger)
	})
}

// The packages are those of the library, which task setup installs.
func TestScriptTemplatesPassTheirTests(t *testing.T) {
	t.Parallel()
	packages, err := filepath.Abs("../js/node_modules")
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range []string{"js", "ts"} {
		t.Run(language, func(t *testing.T) {
			forEachTrigger(t, language, func(t *testing.T, dir, _ string) {
				// Node looks for the library's own packages from its real path up.
				link(t, filepath.Join(dir, "usher"), map[string]string{"node_modules": packages})
				link(t, filepath.Join(dir, "node_modules"), map[string]string{
					"usher-actions": filepath.Join(dir, "usher"),
					"typescript":    filepath.Join(packages, "typescript"),
					".bin":          filepath.Join(packages, ".bin"),
				})
				inFolder(t, dir, "(are the packages there? task setup installs them)", "npm", "test")
			})
		})
	}
}

func TestGoTemplatesBuildAndRunWithoutANetwork(t *testing.T) {
	forEachTrigger(t, "go", func(t *testing.T, dir, trigger string) {
		offline := []string{"env", "GOPROXY=off", "GOWORK=off", "GOFLAGS="}
		inFolder(t, dir, "", append(offline, "go", "vet", "./...")...)
		inFolder(t, dir, "", append(offline, "go", "test", "./...")...)
		inFolder(t, dir, "", append(offline, "GOOS=wasip1", "GOARCH=wasm", "go", "build", "-buildmode=c-shared", "-o", "greet.wasm", ".")...)
		runs(t, dir, trigger)
	})
}

// usher builds the command.
var usher = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "usher-templates-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "usher")
	output, err := exec.CommandContext(context.Background(), "go", "build", "-o", path, "../../host/cmd/usher").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("build usher: %w\n%s", err, output)
	}
	return path, err
})

// command returns the path of the command.
func command(t *testing.T) string {
	t.Helper()
	path, err := usher()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := usher(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// runs runs a starter action that was built on its event.
func runs(t *testing.T, dir, trigger string) {
	t.Helper()
	want := "Hello, ada@example.com"
	if trigger == pre {
		want = "signed_up_with"
	}
	if output := inFolder(t, dir, "", command(t), "run"); !strings.Contains(output, want) {
		t.Errorf("usher run printed %q, want %q in it", output, want)
	}
}

// inFolder runs a command in dir and returns what it printed; hint is for one that fails.
func inFolder(t *testing.T, dir, hint string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Dir = dir
	output, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v %s\n%s", strings.Join(args, " "), err, hint, output)
	}
	return string(output)
}

// link makes symbolic links in a folder.
func link(t *testing.T, folder string, links map[string]string) {
	t.Helper()
	for name, target := range links {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, path); err != nil {
			t.Fatal(err)
		}
	}
}

// begin writes a starter action into a new folder.
func begin(t *testing.T, language, trigger string) string {
	t.Helper()
	files, err := templates.Files(language, trigger, "greet")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for path, content := range files {
		path = filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
