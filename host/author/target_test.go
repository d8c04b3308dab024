package author

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// folder writes files below a new folder and returns its path.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "greet")
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestATargetIsFoundInManyPlaces(t *testing.T) {
	t.Parallel()
	const yaml = "name: hello\ntrigger: post-user-registration\nmodule: src/main.ts\n"
	for _, tt := range []struct {
		name  string
		files map[string]string
		path  string // in the folder
		want  string // path in the folder, and the action's name
		yaml  bool
	}{
		{name: "a module", files: map[string]string{"a.wasm": ""}, path: "a.wasm", want: "a.wasm a"},
		{name: "a script", files: map[string]string{"notify.js": ""}, path: "notify.js", want: "notify.js notify"},
		{name: "a script called as its folder", files: map[string]string{"index.mjs": ""}, path: "index.mjs", want: "index.mjs greet"},
		{name: "a script that the action.yaml beside it names", files: map[string]string{"action.yaml": strings.Replace(yaml, "src/", "", 1), "main.ts": ""}, path: "main.ts", want: "main.ts hello", yaml: true},
		{name: "a script beside another's action.yaml", files: map[string]string{"action.yaml": yaml, "other.js": ""}, path: "other.js", want: "other.js other"},
		{name: "a folder with an action.yaml", files: map[string]string{"action.yaml": yaml, "index.js": ""}, want: "src/main.ts hello", yaml: true},
		{name: "a folder with a package.json", files: map[string]string{"package.json": `{"main": "lib/a.cjs"}`, "lib/a.cjs": "", "index.js": ""}, want: "lib/a.cjs a"},
		{name: "a folder whose package.json has no script", files: map[string]string{"package.json": `{"main": "lib/gone.js"}`, "index.ts": ""}, want: "index.ts greet"},
		{name: "a folder with a script", files: map[string]string{"index.js": "", "action.mts": ""}, want: "action.mts greet"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := folder(t, tt.files)
			got, err := findTarget(filepath.Join(dir, tt.path))
			if err != nil {
				t.Fatal(err)
			}
			path, err := filepath.Rel(dir, got.path)
			if err != nil || filepath.ToSlash(path)+" "+got.name != tt.want || (got.action != nil) != tt.yaml {
				t.Errorf("found %s %s, action.yaml %v (%v), want %s", path, got.name, got.action != nil, err, tt.want)
			}
		})
	}
}

func TestATargetThatCannotBeMeantIsSaid(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		files map[string]string
		path  string
		want  string
	}{
		{name: "a folder with nothing", files: map[string]string{"README.md": ""}, want: "no action.yaml in"},
		{name: "a folder with declarations alone", files: map[string]string{"index.d.ts": ""}, want: "no action.yaml in"},
		{name: "a broken action.yaml beside a script", files: map[string]string{"action.yaml": "names: a", "index.js": ""}, path: "index.js", want: `unknown key "names"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := findTarget(filepath.Join(folder(t, tt.files), tt.path))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}
