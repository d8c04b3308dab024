package auth0_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

var (
	uuids     = regexp.MustCompile(`"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"`)
	instants  = regexp.MustCompile(`"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"`)
	durations = regexp.MustCompile(`_ms": \d+`)
	ownIDs    = regexp.MustCompile(`"exe_[0-9a-z]{26}"`)
)

// golden compares an answer with the file of its name, ids and times aside.
func golden(t *testing.T, name string, a answer) {
	t.Helper()
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, []byte(a.text), "", "  "); err != nil {
		t.Fatalf("%v in %s", err, a.text)
	}
	got := pretty.Bytes()
	got = uuids.ReplaceAll(got, []byte(`"UUID"`))
	got = instants.ReplaceAll(got, []byte(`"TIME"`))
	got = durations.ReplaceAll(got, []byte(`_ms": 0`))
	got = append(ownIDs.ReplaceAll(got, []byte(`"EXECUTION"`)), '\n')
	path := filepath.Join("testdata", name+".json")
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is\n%s\nwant\n%s", name, got, want)
	}
}

func TestAnswersHaveAuth0sShapes(t *testing.T) {
	t.Parallel()
	k := open(t)
	secrets := `,"secrets":[{"name":"API_KEY","value":"1"}]`
	made := k.send("POST", actions, newAction("notify", "guest noop", secrets))
	golden(t, "action_created", k.settled(made))
	id := text(made.object(), "id")
	golden(t, "action_failed", k.settled(k.send("POST", actions, newAction("broken", "broken", ""))))
	golden(t, "action_test", k.send("POST", actions+"/"+id+"/test", `{"payload":{"event":{}}}`))
	golden(t, "version_deployed", k.send("POST", actions+"/"+id+"/deploy", ""))
	golden(t, "action_deployed", k.send("GET", actions+"/"+id, ""))
	golden(t, "versions", k.send("GET", actions+"/"+id+"/versions", ""))
	golden(t, "bindings_replaced", k.send("PATCH", bindings, `{"bindings":[{"ref":{"value":"notify"}}]}`))
	golden(t, "bindings", k.send("GET", bindings+"?per_page=50", ""))
	golden(t, "bindings_beyond", k.send("GET", bindings+"?page=1&per_page=100", ""))
	golden(t, "triggers", k.send("GET", triggers, ""))
	golden(t, "modules_empty", k.send("GET", modules, ""))
	golden(t, "module_created", k.send("POST", modules, `{"name":"shared","code":"exports.a = 1","publish":true}`))
	golden(t, "modules", k.send("GET", modules, ""))
}

// settled returns the answer that creates an action, or, when a slow machine
// answered before the build had ended, the action after its build.
func (k *kit) settled(created answer) answer {
	k.t.Helper()
	a := created
	k.until(func() bool {
		switch text(a.object(), "status") {
		case "pending", "building":
			a = k.send("GET", actions+"/"+text(created.object(), "id"), "")
			return false
		}
		return true
	})
	return a
}
