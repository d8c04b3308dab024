package jsmatrix_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

const goldenFile = "testdata/node.json"

// golden is what actions do in Node: by the row's name where the forms do the
// same, otherwise by NAME/FORM.
var golden = struct {
	mu sync.Mutex
	of map[string]outcome // guarded by mu
}{of: map[string]outcome{}}

func readGolden(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile(goldenFile)
	if errors.Is(err, os.ErrNotExist) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	golden.mu.Lock()
	defer golden.mu.Unlock()
	if err := json.Unmarshal(text, &golden.of); err != nil {
		t.Fatal(err)
	}
}

// writeGolden writes what the rows did in Node to the file, beside the others.
func writeGolden(t *testing.T, rows []*row) {
	t.Helper()
	golden.mu.Lock()
	defer golden.mu.Unlock()
	for _, r := range rows {
		same := reflect.DeepEqual(r.tries[0].want, r.tries[1].want)
		if delete(golden.of, r.name); same {
			golden.of[r.name] = r.tries[0].want
		}
		for _, y := range r.tries {
			if delete(golden.of, y.name()); !same {
				golden.of[y.name()] = y.want
			}
		}
	}
	text, err := json.MarshalIndent(golden.of, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(goldenFile, append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

// inNode returns what the action does in Node, from the golden file.
func inNode(t *testing.T, y *try) outcome {
	t.Helper()
	golden.mu.Lock()
	defer golden.mu.Unlock()
	if o, ok := golden.of[y.name()]; ok {
		return o
	}
	o, ok := golden.of[y.row.name]
	if !ok {
		t.Fatalf("%s does not have what %s does in Node: run the test with -node", goldenFile, y.row.name)
	}
	return o
}

func runNode(t *testing.T, y *try) outcome {
	t.Helper()
	dir := t.TempDir()
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(here, folderOf(*all), "node_modules"), filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, y.form.file)
	if err := os.WriteFile(file, y.row.code(y.form), 0o600); err != nil {
		t.Fatal(err)
	}
	keys, err := json.Marshal(secrets)
	if err != nil {
		t.Fatal(err)
	}
	out := newWorld(t, y.row.source)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "--experimental-websocket", "testdata/run.mjs", file, event, string(keys), port(out.plain.URL), port(out.secure.URL))
	cmd.Env = append(os.Environ(), "TZ=UTC", "NODE_ENV=production", "NODE_NO_WARNINGS=1", "NODE_TLS_REJECT_UNAUTHORIZED=0")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	text, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s in Node: %v\n%s", y.name(), err, stderr.String())
	}
	o := outcome{Requests: out.requests()}
	if err := json.Unmarshal(text, &o); err != nil {
		t.Fatalf("%s in Node: %v: %s", y.name(), err, text)
	}
	o.Error = strings.NewReplacer(dir+"/", "", here+"/", "").Replace(o.Error)
	return o
}

func port(at string) string {
	u, err := url.Parse(at)
	if err != nil {
		return ""
	}
	return u.Port()
}
