package clients

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// node runs one of the programs in testdata.
func (s *server) node(t *testing.T, program string, env ...string) string {
	t.Helper()
	return s.run(t, "env", append(env, "node", filepath.Join("testdata", program))...)
}

// TestTheNodeLibrary lets Auth0's Node library make, change, roll back and
// test actions; then an event runs them in order.
func TestTheNodeLibrary(t *testing.T) {
	t.Parallel()
	s, world := start(t), receive(t)
	s.node(t, "library.mjs", "RECEIVER="+world.URL)
	if got := s.decide(t, "ada@example.com"); got != "deny closed" {
		t.Errorf("the action that decides was answered %q", got)
	}
	tried := len(world.all())
	execution := s.post(t, "auth0|1")
	until(t, "the execution has ended", func() bool {
		var x struct {
			Status  string
			Results []struct {
				Name string `json:"action_name"`
			}
		}
		if err := json.Unmarshal([]byte(s.node(t, "execution.mjs", "EXECUTION="+execution)), &x); err != nil {
			t.Fatal(err)
		}
		return x.Status == "final" && len(x.Results) == 2 && x.Results[0].Name == "first"
	})
	want := []string{"/first auth0|1 of first", "/second auth0|1 of second"}
	if got := world.all()[tried:]; !slices.Equal(got, want) {
		t.Errorf("the actions sent %q, want %q", got, want)
	}
}

// deploy runs Auth0's deploy tool.
func (s *server) deploy(t *testing.T, world *receiver, more []string, args ...string) string {
	t.Helper()
	mappings, err := json.Marshal(map[string]string{"RECEIVER": world.URL})
	if err != nil {
		t.Fatal(err)
	}
	env := append([]string{"AUTH0_KEYWORD_REPLACE_MAPPINGS=" + string(mappings), `AUTH0_INCLUDED_ONLY=["actions","triggers"]`}, more...)
	return s.run(t, "env", append(append(env, "node_modules/.bin/a0deploy"), args...)...)
}

// TestTheDeployTool imports a folder twice, exports it in both forms, and
// deletes what a smaller folder lacks.
func TestTheDeployTool(t *testing.T) {
	t.Parallel()
	s, world := start(t), receive(t)
	s.deploy(t, world, nil, "import", "-i", "testdata/tenant")
	s.post(t, "auth0|1")
	until(t, "both actions have run", func() bool { return len(world.all()) == 2 })
	want := []string{"/first auth0|1 of first", "/second auth0|1 of second"}
	if got := world.all(); !slices.Equal(got, want) {
		t.Errorf("the actions sent %q, want %q", got, want)
	}
	if got := s.decide(t, "ada@spam.example"); got != "deny on the list" {
		t.Errorf("the imported action decides %q", got)
	}
	s.deploy(t, world, nil, "import", "-i", "testdata/tenant")

	folder, yaml := t.TempDir(), t.TempDir()
	s.deploy(t, world, nil, "export", "-f", "directory", "-o", folder)
	s.deploy(t, world, nil, "export", "-f", "yaml", "-o", yaml)
	if tenant := read(t, yaml, "tenant.yaml"); !strings.Contains(tenant, "first") || !strings.Contains(tenant, "post-user-registration") {
		t.Errorf("the export is:\n%s", tenant)
	}
	if code := read(t, folder, "actions/first/code.js"); !strings.Contains(code, "/first") {
		t.Errorf("the exported code is %q", code)
	}
	s.deploy(t, world, nil, "import", "-i", folder) // what was exported: secrets have names only
	s.post(t, "auth0|2")
	until(t, "both actions have run again", func() bool { return len(world.all()) == 4 })
	if got := world.all()[2]; got != "/first auth0|2 of first" {
		t.Errorf("after the export came back, the first action sent %q", got)
	}
	if got := s.decide(t, "ada@spam.example"); got != "deny on the list" {
		t.Errorf("after the export came back, the action decides %q", got)
	}
	remain(t, s, world, folder)
}

// remain deletes all actions but the first by importing a folder without them.
func remain(t *testing.T, s *server, world *receiver, folder string) {
	t.Helper()
	for _, name := range []string{"actions/second.json", "actions/second", "actions/gate.json", "actions/gate"} {
		if err := os.RemoveAll(filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	triggers := `{"post-user-registration":[{"action_name":"first","display_name":"first"}],"pre-user-registration":[]}`
	if err := os.WriteFile(filepath.Join(folder, "triggers", "triggers.json"), []byte(triggers), 0o600); err != nil {
		t.Fatal(err)
	}
	s.deploy(t, world, []string{"AUTH0_ALLOW_DELETE=true"}, "import", "-i", folder)
	if list := s.usher(t, "actions", "list"); strings.Contains(list, "second") || strings.Contains(list, "gate") || !strings.Contains(list, "first") {
		t.Errorf("the actions are:\n%s", list)
	}
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
