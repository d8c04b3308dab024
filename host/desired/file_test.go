package desired_test

import (
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/desired"
	"github.com/usherhost/usher/sdk"
)

const wholeModule = `
name: hello
trigger: post-user-registration
description: says hello
module: hello.wasm
build: make
secrets: [URL, TOKEN]
reads: [URL]
deployed: false
settings:
  limits: {timeout_ms: 1000, memory_bytes: 1048576, fuel: 20000000000}
  egress: {mode: allowlist, allow: [hooks.slack.com, "https://*.example.com"]}
  retry: {max_attempts: 3, initial_ms: 10, max_ms: 100}
  on_failure: stop
  checkpoint: strict
  isolation: plain
  config: {team: a}
`

const wholeCode = `
name: hello
code: hello.js
runtime: node18
dependencies: [{name: axios, version: 1.7.9, registry_url: https://npm.example.com}]
shared_modules: [{name: crm, version: 2}, {name: log}]
secrets: {URL: "${env:URL}", TOKEN: "${file:token.txt}"}
`

func TestAFileOfAModuleBecomesAManifest(t *testing.T) {
	t.Parallel()
	f, err := desired.ParseFile("action.yaml", []byte(wholeModule))
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
	if got := f.Manifest(); !reflect.DeepEqual(got, want) {
		t.Errorf("manifest %+v, want %+v", got, want)
	}
	if !f.NeedsBuild() || f.Secrets.Names()[1] != "TOKEN" || *f.Deployed {
		t.Errorf("file is %+v", f)
	}
}

func TestAFileOfCodeBecomesASource(t *testing.T) {
	t.Parallel()
	f, err := desired.ParseFile("action.yaml", []byte(wholeCode))
	if err != nil {
		t.Fatal(err)
	}
	s := f.Source([]byte("code"))
	if s.Runtime != "node18" || s.Code != "code" || len(s.Dependencies) != 1 || len(s.SharedModules) != 2 || s.SharedModules[0].Number != 2 || f.NeedsBuild() {
		t.Errorf("source is %+v", s)
	}
	want := desired.Secrets{{"URL", desired.Reference{Kind: "env", Name: "URL"}}, {"TOKEN", desired.Reference{Kind: "file", Name: "token.txt"}}}
	if !slices.Equal(f.Secrets, want) || f.Trigger != host.PostUserRegistration {
		t.Errorf("file is %+v", f)
	}
}

func TestAFileNamesWhatIsWrongAndWhere(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, file, want, hint string }{
		{"an unknown key", "name: a\nmodul: b", `f.yaml:2:1: unknown key "modul"`, `did you mean "module"?`},
		{"a key like no other", "name: a\nxyzzy: b", `f.yaml:2:1: unknown key "xyzzy"`, "the keys here are name, trigger"},
		{"an unknown limit", "name: a\nmodule: b\nsettings:\n  limits:\n    timeout: 3", `f.yaml:5:5: unknown key "timeout"`, "timeout_ms"},
		{"a former key", "name: a\nallowed_hosts: [b]", `f.yaml:2:1: unknown key "allowed_hosts"`, "write settings: {egress: {allow: […]}}"},
		{"a former place", "name: a\nlimits: {}", `f.yaml:2:1: unknown key "limits"`, "write it below settings"},
		{"a former name", "name: a\nmodules: []", `f.yaml:2:1: unknown key "modules"`, "write shared_modules"},
		{"a key that is given twice", "name: a\nname: b", `f.yaml:2:1: the key "name" is given twice`, "line 1"},
		{"a wrong type", "name: a\nmodule: b\nsecrets: URL", "f.yaml:3:10: secrets must be a list of names, or a mapping", "secrets: [NAME]"},
		{"a number for a string", "name: 1", "f.yaml:1:7: name must be a string, not a number", "quotes"},
		{"a string for a number", "name: a\nmodule: b\nsettings: {limits: {fuel: much}}", "f.yaml:3:27: settings.limits.fuel must be an integer, not a string", ""},
		{"an unknown trigger", "name: a\nmodule: b\ntrigger: login", `f.yaml:3:1: unknown trigger "login"`, "post-user-registration"},
		{"no name", "module: b", "f.yaml:1:1: name is missing", "name: notify-slack"},
		{"a limit out of range", "name: a\nmodule: b\nsettings: {limits: {timeout_ms: -1}}", "f.yaml:3:21: settings.limits.timeout_ms must be between 1 and", ""},
		{"another choice", "name: a\nmodule: b\nsettings:\n  on_failure: explode", "f.yaml:4:3: settings.on_failure must be one of continue, stop", ""},
		{"code and a module", "name: a\ncode: b\nmodule: c", "f.yaml:3:1: an action has code or a module", ""},
		{"settings of code", "name: a\ncode: b\nsettings: {on_failure: stop}", `f.yaml:3:1: the key "settings" is for an action with a module`, "bindings.yaml"},
		{"a file elsewhere", "name: a\nmodule: ../b.wasm", "f.yaml:2:1: ../b.wasm is outside of the folder", ""},
		{"a value", "name: a\nsecrets: {KEY: hunter2}", "f.yaml:2:16: secret KEY: a secret's value must not be in the file", "${env:NAME}"},
		{"a list", "- a", "f.yaml:1:1: the file must be a mapping, not a list", ""},
		{"nothing", "", "f.yaml: name is missing", ""},
		{"no YAML", "name: [", "f.yaml: ", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := desired.ParseFile("f.yaml", []byte(tt.file))
			e, ok := errors.AsType[*host.Error](err)
			if !ok || e.Code != host.Invalid || !strings.HasPrefix(e.Text, tt.want) || !strings.Contains(e.Hint, tt.hint) || strings.Contains(e.Text+e.Hint, "hunter2") {
				t.Errorf("error %+v, want %q", err, tt.want)
			}
		})
	}
}

// The schema is what editors go by; it must know the keys that the reader knows,
// and no others.
func TestTheSchemaHasTheKeysOfTheFile(t *testing.T) {
	t.Parallel()
	var schema any
	if err := json.Unmarshal(sdk.ActionSchema(), &schema); err != nil {
		t.Fatal(err)
	}
	sameKeys(t, "", schema, reflect.TypeFor[desired.File]())
}

// sameKeys compares the properties that a schema gives an object with the keys of
// a struct, and so on below.
func sameKeys(t *testing.T, place string, schema any, typ reflect.Type) {
	t.Helper()
	object, _ := schema.(map[string]any)
	switch typ.Kind() {
	case reflect.Slice:
		if typ != reflect.TypeFor[desired.Secrets]() {
			sameKeys(t, place+"[]", object["items"], typ.Elem())
		}
		return
	case reflect.Struct:
	default:
		return
	}
	properties, _ := object["properties"].(map[string]any)
	if object["additionalProperties"] != false {
		t.Errorf("the schema takes any key in %q", place)
	}
	known := map[string]reflect.Type{}
	for field := range typ.Fields() {
		if key, _, _ := strings.Cut(field.Tag.Get("json"), ","); key != "-" {
			known[key] = field.Type
		}
	}
	if a, b := slices.Sorted(maps.Keys(properties)), slices.Sorted(maps.Keys(known)); !slices.Equal(a, b) {
		t.Errorf("in %q the schema has the keys %q, and the file %q", place, a, b)
	}
	for key, fieldType := range known {
		sameKeys(t, place+"/"+key, properties[key], fieldType)
	}
}

func FuzzFile(f *testing.F) {
	f.Add([]byte(wholeModule))
	f.Add([]byte(wholeCode))
	f.Add([]byte("name: a\nmodule: b\nsettings: {limits: &x {timeout_ms: 1}, retry: *x}"))
	f.Add([]byte("? [a]\n: b"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := desired.ParseFile("f.yaml", data)
		if err != nil {
			if host.CodeOf(err) != host.Invalid {
				t.Errorf("code %s for %v", host.CodeOf(err), err)
			}
			return
		}
		if file.Name == "" || !file.Trigger.Valid() || file.Code != "" && file.Module != "" {
			t.Errorf("let through %+v", file)
		}
		if err := file.Manifest().Settings.Check(""); err != nil {
			t.Errorf("let through settings that are refused: %v", err)
		}
	})
}
