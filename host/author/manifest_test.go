package author

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/sdk"
)

const wholeActionFile = `
name: hello
trigger: post-user-registration
description: says hello
module: hello.wasm
build: make
allowed_hosts: [hooks.slack.com, "https://*.example.com"]
egress_mode: allowlist
secrets: [URL]
config: {team: a}
limits: {timeout_ms: 1000, memory_bytes: 1048576, fuel: 20000000000}
retry: {max_attempts: 3, initial_ms: 10, max_ms: 100}
on_failure: stop
checkpoint: strict
isolation: plain
`

func TestActionFileBecomesAManifest(t *testing.T) {
	t.Parallel()
	f, err := parseActionFile("action.yaml", []byte(wholeActionFile))
	if err != nil {
		t.Fatal(err)
	}
	want := host.Manifest{
		Description: "says hello",
		Secrets:     []string{"URL"},
		Settings: host.Settings{
			Limits:     host.Limits{TimeoutMillis: 1000, MemoryBytes: 1 << 20, Fuel: 20_000_000_000},
			Egress:     host.Egress{Mode: host.EgressAllowlist, Allow: []string{"hooks.slack.com", "https://*.example.com"}},
			Retry:      host.Retry{MaxAttempts: 3, InitialMillis: 10, MaxMillis: 100},
			OnFailure:  host.Stop,
			Checkpoint: host.CheckpointStrict,
			Isolation:  host.IsolationPlain,
			Config:     map[string]string{"team": "a"},
		},
	}
	if got := f.manifest(); !reflect.DeepEqual(got, want) {
		t.Errorf("manifest %+v, want %+v", got, want)
	}
}

func TestActionFileNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, file, want string }{
		{"an unknown key", "name: a\nmodul: b", `f.yaml:2: unknown key "modul"`},
		{"an unknown limit", "name: a\nmodule: b\nlimits:\n  timeout: 3", `f.yaml:4: unknown key "timeout"`},
		{"a wrong type", "name: a\nmodule: b\nsecrets: URL", "f.yaml:3: secrets must be a list, not a string"},
		{"an unknown trigger", "name: a\nmodule: b\ntrigger: login", `f.yaml:3: unknown trigger "login"`},
		{"no name", "module: b", "f.yaml: name is missing"},
		{"no module", "name: a", "f.yaml: module is missing"},
		{"a limit out of range", "name: a\nmodule: b\nlimits: {timeout_ms: -1}", "f.yaml: the settings are out of range"},
		{"a list", "- a", "must hold keys and values"},
		{"nothing", "", "must hold keys and values"},
		{"no YAML", "name: [", "f.yaml: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := parseActionFile("f.yaml", []byte(tt.file))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q in it", err, tt.want)
			}
		})
	}
}

// The schema is what editors go by; it must know the keys that the command
// line knows, and no others.
func TestActionFileHasTheKeysOfItsSchema(t *testing.T) {
	t.Parallel()
	type object struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	var top object
	if err := json.Unmarshal(sdk.ActionSchema(), &top); err != nil {
		t.Fatal(err)
	}
	for place, known := range actionFileKeys {
		properties := top.Properties
		if place != "" {
			var nested object
			if err := json.Unmarshal(top.Properties[place], &nested); err != nil {
				t.Fatal(err)
			}
			properties = nested.Properties
		}
		for name := range properties {
			if !slices.Contains(known, name) {
				t.Errorf("the schema has %s/%s, the command line does not", place, name)
			}
		}
		for _, name := range known {
			if _, ok := properties[name]; !ok {
				t.Errorf("the command line has %s/%s, the schema does not", place, name)
			}
		}
	}
}

func TestModuleIsStaleWhenItsSourceIsNewer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := &actionFile{Module: "a.wasm", dir: dir}
	write := func(name string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	check := func(when string, want bool) {
		t.Helper()
		if got, err := isStale(f); err != nil || got != want {
			t.Errorf("%s: stale %v (%v), want %v", when, got, err, want)
		}
	}
	write("main.go")
	check("without a module", true)
	write("a.wasm")
	past := mtime(t, filepath.Join(dir, "a.wasm")).Add(-1e9)
	if err := os.Chtimes(filepath.Join(dir, "main.go"), past, past); err != nil {
		t.Fatal(err)
	}
	check("with an older source", false)
	if err := os.Chtimes(filepath.Join(dir, "a.wasm"), past.Add(-1e9), past.Add(-1e9)); err != nil {
		t.Fatal(err)
	}
	check("with a newer source", true)
}

func FuzzActionFile(f *testing.F) {
	f.Add([]byte(wholeActionFile))
	f.Add([]byte("name: a\nlimits: &x {timeout_ms: 1}\nretry: *x"))
	f.Add([]byte("? [a]\n: b"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := parseActionFile("f.yaml", data)
		if err != nil {
			if code := term.ExitCode(err); code != term.ExitUsage {
				t.Errorf("exit code %d for %v", code, err)
			}
			return
		}
		if file.Name == "" || file.Module == "" || !file.Trigger.Valid() {
			t.Errorf("let through %+v", file)
		}
		var wrong *host.Error
		if err := file.manifest().Settings.Check(""); errors.As(err, &wrong) {
			t.Errorf("let through settings that are refused: %v", wrong)
		}
	})
}

func mtime(t *testing.T, path string) time.Time {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.ModTime()
}
