package sdk_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/sdk"
	"github.com/usherhost/usher/sdk/templates"
)

func compile(t *testing.T) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(sdk.ActionSchema()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("action.schema.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("action.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestActionSchema(t *testing.T) {
	t.Parallel()
	schema := compile(t)
	const head = `"name": "notify-slack", "module": "a.wasm"`
	const code = `"name": "notify-slack", "code": "a.js"`
	for _, tt := range []struct {
		name string
		json string
		ok   bool
	}{
		{name: "asks for a name only", json: `{"name": "idle"}`, ok: true},
		{name: "takes every key of a module", ok: true, json: `{` + head + `, "trigger": "post-user-registration", "description": "d", "build": "make",
			"secrets": ["SLACK_WEBHOOK_URL"], "reads": [], "deployed": false,
			"settings": {"egress": {"allow": ["hooks.slack.com", "http://127.0.0.1:8081"], "mode": "allowlist"}, "config": {"CHANNEL": "#signups"},
				"limits": {"timeout_ms": 5000}, "retry": {"max_attempts": 3, "initial_ms": 10, "max_ms": 20},
				"on_failure": "stop", "checkpoint": "strict", "isolation": "plain"}}`},
		{name: "takes every key of code", ok: true, json: `{` + code + `, "runtime": "node18", "dependencies": [{"name": "axios", "version": "1.7.9"}],
			"shared_modules": [{"name": "crm", "version": 2}], "secrets": {"TOKEN": "${env:TOKEN}", "KEY": "${file:key.txt}"}}`},
		{name: "refuses code and a module", json: `{` + code + `, "module": "a.wasm"}`},
		{name: "refuses settings of code", json: `{` + code + `, "settings": {}}`},
		{name: "refuses a runtime of a module", json: `{` + head + `, "runtime": "node22"}`},
		{name: "refuses an unknown key", json: `{` + head + `, "allow_hosts": []}`},
		{name: "refuses a key's former place", json: `{` + head + `, "limits": {}}`},
		{name: "refuses an unknown limit", json: `{` + head + `, "settings": {"limits": {"timeout": 5}}}`},
		{name: "refuses an unknown retry key", json: `{` + head + `, "settings": {"retry": {"attempts": 5}}}`},
		{name: "refuses an unknown trigger", json: `{"name": "a", "trigger": "post-login", "module": "a.wasm"}`},
		{name: "refuses a secret with a value", json: `{` + head + `, "secrets": {"TOKEN": "t"}}`},
		{name: "refuses a config value that is no string", json: `{` + head + `, "settings": {"config": {"N": 1}}}`},
		{name: "refuses an unknown isolation", json: `{` + head + `, "settings": {"isolation": "shared"}}`},
		{name: "refuses a limit over the host's ceiling", json: `{` + head + `, "settings": {"limits": {"timeout_ms": 900001}}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			document, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(tt.json)))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(document); (err == nil) != tt.ok {
				t.Errorf("valid: %v, want %v (%v)", err == nil, tt.ok, err)
			}
		})
	}
}

// TestEveryActionFileFitsTheSchema checks the samples and the starter actions
// against the schema.
func TestEveryActionFileFitsTheSchema(t *testing.T) {
	t.Parallel()
	files := map[string][]byte{}
	samples, err := filepath.Glob("../plugins/*/action.yaml")
	if err != nil || len(samples) == 0 {
		t.Fatalf("no samples found: %v", err)
	}
	for _, path := range samples {
		if files[path], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	for _, language := range templates.Languages() {
		starter, err := templates.Files(language, templates.Triggers()[0], "greet")
		if err != nil {
			t.Fatal(err)
		}
		files["templates/"+language] = starter["action.yaml"]
	}
	schema := compile(t)
	for path, content := range files {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			var document any
			if err := yaml.Unmarshal(content, &document); err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(document); err != nil {
				t.Error(err)
			}
		})
	}
}

// bound is what the schema says of one number.
type bound struct {
	Maximum int64 `json:"maximum"`
	Default int64 `json:"default"`
}

// bounds is what the schema says of an object of numbers.
type bounds struct {
	Properties map[string]bound `json:"properties"`
}

// TestActionSchemaHasTheLimitsOfTheHost compares the schema with the host's own
// limits: the same names and defaults, and the largest values that the host accepts.
func TestActionSchemaHasTheLimitsOfTheHost(t *testing.T) {
	t.Parallel()
	var schema struct {
		Properties struct {
			Settings struct {
				Properties struct {
					Limits bounds `json:"limits"`
					Retry  struct {
						Properties struct {
							MaxAttempts   bound `json:"max_attempts"`
							InitialMillis bound `json:"initial_ms"`
							MaxMillis     bound `json:"max_ms"`
							MaxAge        struct {
								Default host.Age `json:"default"`
							} `json:"max_age"`
						} `json:"properties"`
					} `json:"retry"`
				} `json:"properties"`
			} `json:"settings"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(sdk.ActionSchema(), &schema); err != nil {
		t.Fatal(err)
	}
	defaults := host.DefaultSettings()
	compare(t, schema.Properties.Settings.Properties.Limits.Properties, defaults.Limits, func(l host.Limits) error {
		return host.Settings{Limits: l}.Check("")
	})
	retry := schema.Properties.Settings.Properties.Retry.Properties
	if retry.MaxAge.Default != defaults.Retry.MaxAge {
		t.Errorf("max_age: default %s, want %s", retry.MaxAge.Default, defaults.Retry.MaxAge)
	}
	defaults.Retry.MaxAge = ""
	compare(t, map[string]bound{"max_attempts": retry.MaxAttempts, "initial_ms": retry.InitialMillis, "max_ms": retry.MaxMillis}, defaults.Retry, func(r host.Retry) error {
		return host.Settings{Retry: r}.Check("")
	})
}

func compare[T any](t *testing.T, bounds map[string]bound, defaults T, check func(T) error) {
	t.Helper()
	want := map[string]int64{}
	over(t, defaults, &want)
	if len(bounds) != len(want) {
		t.Errorf("the schema has %d keys, the host %d", len(bounds), len(want))
	}
	for name, b := range bounds {
		if b.Default != want[name] {
			t.Errorf("%s: default %d, want %d", name, b.Default, want[name])
		}
		var most, more T
		over(t, map[string]int64{name: b.Maximum}, &most)
		over(t, map[string]int64{name: b.Maximum + 1}, &more)
		if err := check(most); err != nil {
			t.Errorf("%s: the host refuses the maximum %d: %v", name, b.Maximum, err)
		}
		if check(more) == nil {
			t.Errorf("%s: the host accepts more than the maximum %d", name, b.Maximum)
		}
	}
}

// over copies from into to through JSON.
func over(t *testing.T, from, to any) {
	t.Helper()
	text, err := json.Marshal(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, to); err != nil {
		t.Fatal(err)
	}
}
