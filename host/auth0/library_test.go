package auth0_test

import (
	"fmt"
	"reflect"
	"testing"
)

func TestAModuleIsPublishedUsedAndRolledBack(t *testing.T) {
	t.Parallel()
	k := open(t)
	made := k.must(201, "POST", modules, `{"name":"shared","code":"exports.a = 1","secrets":[{"name":"A","value":"1"}],"api_version":"v1"}`)
	if made["all_changes_published"] != false || made["latest_version"] != nil {
		t.Errorf("made %v", made)
	}
	path := modules + "/" + text(made, "id")
	first := k.must(200, "POST", path+"/versions", "")
	if first["version_number"] != 1.0 || first["code"] != "exports.a = 1" || first["module_id"] != made["id"] {
		t.Errorf("published %v", first)
	}
	if again := k.must(200, "POST", path+"/versions", ""); again["id"] != first["id"] || again["version_number"] != 1.0 {
		t.Errorf("published without a change %v, want the first", again)
	}

	got := k.must(200, "PATCH", path, `{"code":"exports.a = 2"}`)
	if got["all_changes_published"] != false || at(got, "latest_version", "version_number") != 1.0 {
		t.Errorf("after a patch %v", got)
	}
	k.must(200, "POST", path+"/versions", "")
	action := k.must(201, "POST", actions, newAction("uses", "guest noop", fmt.Sprintf(
		`,"modules":[{"module_name":"shared","module_version_number":1,"module_id":%q}]`, text(made, "id"))))
	if at(action, "modules", 0, "module_version_id") != first["id"] || at(action, "modules", 0, "module_name") != "shared" {
		t.Errorf("uses %v", action["modules"])
	}
	users := k.must(200, "GET", path+"/actions", "")
	if at(users, "actions", 0, "action_name") != "uses" || at(users, "actions", 0, "module_version_number") != 1.0 || users["total"] != 1.0 {
		t.Errorf("users %v", users)
	}
	k.send("DELETE", path, "").want(412, "Precondition Failed", "The module is in use by an action.", "")

	got = k.must(200, "POST", path+"/rollback", fmt.Sprintf(`{"module_version_id":%q}`, text(first, "id")))
	if got["code"] != "exports.a = 1" || at(got, "latest_version", "version_number") != 2.0 || got["all_changes_published"] != false {
		t.Errorf("rolled back to %v", got)
	}
	versions := k.must(200, "GET", path+"/versions?per_page=1", "")
	if at(versions, "versions", 0, "version_number") != 2.0 || versions["total"] != 2.0 || versions["page"] != 0.0 {
		t.Errorf("versions %v", versions)
	}
	k.send("DELETE", actions+"/"+text(action, "id"), "").wantStatus(204)
	k.send("DELETE", path, "").wantStatus(204)
	if list := k.must(200, "GET", modules, ""); list["total"] != 0.0 || list["page"] != 0.0 {
		t.Errorf("left are %v", list)
	}
}

// TestASecretOfAModuleIsAChange publishes a module of which a secret alone has
// changed.
func TestASecretOfAModuleIsAChange(t *testing.T) {
	t.Parallel()
	k := open(t)
	made := k.must(201, "POST", modules, `{"name":"shared","code":"1","secrets":[{"name":"B","value":"1"},{"name":"A","value":"2"}],"publish":true}`)
	path := modules + "/" + text(made, "id")
	for i, patch := range []string{
		`{"secrets":[{"name":"B","value":"3"},{"name":"A"}]}`,
		`{"secrets":[{"name":"A"}]}`,
		`{"secrets":[{"name":"A"},{"name":"C","value":"4"}]}`,
	} {
		if got := k.must(200, "PATCH", path, patch); got["all_changes_published"] != false {
			t.Errorf("after %s all is published", patch)
		}
		published := k.must(200, "POST", path+"/versions", "")
		if published["version_number"] != float64(i+2) {
			t.Errorf("after %s version %v was published", patch, published["version_number"])
		}
		got := k.must(200, "GET", path, "")
		if got["all_changes_published"] != true || !reflect.DeepEqual(got["secrets"], published["secrets"]) {
			t.Errorf("after %s and a publish %v", patch, got)
		}
	}
	first := k.must(200, "GET", path+"/versions", "")
	if at(first, "versions", 3, "secrets", 0, "name") != "B" || at(first, "versions", 3, "secrets", 1, "name") != "A" {
		t.Errorf("the first version's secrets are %v", at(first, "versions", 3, "secrets"))
	}
}

func TestModulesThatCanNotBeAreRefused(t *testing.T) {
	t.Parallel()
	k := open(t)
	made := k.must(201, "POST", modules, `{"name":"shared","code":"1","publish":true}`)
	path := modules + "/" + text(made, "id")
	k.send("POST", modules, `{"name":"shared","code":"1"}`).want(409, "Conflict", "A module with the same name already exists.", "")
	k.send("POST", modules, `{"name":"more"}`).
		want(400, "Bad Request", "Payload validation error: 'Missing required property: code'.", "invalid_body")
	k.send("PATCH", path, `{"name":"other"}`).
		want(400, "Bad Request", "Payload validation error: 'Additional properties not allowed: name'.", "invalid_body")
	k.send("POST", path+"/rollback", `{}`).
		want(400, "Bad Request", "Payload validation error: 'Missing required property: module_version_id'.", "invalid_body")
	k.send("POST", path+"/rollback", `{"module_version_id":"x"}`).want(404, "Not Found", "That module version does not exist.", "")
	k.send("GET", path+"/versions/x", "").want(404, "Not Found", "That module version does not exist.", "")
	k.send("GET", modules+"/shared", "").want(404, "Not Found", "That module does not exist.", "")
	k.send("POST", actions, newAction("uses", "", `,"modules":[{"module_name":"nothing"}]`)).wantStatus(400)
}
