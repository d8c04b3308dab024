package floors_test

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

	"github.com/usherhost/usher/host/internal/floors"
)

const ours = "github.com/usherhost/usher/"

func TestImportsGoDownOnly(t *testing.T) {
	t.Parallel()
	for _, line := range floors.Check(list(t)) {
		t.Error(line)
	}
}

// root is the module's folder.
const root = "../../.."

// list returns every package of the host with all that they depend on. Files
// that do not compile are no concern of this test.
func list(t *testing.T) []floors.Package {
	t.Helper()
	see(t)
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-deps", "-json=ImportPath,Imports", "./host/...", "./proto/...")
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.Bytes())
	}
	var packages []floors.Package
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p floors.Package
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("read what go list printed: %v", err)
		}
		packages = append(packages, p)
	}
	if !slices.ContainsFunc(packages, func(p floors.Package) bool { return p.ImportPath == ours+"host/executor" }) {
		t.Fatalf("go list found %d packages, but not host/executor; the test looks at the wrong folder", len(packages))
	}
	return packages
}

// see stats every Go file, so that go test does not answer from its cache
// after one has changed: what a command that the test starts reads, it does
// not notice.
func see(t *testing.T) {
	t.Helper()
	for _, dir := range []string{"host", "proto"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, _ fs.DirEntry, err error) error {
			if err == nil && filepath.Ext(path) == ".go" {
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
		{name: "work may use words", from: "host/executor", to: ours + "host"},
		{name: "words know no machine", from: "host", to: ours + "host/sqlite", wants: "host may import no other package of ours"},
		{name: "words take no library", from: "host", to: "golang.org/x/sync/errgroup", wants: "the standard library alone"},
		{name: "words take the standard library", from: "host", to: "encoding/json"},
		{name: "a machine does not look up", from: "host/sqlite", to: ours + "host/executor", wants: "host/sqlite imports host/executor"},
		{name: "neighbours meet in cmd", from: "host/executor", to: ours + "host/guest", wants: "meet in host/cmd/usher"},
		{name: "guest may use the sandbox", from: "host/guest", to: ours + "host/sandbox"},
		{name: "no other work may", from: "host/executor", to: ours + "host/sandbox", wants: "only host, proto of ours"},
		{name: "doors may use web", from: "host/ingress", to: ours + "host/web"},
		{name: "doors do not open each other", from: "host/admin", to: ours + "host/ingress", wants: "host/admin imports host/ingress"},
		{name: "the command may use everything", from: "host/cmd/usher", to: ours + "host/executor"},
		{name: "benchmarks may use a whole host", from: "host/bench", to: ours + "host/internal/hosttest"},
		{name: "machines may not", from: "host/sqlite", to: ours + "host/internal/hosttest", wants: "for tests, benchmarks and the command alone"},
		{name: "nothing uses the command", from: "host/admin", to: ours + "host/cmd/usher", wants: "host/cmd is for tests"},
		{name: "a part of a package is the package", from: "host/sqlite/migrations", to: ours + "host/sqlite"},
		{name: "generated words are words", from: "host/guest", to: ours + "proto/usher/v1"},
		{name: "sdk knows no host", from: "sdk/go", to: ours + "host", wants: "sdk may import no other package of ours"},
		{name: "the sandbox keeps wazero", from: "host/sandbox", to: "github.com/tetratelabs/wazero/api"},
		{name: "guest may not reach for wazero", from: "host/guest", to: "github.com/tetratelabs/wazero/api", wants: "only host/sandbox, host/bench may import github.com/tetratelabs/wazero"},
		{name: "one keeper of the driver", from: "host/registry", to: "modernc.org/sqlite", wants: "only host/sqlite may import modernc.org/sqlite"},
		{name: "a library's name is no prefix", from: "host/registry", to: "modernc.org/sqlite3"},
		{name: "work knows no echo", from: "host/executor", to: "github.com/labstack/echo/v4", wants: "may import github.com/labstack/echo"},
		{name: "a new package needs a floor", from: "host/attic", to: "fmt", wants: "host/attic has no floor"},
		{name: "others' packages are their own affair", from: "host/executor", to: "golang.org/x/sync/errgroup"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := floors.Check([]floors.Package{
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
