package layers_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/usherhost/usher/host/internal/layers"
)

const ours = "github.com/usherhost/usher/"

func TestImportsGoDownOnly(t *testing.T) {
	t.Parallel()
	for _, line := range layers.Check(list(t, false)) {
		t.Error(line)
	}
}

func TestTheListsNameOnlyWhatExists(t *testing.T) {
	t.Parallel()
	for _, line := range layers.Unused(list(t, true)) {
		t.Error(line)
	}
}

// root is the module's folder.
const root = "../../.."

// list returns every package of the module, with the imports of its tests when
// they are asked for. It lists what is built for Linux, on every system. Files that
// do not compile do not matter here.
func list(t *testing.T, tests bool) []layers.Package {
	t.Helper()
	stat(t)
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	cmd.Dir, cmd.Env = root, append(os.Environ(), "GOOS=linux")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.Bytes())
	}
	var packages []layers.Package
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			layers.Package
			TestImports, XTestImports []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("decode the output of go list: %v", err)
		}
		if tests {
			p.Imports = slices.Concat(p.Imports, p.TestImports, p.XTestImports)
		}
		packages = append(packages, p.Package)
	}
	if !slices.ContainsFunc(packages, func(p layers.Package) bool { return p.ImportPath == ours+"host/executor" }) {
		t.Fatalf("go list found %d packages, but not host/executor; the test runs in the wrong folder", len(packages))
	}
	return packages
}

// stat reads the file information of every Go file, so that go test does not
// use its cache after one has changed: it does not track the files that a
// command of a test reads.
func stat(t *testing.T) {
	t.Helper()
	for _, dir := range []string{"host", "proto", "sdk", "plugins"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.Name() == "node_modules":
				return fs.SkipDir
			case filepath.Ext(path) == ".go":
				_, err = os.Stat(path)
			}
			return err
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
}

func TestCheckNamesTheImportAndTheRule(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		from  string
		to    string
		wants string // part of the only line; empty: allowed
	}{
		{name: "a service may import the domain", from: "host/executor", to: ours + "host"},
		{name: "the domain imports none of ours", from: "host", to: ours + "host/sqlite", wants: "host imports host/sqlite: layer 0 imports lower layers only"},
		{name: "the domain takes no library", from: "host", to: "golang.org/x/sync/errgroup", wants: "the standard library only"},
		{name: "the domain takes the standard library", from: "host", to: "encoding/json"},
		{name: "infrastructure may import foundations", from: "host/sqlite", to: ours + "host/durable"},
		{name: "infrastructure imports no service", from: "host/sqlite", to: ours + "host/executor", wants: "host/sqlite imports host/executor"},
		{name: "services meet in cmd", from: "host/executor", to: ours + "host/guest", wants: "layer 3 imports lower layers only, and host/guest is in layer 3"},
		{name: "an exception is allowed", from: "host/guest", to: ours + "host/sandbox"},
		{name: "an exception is for its package alone", from: "host/executor", to: ours + "host/sandbox", wants: "layer 3 uses layer 2 through interfaces; meet in host/cmd/usher"},
		{name: "transport may import web", from: "host/ingress", to: ours + "host/web"},
		{name: "transport imports no transport", from: "host/admin", to: ours + "host/ingress", wants: "host/admin imports host/ingress"},
		{name: "transport imports no service", from: "host/admin", to: ours + "host/executor", wants: "through interfaces"},
		{name: "the command may import everything", from: "host/cmd/usher", to: ours + "host/executor"},
		{name: "benchmarks may import a whole host", from: "host/bench", to: ours + "host/internal/hosttest"},
		{name: "nothing imports test helpers", from: "host/sqlite", to: ours + "host/internal/hosttest", wants: "host/internal is in layer 6"},
		{name: "nothing imports the command", from: "host/admin", to: ours + "host/cmd/usher", wants: "host/cmd/usher is in layer 5"},
		{name: "a package may import its subpackages", from: "host/sqlite", to: ours + "host/sqlite/migrations"},
		{name: "a part may import a lower part", from: "host/sandbox/admission", to: ours + "host/sandbox/snapshot"},
		{name: "a part imports no higher part", from: "host/sandbox/snapshot", to: ours + "host/sandbox/extism", wants: "of the parts of host/sandbox, extism is not below snapshot"},
		{name: "a part does not import its package", from: "host/sandbox/extism", to: ours + "host/sandbox", wants: "a part does not import its package host/sandbox"},
		{name: "a new part needs its place", from: "host/sandbox/attic", to: ours + "host/sandbox/snapshot", wants: "add attic to the parts of host/sandbox"},
		{name: "generated types belong to proto", from: "host/guest", to: ours + "proto/usher/v1"},
		{name: "sdk does not import the host", from: "sdk/go", to: ours + "host", wants: "sdk/go imports host"},
		{name: "the sandbox may import wazero", from: "host/sandbox", to: "github.com/tetratelabs/wazero/api"},
		{name: "guest may not", from: "host/guest", to: "github.com/tetratelabs/wazero/api", wants: "only host/sandbox, host/bench may import github.com/tetratelabs/wazero"},
		{name: "the driver has one importer", from: "host/registry", to: "modernc.org/sqlite", wants: "only host/sqlite may import modernc.org/sqlite"},
		{name: "a library's name is no prefix", from: "host/registry", to: "modernc.org/sqlite3"},
		{name: "services do not import echo", from: "host/executor", to: "github.com/labstack/echo/v4", wants: "may import github.com/labstack/echo"},
		{name: "a new package needs a layer", from: "host/attic", to: "fmt", wants: "host/attic has no layer"},
		{name: "other libraries are free", from: "host/executor", to: "golang.org/x/sync/errgroup"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := layers.Check([]layers.Package{
				{ImportPath: ours + tt.from, Imports: []string{tt.to}},
				{ImportPath: "example.com/other", Imports: []string{"modernc.org/sqlite"}},
			})
			switch {
			case tt.wants == "" && len(got) > 0:
				t.Errorf("refused: %q", got)
			case tt.wants != "" && (len(got) != 1 || !strings.Contains(got[0], tt.wants)):
				t.Errorf("got %q, want one line with %q", got, tt.wants)
			}
		})
	}
}

func TestUnusedNamesWhatDoesNotExist(t *testing.T) {
	t.Parallel()
	got := layers.Unused([]layers.Package{{ImportPath: ours + "host/guest", Imports: []string{ours + "host/sandbox"}}})
	for _, want := range []string{
		"no package has the entry host/executor",
		"host/guest does not import host/webcrypto: remove the exception",
		"host/sandbox has no part snapshot",
		"host/sqlite does not import modernc.org/sqlite: remove it",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("%q is missing in %q", want, got)
		}
	}
	for _, not := range []string{"no package has the entry host/guest", "host/guest does not import host/sandbox: remove the exception"} {
		if slices.Contains(got, not) {
			t.Errorf("%q is wrong", not)
		}
	}
}
