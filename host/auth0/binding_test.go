package auth0_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/auth0"
)

// bound reads the names of the bound actions, in order.
func (k *kit) bound() string {
	k.t.Helper()
	list, _ := k.must(200, "GET", bindings, "")["bindings"].([]any)
	var names []string
	for _, b := range list {
		names = append(names, text(b, "action", "name"))
	}
	return strings.Join(names, " ")
}

func TestBindingsAreReplacedAsAWholeByEveryKindOfReference(t *testing.T) {
	t.Parallel()
	k := open(t)
	ids := map[string]string{}
	for _, name := range []string{"a", "b", "c"} {
		ids[name] = k.create(name, "guest noop", `,"deploy":true`)
	}
	got := k.must(200, "PATCH", bindings, fmt.Sprintf(
		`{"bindings":[{"ref":{"type":"action_id","value":%q},"display_name":"The second"},{"ref":{"type":"action_name","value":"a"}},{"ref":{"value":"c"}}]}`, ids["b"]))
	if names := k.bound(); names != "b a c" {
		t.Fatalf("bound are %s", names)
	}
	if at(got, "bindings", 0, "display_name") != "The second" || at(got, "bindings", 1, "display_name") != "a" {
		t.Errorf("answered %v", got)
	}
	if got["total"] != nil || got["per_page"] != nil {
		t.Errorf("answered as a page: %v", got)
	}
	k.must(200, "PATCH", bindings, fmt.Sprintf(
		`{"bindings":[{"ref":{"type":"binding_id","value":%q}},{"ref":{"type":"action_id","value":%q}}]}`,
		text(got, "bindings", 2, "id"), auth0.Inside(host.ActionPrefix, ids["b"])))
	if names := k.bound(); names != "c b" {
		t.Errorf("bound are %s", names)
	}
	page := k.must(200, "GET", bindings+"?per_page=1&page=1", "")
	if text(page, "bindings", 0, "action", "name") != "b" || page["total"] != 2.0 || page["page"] != 1.0 {
		t.Errorf("the second page is %v", page)
	}
	k.must(200, "PATCH", bindings, `{"bindings":[]}`)
	if names := k.bound(); names != "" {
		t.Errorf("bound are %s", names)
	}
}

func TestBindingsThatCanNotBeAreRefusedAndChangeNothing(t *testing.T) {
	t.Parallel()
	k := open(t)
	k.create("good", "guest noop", `,"deploy":true`)
	k.create("draft", "guest noop", "")
	k.must(200, "PATCH", bindings, `{"bindings":[{"ref":{"value":"good"}}]}`)
	const oneOf = "Payload validation error: 'Data does not match any schemas from 'oneOf'' on property bindings[0]."
	for _, tt := range []struct{ name, list, message, code string }{
		{"the documentation's own form", `{"id_type":"action_id","id_value":"x"}`, oneOf, "invalid_body"},
		{"another type of reference", `{"ref":{"type":"name","value":"good"}}`, oneOf, "invalid_body"},
		{"a reference without a value", `{"ref":{"type":"action_name"}}`, oneOf, "invalid_body"},
		{"an unknown key", `{"ref":{"value":"good"},"position":1}`, oneOf, "invalid_body"},
		{"no object", `"good"`, oneOf, "invalid_body"},
		{"an action that is not deployed", `{"ref":{"value":"draft"}}`, "Trying to create a binding for an action that has never been deployed.", ""},
		{"an action that is not there", `{"ref":{"value":"gone"}}`, "The action gone does not exist.", ""},
		{"a name for an id", `{"ref":{"type":"action_id","value":"good"}}`, "The action good does not exist.", ""},
		{"a binding that is not there", `{"ref":{"type":"binding_id","value":"x"}}`, "The binding x does not exist.", ""},
		{"secrets of a binding", `{"ref":{"value":"good"},"secrets":[{"name":"A","value":"1"}]}`, "bindings[0] has secrets of its own, which are not kept: set them as secrets of the action.", ""},
		{
			"the same action twice", `{"ref":{"value":"good"}},{"ref":{"value":"good"}}`,
			`Payload validation error: 'action "good" is listed twice; a trigger binds it once' on property bindings[1].action.`, "invalid_body",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := k.send("PATCH", bindings, `{"bindings":[`+tt.list+`]}`)
			a.t = t
			a.want(400, "Bad Request", tt.message, tt.code)
		})
	}
	if names := k.bound(); names != "good" {
		t.Errorf("bound are %s", names)
	}
}

func TestTriggersOfAuth0ThatAreNotServedHaveNoBindings(t *testing.T) {
	t.Parallel()
	k := open(t)
	got := k.must(200, "GET", triggers, "")
	if list, _ := got["triggers"].([]any); len(list) != 2 || at(list, 0, "id") != "post-user-registration" || at(list, 1, "id") != "pre-user-registration" || at(list, 0, "binding_policy") != "trigger-bound" {
		t.Errorf("serves %v", got)
	}
	const login = triggers + "/post-login/bindings"
	if got := k.must(200, "GET", login, ""); len(got["bindings"].([]any)) != 0 || got["total"] != nil {
		t.Errorf("bound are %v", got)
	}
	k.must(200, "PATCH", login, `{"bindings":[]}`)
	k.send("PATCH", login, `{"bindings":[{"ref":{"value":"x"}}]}`).
		want(400, "Bad Request", "Trying to create a binding between an incompatible action and trigger.", "")
	for _, method := range []string{"GET", "PATCH"} {
		k.send(method, triggers+"/never/bindings", map[string]string{"PATCH": `{"bindings":[]}`}[method]).
			want(400, "Bad Request", "Path validation error: 'No enum match for: never' on property triggerId (The id of a trigger).", "invalid_uri")
	}
}
