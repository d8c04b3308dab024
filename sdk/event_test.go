package sdk_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/usherhost/usher/host"
)

// freeForm are types that the libraries give as plain JSON.
var freeForm = []string{"RiskAssessment", "Supplemental", "Akamai", "AkamaiBot", "AkamaiUserRisk", "Parameter"}

// oldSpelling is a name that a few senders still use besides phone_number.
const oldSpelling = "phoneNumber"

// TestLibrariesHaveTheFieldsOfTheEvents compares the event types of the libraries
// with the contract: both have the same fields.
func TestLibrariesHaveTheFieldsOfTheEvents(t *testing.T) {
	t.Parallel()
	contract := map[string]bool{}
	for _, trigger := range host.Triggers() {
		var schema any
		if err := json.Unmarshal(readFile(t, "../proto/schema/"+string(trigger)+".json"), &schema); err != nil {
			t.Fatal(err)
		}
		collect(schema, contract)
	}
	for _, tt := range []struct {
		name, path, field string
		other             []string // fields of other types in the file
	}{
		{name: "Go", path: "go/event.go", field: `json:"([a-zA-Z_0-9]+)`},
		{
			name: "AssemblyScript", path: "assemblyscript/event.ts", field: `(?m)^  ([a-zA-Z_0-9]+): `,
			other: []string{"event", "execution", "action", "version", "binding_id", "attempt"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			known := map[string]bool{}
			for _, match := range regexp.MustCompile(tt.field).FindAllSubmatch(readFile(t, tt.path), -1) {
				known[string(match[1])] = true
			}
			for name := range contract {
				if !known[name] && name != oldSpelling {
					t.Errorf("%s has no field %s", tt.path, name)
				}
			}
			for name := range known {
				if !contract[name] && !slices.Contains(tt.other, name) {
					t.Errorf("%s has the field %s, which the contract does not have", tt.path, name)
				}
			}
		})
	}
}

// collect adds the names of a schema's properties, but not those of types that
// are free-form.
func collect(schema any, names map[string]bool) {
	switch value := schema.(type) {
	case map[string]any:
		properties, _ := value["properties"].(map[string]any)
		for name := range properties {
			names[name] = true
		}
		for key, below := range value {
			if !slices.Contains(freeForm, key) {
				collect(below, names)
			}
		}
	case []any:
		for _, below := range value {
			collect(below, names)
		}
	}
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
