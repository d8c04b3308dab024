package auth0_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/auth0"
	"github.com/usherhost/usher/host/internal/guests"
)

// show reads an action.
func (k *kit) show(id string) map[string]any {
	k.t.Helper()
	return k.must(200, "GET", actions+"/"+id, "")
}

func TestAnActionGoesFromDraftToDeployedVersion(t *testing.T) {
	t.Parallel()
	k := open(t)
	made := k.must(201, "POST", actions, newAction("notify", "guest noop", `,"runtime":"node18-actions","secrets":[{"name":"A","value":"1"}]`))
	id := text(made, "id")
	if made["all_changes_deployed"] != false || made["deployed_version"] != nil {
		t.Errorf("made %v", made)
	}
	path := actions + "/" + id
	version := k.must(200, "POST", path+"/deploy", "")
	if version["deployed"] != false || version["status"] != "built" || version["number"] != 1.0 || version["runtime"] != "node18-actions" {
		t.Errorf("deploy answered %v", version)
	}
	got := k.show(id)
	if at(got, "deployed_version", "deployed") != true || at(got, "deployed_version", "id") != version["id"] || got["all_changes_deployed"] != true {
		t.Errorf("after the deploy %v", got)
	}
	if got["status"] != "built" || at(got, "current_version", "status") != "BUILT" || got["runtime"] != "node18-actions" {
		t.Errorf("the draft is %v", got)
	}

	got = k.must(200, "PATCH", path, `{"code":"guest echo"}`)
	if got["all_changes_deployed"] != false || at(got, "deployed_version", "code") != "guest noop" || got["code"] != "guest echo" {
		t.Errorf("after a patch %v", got)
	}
	k.must(200, "POST", path+"/deploy", "null")
	if got = k.show(id); at(got, "deployed_version", "number") != 2.0 || got["all_changes_deployed"] != true {
		t.Errorf("after the second deploy %v", got)
	}

	old := k.must(200, "POST", path+"/versions/"+text(version, "id")+"/deploy", "")
	if old["number"] != 3.0 || old["deployed"] != false || old["code"] != "guest noop" {
		t.Errorf("the rollback answered %v", old)
	}
	if got = k.show(id); at(got, "deployed_version", "number") != 3.0 || got["code"] != "guest echo" || got["all_changes_deployed"] != false {
		t.Errorf("after the rollback %v", got)
	}
	k.must(200, "POST", path+"/versions/"+text(version, "id")+"/deploy", `{"update_draft":true}`)
	if got = k.show(id); at(got, "deployed_version", "number") != 4.0 || got["code"] != "guest noop" || got["all_changes_deployed"] != true {
		t.Errorf("after the rollback of the draft too %v", got)
	}

	versions := k.must(200, "GET", path+"/versions", "")
	if at(versions, "versions", 0, "number") != 4.0 || at(versions, "versions", 3, "number") != 1.0 || versions["total"] != 4.0 {
		t.Errorf("versions %v", versions)
	}
	if at(versions, "versions", 0, "deployed") != true || at(versions, "versions", 1, "deployed") != false {
		t.Errorf("deployed ones of %v", versions)
	}
	k.send("DELETE", path, "").wantStatus(204)
	k.send("GET", path, "").want(404, "Not Found", "That action does not exist.", "")
}

func TestAnActionMayBeDeployedAsItIsMade(t *testing.T) {
	t.Parallel()
	k := open(t)
	made := k.must(201, "POST", actions, newAction("notify", "guest noop", `,"deploy":true`))
	if at(made, "deployed_version", "deployed") != true || made["all_changes_deployed"] != true {
		t.Errorf("made %v", made)
	}
	if made["runtime"] != "node22" {
		t.Errorf("the runtime is %v", made["runtime"])
	}
}

// TestAnAnswerDoesNotWaitForASlowBuild makes and changes an action whose build
// takes long, with a client that goes away.
func TestAnAnswerDoesNotWaitForASlowBuild(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	k := open(t, func(s *auth0.Server, b *builder) { b.hold, s.DeployWait = hold, time.Millisecond })
	gone, leave := context.WithCancel(t.Context())
	leave()
	k.send("POST", actions, newAction("left", "slow", ""), func(r *http.Request) { *r = *r.WithContext(gone) })
	made := k.must(201, "POST", actions, newAction("notify", "slow", `,"secrets":[{"name":"A","value":"1"}]`))
	if made["status"] != "pending" || made["deployed_version"] != nil || at(made, "secrets", 0, "name") != "A" {
		t.Errorf("made %v", made)
	}
	path := actions + "/" + text(made, "id")
	k.send("POST", actions, newAction("notify", "slow", "")).want(409, "Conflict", "An action with the same name already exists.", "")
	if got := k.must(200, "PATCH", path, `{"code":"slow too"}`); got["status"] != "pending" || got["code"] != "slow too" {
		t.Errorf("changed to %v", got)
	}
	k.send("POST", path+"/deploy", "").want(400, "Bad Request", "A draft must be in the 'built' state before it can be deployed.", "")
	close(hold)
	k.until(func() bool { return k.must(200, "GET", path, "")["status"] == "built" })
	k.must(200, "POST", path+"/deploy", "")
	list := k.must(200, "GET", actions+"?actionName=left", "")
	if n := len(list["actions"].([]any)); n > 0 { // the client left before or after it was stored
		k.until(func() bool {
			return at(k.must(200, "GET", actions+"?actionName=left", ""), "actions", 0, "status") == "built"
		})
	}
}

func TestABrokenDraftFailsAndCanNotBeDeployed(t *testing.T) {
	t.Parallel()
	k := open(t)
	made := k.must(201, "POST", actions, newAction("notify", "broken", `,"deploy":true`))
	const line = "action.js:3:7: Unexpected end of file: if ( (close the bracket)"
	if made["status"] != "failed" || at(made, "errors", 0, "msg") != line || at(made, "errors", 0, "id") != "build_error" {
		t.Errorf("made %v", made)
	}
	path := actions + "/" + text(made, "id")
	k.send("POST", path+"/deploy", "").
		want(400, "Bad Request", "The draft failed to build: "+line, "")
	k.send("POST", path+"/test", `{"payload":{}}`).
		want(400, "Bad Request", "The draft failed to build: "+line, "")
	k.must(200, "PATCH", path, `{"code":"guest noop"}`)
	k.must(200, "POST", path+"/deploy", "")
}

func TestADraftWithPackagesIsBuiltInTheBackground(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	k := open(t, func(_ *auth0.Server, b *builder) { b.hold = hold })
	running, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- k.host.Builds.Run(running) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	made := k.must(201, "POST", actions, newAction("notify", "guest noop",
		`,"dependencies":[{"name":"lodash","version":"4.0.0","registry_url":"https://registry.example"}]`))
	if s := made["status"]; s != "pending" && s != "building" {
		t.Errorf("made as %v", s)
	}
	if at(made, "dependencies", 0, "registry_url") != "https://registry.example" {
		t.Errorf("dependencies %v", made["dependencies"])
	}
	close(hold)
	path := actions + "/" + text(made, "id")
	version := k.must(200, "POST", path+"/deploy", "") // waits for the build
	if at(version, "dependencies", 0, "name") != "lodash" || at(version, "dependencies", 0, "registry_url") != nil {
		t.Errorf("deployed %v", version)
	}
	if got := k.show(text(made, "id")); got["status"] != "built" || at(got, "dependencies", 0, "registry_url") != nil {
		t.Errorf("built as %v", got)
	}
}

func TestSecretsAreReplacedAsAWholeAndNeverShown(t *testing.T) {
	t.Parallel()
	k := open(t)
	id := k.create("notify", "guest noop", `,"secrets":[{"name":"A","value":"first","updated_at":"2025-01-01T00:00:00Z"},{"name":"B","value":"2"}]`)
	path := actions + "/" + id
	for _, tt := range []struct{ name, body, names, values string }{
		{"without the key they stay", `{"code":"guest echo"}`, "A B", "first 2"},
		{"an item without a value keeps it", `{"secrets":[{"name":"A"},{"name":"C","value":"3"}]}`, "A C", "first 3"},
		{"a value replaces it", `{"secrets":[{"name":"A","value":"new"},{"name":"C","updated_at":"x"}]}`, "A C", "new 3"},
		{"none clears them", `{"secrets":[]}`, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := k.send("PATCH", path, tt.body)
			a.t = t
			a.wantStatus(200)
			list, _ := a.object()["secrets"].([]any)
			var names, values []string
			stored, err := k.host.Registry.Secrets(t.Context(), auth0.Inside(host.ActionPrefix, id))
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range list {
				if text(s, "updated_at") == "" || at(s, "value") != nil {
					t.Errorf("shows %v", s)
				}
				names = append(names, text(s, "name"))
				values = append(values, stored[text(s, "name")])
			}
			if strings.Join(names, " ") != tt.names || strings.Join(values, " ") != tt.values || len(stored) != len(names) {
				t.Errorf("secrets %v with %v", names, stored)
			}
		})
	}
	k.send("POST", actions, newAction("new", "", `,"secrets":[{"name":"A"}]`)).wantStatus(400)
	k.send("PATCH", path, `{"secrets":[{"value":"1"}]}`).
		want(400, "Bad Request", "Payload validation error: 'Missing required property: name' on property secrets[0] (A secret).", "invalid_body")
}

func TestActionsThatCanNotBeAreRefused(t *testing.T) {
	t.Parallel()
	k := open(t)
	taken := k.create("taken", "", "")
	other := k.create("other", "", "")
	const trigger = `"supported_triggers":[{"id":"post-user-registration"}]`
	for _, tt := range []struct {
		name, method, path, body string
		status                   int
		message, code            string
	}{
		{"no name", "POST", actions, `{` + trigger + `}`, 400, "Payload validation error: 'Missing required property: name'.", "invalid_body"},
		{"an empty name", "POST", actions, `{"name":"",` + trigger + `}`, 400, "Payload validation error: 'String is too short (0 chars), minimum 1' on property name (The name of an action).", "invalid_body"},
		{"a number for a name", "POST", actions, `{"name":1,` + trigger + `}`, 400, "Payload validation error: 'Expected type string but found type integer' on property name (The name of an action).", "invalid_body"},
		{"no trigger", "POST", actions, `{"name":"a"}`, 400, "Payload validation error: 'Missing required property: supported_triggers'.", "invalid_body"},
		{"an empty list of triggers", "POST", actions, `{"name":"a","supported_triggers":[]}`, 400, "Payload validation error: 'Array is too short (0), minimum 1' on property supported_triggers (The triggers that an action supports).", "invalid_body"},
		{"a trigger that Auth0 lacks", "POST", actions, `{"name":"a","supported_triggers":[{"id":"never"}]}`, 400, "Payload validation error: 'No enum match for: never' on property supported_triggers[0].id (The id of the trigger).", "invalid_body"},
		{"a trigger that is not served", "POST", actions, `{"name":"a","supported_triggers":[{"id":"post-login","version":"v3"}]}`, 400, "This host serves no trigger post-login v3; it serves post-user-registration, pre-user-registration, version v2.", ""},
		{"an old version of the trigger", "POST", actions, `{"name":"a","supported_triggers":[{"id":"post-user-registration","version":"v1"}]}`, 400, "This host serves no trigger post-user-registration v1; it serves post-user-registration, pre-user-registration, version v2.", ""},
		{"two triggers", "POST", actions, `{"name":"a","supported_triggers":[{"id":"post-user-registration"},{"id":"post-login"}]}`, 400, "An action can only target a single trigger at a time.", ""},
		{"a runtime that never was", "POST", actions, `{"name":"a","runtime":"node10",` + trigger + `}`, 400, "runtime is not supported", ""},
		{"a name that is taken", "POST", actions, `{"name":"taken",` + trigger + `}`, 409, "An action with the same name already exists.", ""},
		{"deploy in a patch", "PATCH", actions + "/" + taken, `{"deploy":true}`, 400, "Payload validation error: 'Additional properties not allowed: deploy'.", "invalid_body"},
		{"what is read only", "PATCH", actions + "/" + taken, `{"id":"1","status":"built"}`, 400, "Payload validation error: 'Additional properties not allowed: id,status'.", "invalid_body"},
		{"another trigger", "PATCH", actions + "/" + taken, `{"supported_triggers":[{"id":"post-login","version":"v3"}]}`, 400, "can't upgrade to this trigger.", ""},
		{"an older trigger", "PATCH", actions + "/" + taken, `{"supported_triggers":[{"id":"post-user-registration","version":"v1"}]}`, 400, "can't upgrade to this trigger.", ""},
		{"a patch to a name that is taken", "PATCH", actions + "/" + other, `{"name":"taken"}`, 409, "An action with the same name already exists.", ""},
		{"a patch to no runtime", "PATCH", actions + "/" + other, `{"runtime":"deno"}`, 400, "runtime is not supported", ""},
		{"a dependency's typing error", "PATCH", actions + "/" + other, `{"dependencies":[{"name":"a","latest":"1"}]}`, 400, "Payload validation error: 'Additional properties not allowed: latest' on property dependencies[0] (An npm package).", "invalid_body"},
		{"a name for an id", "GET", actions + "/taken", "", 404, "That action does not exist.", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := k.send(tt.method, tt.path, tt.body)
			a.t = t
			titles := map[int]string{400: "Bad Request", 404: "Not Found", 409: "Conflict"}
			a.want(tt.status, titles[tt.status], tt.message, tt.code)
		})
	}
}

func TestABoundActionIsDeletedWithForceAlone(t *testing.T) {
	t.Parallel()
	k := open(t)
	id := k.create("notify", "guest noop", `,"deploy":true`)
	k.must(200, "PATCH", bindings, `{"bindings":[{"ref":{"value":"notify"}}]}`)
	k.send("DELETE", actions+"/"+id, "").want(409, "Conflict", "Unable to delete an action bound to a trigger.", "")
	k.send("DELETE", actions+"/"+id+"?force=1", "").
		want(400, "Bad Request", "Query validation error: 'Expected type boolean but found type string' on property force (Whether to unbind the action).", "invalid_query_string")
	k.send("DELETE", actions+"/"+id+"?force=true", "").wantStatus(204)
	if got := k.must(200, "GET", bindings, ""); len(got["bindings"].([]any)) != 0 {
		t.Errorf("bound are %v", got)
	}
}

func TestListsAreFilteredAndPaged(t *testing.T) {
	t.Parallel()
	k := open(t)
	for i := range 5 {
		k.create(fmt.Sprintf("action %d", i), "guest noop", fmt.Sprintf(`,"deploy":%v`, i < 2))
	}
	for _, tt := range []struct {
		query            string
		n                int
		total, page, per any
	}{
		{"", 5, 5.0, nil, 20.0},
		{"?page=0&per_page=100", 5, 5.0, nil, 100.0},
		{"?per_page=2", 2, 5.0, nil, 2.0},
		{"?per_page=2&page=2", 1, 5.0, 2.0, 2.0},
		{"?per_page=2&page=3", 0, nil, 3.0, 2.0},
		{"?per_page=5&page=1", 0, nil, 1.0, 5.0},
		{"?page=1000000", 0, nil, 1000000.0, 20.0},
		{"?deployed=true", 2, 2.0, nil, 20.0},
		{"?deployed=false", 3, 3.0, nil, 20.0},
		{"?actionName=action+3", 1, 1.0, nil, 20.0},
		{"?actionName=action", 0, nil, nil, 20.0},
		{"?triggerId=post-user-registration&deployed=true&per_page=1", 1, 2.0, nil, 1.0},
		{"?triggerId=post-login", 0, nil, nil, 20.0},
		{"?installed=true", 0, nil, nil, 20.0},
		{"?installed=false", 5, 5.0, nil, 20.0},
	} {
		t.Run(tt.query, func(t *testing.T) {
			a := k.send("GET", actions+tt.query, "")
			a.t = t
			a.wantStatus(200)
			got := a.object()
			list, ok := got["actions"].([]any)
			if !ok || len(list) != tt.n || got["total"] != tt.total || got["page"] != tt.page || got["per_page"] != tt.per {
				t.Errorf("%d actions, total %v, page %v, per_page %v", len(list), got["total"], got["page"], got["per_page"])
			}
		})
	}
}

func TestQueriesThatCanNotBeAreRefused(t *testing.T) {
	t.Parallel()
	k := open(t)
	for query, message := range map[string]string{
		"?per_page=101":        "'Value 101 is greater than maximum 100' on property per_page (Results on a page)",
		"?per_page=0":          "'Value 0 is less than minimum 1' on property per_page (Results on a page)",
		"?page=-1":             "'Value -1 is less than minimum 0' on property page (Number of the page, the first is 0)",
		"?page=9999999999":     "'Value 9999999999 is greater than maximum 1073741824' on property page (Number of the page, the first is 0)",
		"?page=one":            "'Expected type integer but found type string' on property page (Number of the page, the first is 0)",
		"?page=1&page=2":       "'Expected type integer but found type array' on property page (Number of the page, the first is 0)",
		"?deployed=yes":        "'Expected type boolean but found type string' on property deployed (Whether the actions are deployed)",
		"?triggerId=never":     "'No enum match for: never' on property triggerId (A trigger that the actions support)",
		"?include_totals=true": "'Additional properties not allowed: include_totals'",
	} {
		k.send("GET", actions+query, "").want(400, "Bad Request", "Query validation error: "+message+".", "invalid_query_string")
	}
}

// TestAWalkOverPagesEnds asks as go-auth0 does: page after page until the total
// is missing.
func TestAWalkOverPagesEnds(t *testing.T) {
	t.Parallel()
	k := open(t)
	var list []string
	for i := range 4 {
		name := fmt.Sprintf("action %d", i)
		k.create(name, "guest noop", `,"deploy":true`)
		list = append(list, `{"ref":{"value":"`+name+`"}}`)
		k.must(201, "POST", modules, fmt.Sprintf(`{"name":"module %d","code":"1"}`, i))
	}
	k.must(200, "PATCH", bindings, `{"bindings":[`+strings.Join(list, ",")+`]}`)
	for path, name := range map[string]string{actions: "actions", bindings: "bindings", modules: "modules"} {
		found, pages := 0, 0
		for total := 1.0; total > 0; pages++ {
			got := k.must(200, "GET", fmt.Sprintf("%s?per_page=2&page=%d", path, pages), "")
			found += len(got[name].([]any))
			total, _ = got["total"].(float64)
			if pages > 5 {
				t.Fatalf("%s go on for ever", name)
			}
		}
		if found != 4 || pages != 3 {
			t.Errorf("%d %s on %d pages", found, name, pages)
		}
	}
}

func TestAnActionWithUploadedVersionsHasTheNewestForItsDraft(t *testing.T) {
	t.Parallel()
	k := open(t)
	id := k.create("native", "", `,"runtime":"wasm"`)
	path := actions + "/" + id
	if got := k.show(id); got["runtime"] != "wasm" || got["status"] != "pending" || got["code"] != "" {
		t.Errorf("made %v", got)
	}
	k.send("POST", path+"/deploy", "").want(400, "Bad Request",
		"The action has no version yet: upload its module with `usher actions deploy`.", "")
	for _, name := range []string{"noop", "echo"} {
		if _, err := k.host.Registry.Upload(t.Context(), "native", guests.Wasm(name), host.Manifest{}, name == "noop"); err != nil {
			t.Fatal(err)
		}
	}
	got := k.show(id)
	if got["status"] != "built" || at(got, "deployed_version", "number") != 1.0 || got["all_changes_deployed"] != false {
		t.Errorf("after two uploads %v", got)
	}
	k.must(200, "POST", path+"/deploy", "")
	if got = k.show(id); at(got, "deployed_version", "number") != 2.0 || got["all_changes_deployed"] != true {
		t.Errorf("after the deploy %v", got)
	}
	k.send("POST", actions, newAction("mixed", "exports", `,"runtime":"wasm"`)).wantStatus(400)
}

func TestIDsOfTheHostAreGoodToo(t *testing.T) {
	t.Parallel()
	k := open(t)
	id := k.create("notify", "guest noop", "")
	own := auth0.Inside(host.ActionPrefix, id)
	if !strings.HasPrefix(own, host.ActionPrefix) || auth0.Outside(own) != id {
		t.Errorf("%s is %s is %s", id, own, auth0.Outside(own))
	}
	if got := k.show(own); got["id"] != id {
		t.Errorf("found %v", got["id"])
	}
	if upper := k.show(strings.ToUpper(id)); upper["id"] != id {
		t.Errorf("found %v", upper["id"])
	}
}
