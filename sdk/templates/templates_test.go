package templates_test

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usherhost/usher/sdk/templates"
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
	for _, language := range templates.Languages() {
		t.Run(language+" has what an action needs", func(t *testing.T) {
			t.Parallel()
			files, err := templates.Files(language, "greet")
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"README.md", "action.yaml", "event.json", ".gitignore"} {
				if len(files[name]) == 0 {
					t.Errorf("%s is missing", name)
				}
			}
			for path, content := range files {
				if strings.HasSuffix(path, ".tmpl") || bytes.Contains(content, []byte("{{name}}")) {
					t.Errorf("%s is still a template", path)
				}
			}
		})
	}
	for _, tt := range []struct{ name, language, action, want string }{
		{"refuses a name that is not a file name", "go", "../greet", "lower-case letters"},
		{"names the languages", "cobol", "greet", "js, ts, go, assemblyscript, c"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := templates.Files(tt.language, tt.action); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

func TestCTemplateBuilds(t *testing.T) {
	t.Parallel()
	dir := begin(t, "c")
	cmd := exec.CommandContext(t.Context(), "sh", "build", "action.c", "greet.wasm")
	cmd.Dir = dir
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v (is clang there? task plugins:setup installs it)\n%s", err, output)
	}
}

// The compiler's packages are those of the sample, which task plugins:setup
// installs.
func TestAssemblyScriptTemplateBuilds(t *testing.T) {
	t.Parallel()
	dir := begin(t, "assemblyscript")
	packages, err := filepath.Abs("../../plugins/notify-slack-assemblyscript/node_modules")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "node_modules", "@usherhost"), 0o755); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{
		"@usherhost/assemblyscript": filepath.Join(dir, "usher"),
		".bin":                      filepath.Join(packages, ".bin"),
		"assemblyscript":            filepath.Join(packages, "assemblyscript"),
		"json-as":                   filepath.Join(packages, "json-as"),
		"xjb-as":                    filepath.Join(packages, "xjb-as"), // json-as needs it
	} {
		if err := os.Symlink(target, filepath.Join(dir, "node_modules", link)); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "npm", "run", "--silent", "build")
	cmd.Dir = dir
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v (are the packages there? task plugins:setup installs them)\n%s", err, output)
	}
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
			t.Parallel()
			dir := begin(t, language)
			// Node looks for the library's own packages from its real path up.
			modules := filepath.Join(dir, "node_modules")
			if err := os.Symlink(packages, filepath.Join(dir, "usher", "node_modules")); err != nil {
				t.Fatal(err)
			}
			if err := os.MkdirAll(modules, 0o755); err != nil {
				t.Fatal(err)
			}
			for link, target := range map[string]string{
				"usher-actions": filepath.Join(dir, "usher"),
				"typescript":    filepath.Join(packages, "typescript"),
				".bin":          filepath.Join(packages, ".bin"),
			} {
				if err := os.Symlink(target, filepath.Join(modules, link)); err != nil {
					t.Fatal(err)
				}
			}
			cmd := exec.CommandContext(t.Context(), "npm", "test")
			cmd.Dir = dir
			if output, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v (are the packages there? task setup installs them)\n%s", err, output)
			}
		})
	}
}

func TestGoTemplateBuildsWithoutANetwork(t *testing.T) {
	t.Parallel()
	dir := begin(t, "go")
	for _, step := range []struct {
		env  []string
		args []string
	}{
		{args: []string{"go", "vet", "./..."}},
		{args: []string{"go", "test", "./..."}},
		{env: []string{"GOOS=wasip1", "GOARCH=wasm"}, args: []string{"go", "build", "-buildmode=c-shared", "-o", "greet.wasm", "."}},
	} {
		cmd := exec.CommandContext(t.Context(), step.args[0], step.args[1:]...)
		cmd.Dir = dir
		cmd.Env = append(append(os.Environ(), "GOPROXY=off", "GOWORK=off", "GOFLAGS="), step.env...)
		if output, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", strings.Join(step.args, " "), err, output)
		}
	}
}

// begin writes a starter action into a new folder.
func begin(t *testing.T, language string) string {
	t.Helper()
	files, err := templates.Files(language, "greet")
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
