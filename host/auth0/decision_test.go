package auth0_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/proto/conformance"
)

// denies is an action that sets metadata to its input's end, and denies.
func denies(reason string) conformance.Vector {
	arg, _ := json.Marshal(map[string]string{"reason": reason, "user_message": "Not today"}) // strings always have a form
	return conformance.Vector{Calls: []conformance.Call{
		{Function: "user_metadata_set", Args: []json.RawMessage{json.RawMessage(`{"key":"seen","value":true}`)}},
		{Function: "access_deny", Args: []json.RawMessage{arg}},
	}}
}

// gate makes an action of pre-user-registration and returns its id.
func (k *kit) gate(name, code string) string {
	k.t.Helper()
	return text(k.must(201, "POST", actions, strings.Replace(newAction(name, code, ""), string(host.PostUserRegistration), string(host.PreUserRegistration), 1)), "id")
}

func TestATestOfAnActionThatDecidesHasItsCommands(t *testing.T) {
	t.Parallel()
	k := open(t)
	path := actions + "/" + k.gate("gate", "denies spam") + "/test"
	for _, event := range []string{
		`{"user":{"email":"ada@example.com"},"request":{"body":{"password":"hunter2"}}}`, // as decisions are asked for
		`{"user":{}}`, `{}`, // a client may make up less
	} {
		got := k.must(200, "POST", path, `{"payload":{"event":`+event+`}}`)
		if at(got, "payload", "error") != nil || text(got, "payload", "commands", 0, "type") != "user.set_user_metadata" ||
			text(got, "payload", "commands", 1, "type") != "access.deny" || text(got, "payload", "commands", 1, "reason") != "spam" {
			t.Errorf("%s: answered %v", event, got)
		}
	}
	found, err := k.host.DB.Executions(t.Context(), host.ExecutionQuery{})
	if err != nil || len(found) != 0 {
		t.Errorf("a test left %v, %v", found, err)
	}
	k.send("POST", path, `{"payload":{"event":[]}}`).
		want(400, "Bad Request", "Payload validation error: 'Expected type object but found type array' on property payload.event (The event, in the form of the trigger).", "invalid_body")
}

func TestAnActionThatDecidesHasVersionsAndIsBoundToItsTriggerAlone(t *testing.T) {
	t.Parallel()
	k := open(t)
	id := k.gate("gate", "denies spam")
	path := actions + "/" + id
	first := k.must(200, "POST", path+"/deploy", "")
	if first["number"] != 1.0 || first["status"] != "built" || text(first, "supported_triggers", 0, "id") != string(host.PreUserRegistration) {
		t.Errorf("deploy answered %v", first)
	}
	k.must(200, "PATCH", path, `{"code":"denies bots"}`)
	k.must(200, "POST", path+"/deploy", "")
	if back := k.must(200, "POST", path+"/versions/"+text(first, "id")+"/deploy", ""); back["number"] != 3.0 || back["code"] != "denies spam" {
		t.Errorf("the rollback answered %v", back)
	}
	if versions := k.must(200, "GET", path+"/versions", ""); versions["total"] != 3.0 || at(versions, "versions", 0, "deployed") != true {
		t.Errorf("versions %v", versions)
	}
	bind := `{"bindings":[{"ref":{"type":"action_id","value":"` + id + `"},"display_name":"gate"}]}`
	pre := triggers + "/" + string(host.PreUserRegistration) + "/bindings"
	k.must(200, "PATCH", pre, bind)
	if list := k.must(200, "GET", pre, ""); text(list, "bindings", 0, "action", "name") != "gate" || text(list, "bindings", 0, "trigger_id") != string(host.PreUserRegistration) {
		t.Errorf("bindings %v", list)
	}
	if a := k.send("PATCH", bindings, bind); a.status != 400 {
		t.Errorf("a binding to the other trigger is answered %d %s", a.status, a.text)
	}
	if list := k.must(200, "GET", bindings, ""); at(list, "bindings", 0) != nil {
		t.Errorf("bindings of the other trigger %v", list)
	}
	// A draft whose code serves the other trigger can't be deployed.
	k.must(200, "PATCH", path, `{"code":"guest noop"}`)
	if a := k.send("POST", path+"/deploy", ""); a.status != 400 {
		t.Errorf("a deploy with the other handler is answered %d %s", a.status, a.text)
	}
}
