package admin_test

import (
	"testing"

	"github.com/usherhost/usher/host"
)

func TestBindingsOverTheAPI(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.action(t, "a")
	a.action(t, "b")
	path := "/v1/triggers/post-user-registration/bindings"
	var answer struct{ Bindings []host.Binding }
	a.do(t, 200, "PUT", path, `{"bindings": [{"action": "b"}, {"action": "a", "display_name": "The A", "settings": {"on_failure": "stop"}}]}`, &answer)
	if len(answer.Bindings) != 2 || answer.Bindings[1].DisplayName != "The A" || answer.Bindings[1].Settings.OnFailure != host.Stop {
		t.Fatalf("bound %+v", answer)
	}
	id := answer.Bindings[1].ID
	a.do(t, 200, "PUT", path, `{"bindings": [{"action": "a", "settings": null}]}`, &answer)
	if len(answer.Bindings) != 1 || answer.Bindings[0].ID != id || answer.Bindings[0].Settings.OnFailure != host.Stop {
		t.Errorf("kept %+v", answer)
	}
	a.do(t, 200, "PUT", path, `{"bindings": []}`, &answer)
	a.do(t, 200, "GET", path, "", &answer)
	if len(answer.Bindings) != 0 {
		t.Errorf("still bound: %+v", answer)
	}
	points(t, a.problem(t, 400, request{method: "PUT", path: path, body: `{}`}), "/bindings")
	points(t, a.problem(t, 400, request{method: "PUT", path: path, body: `{"bindings": [{"action": "a", "settings": {"retry": {"max": 1}}}]}`}), "/bindings/0/settings/retry/max")
	points(t, a.problem(t, 422, request{method: "PUT", path: path, body: `{"bindings": [{"action": "a"}, {"action": "c"}]}`}), "/bindings/1/action")
	var triggers struct{ Triggers []struct{ ID host.Trigger } }
	a.do(t, 200, "GET", "/v1/triggers", "", &triggers)
	if len(triggers.Triggers) != len(host.Triggers()) || triggers.Triggers[0].ID != trigger {
		t.Errorf("triggers are %+v", triggers)
	}
}

func TestAPatchOfABinding(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.action(t, "a")
	id := a.bind(t, "a")[0].ID
	for _, tt := range []struct {
		name, patch, want string // want are the settings after it, which the next patch changes
	}{
		{
			name: "sets", patch: `{"settings": {"limits": {"timeout_ms": 5000}, "config": {"a": "1", "b": "2"}}}`,
			want: `{"limits":{"timeout_ms":5000},"config":{"a":"1","b":"2"}}`,
		},
		{
			name: "merges, and a null removes", patch: `{"settings": {"limits": {"memory_bytes": 65536}, "config": {"a": null, "c": "3"}, "retry": null}}`,
			want: `{"limits":{"timeout_ms":5000,"memory_bytes":65536},"config":{"b":"2","c":"3"}}`,
		},
		{
			name: "adds origins once", patch: `{"allow_add": ["hooks.slack.com", "http://127.0.0.1:8080", "hooks.slack.com"], "settings": {"limits": null, "config": null}}`,
			want: `{"egress":{"allow":["hooks.slack.com","http://127.0.0.1:8080"]}}`,
		},
		{
			name: "removes an origin", patch: `{"allow_remove": ["hooks.slack.com"]}`,
			want: `{"egress":{"allow":["http://127.0.0.1:8080"]}}`,
		},
		{
			name: "a list replaces", patch: `{"settings": {"egress": {"allow": ["a.example.com"]}}}`,
			want: `{"egress":{"allow":["a.example.com"]}}`,
		},
		{name: "renames", patch: `{"display_name": "The A"}`, want: `{"egress":{"allow":["a.example.com"]}}`},
		{
			name: "chooses the isolation and the fuel", patch: `{"settings": {"isolation": "plain", "limits": {"fuel": 20000000000}}}`,
			want: `{"limits":{"fuel":20000000000},"egress":{"allow":["a.example.com"]},"isolation":"plain"}`,
		},
		{
			name: "leaves both to the host again", patch: `{"settings": {"isolation": null, "limits": {"fuel": null}}}`,
			want: `{"egress":{"allow":["a.example.com"]}}`,
		},
		{name: "changes nothing", patch: `{}`, want: `{"egress":{"allow":["a.example.com"]}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b host.Binding
			a.do(t, 200, "PATCH", "/v1/bindings/a", tt.patch, &b)
			stored, err := a.reg.Binding(t.Context(), id)
			if err != nil || marshal(t, b.Settings) != tt.want || marshal(t, stored.Settings) != tt.want {
				t.Errorf("answered %s, stored %s, want %s, %v", marshal(t, b.Settings), marshal(t, stored.Settings), tt.want, err)
			}
		})
	}
	for patch, at := range map[string]string{
		`{"settings": {"limits": {"timeout": 1}}}`:             "/settings/limits/timeout",
		`{"settings": {"limits": {"timeout": null}}}`:          "",
		`{"settings": {"limits": {"timeout_ms": -1}}}`:         "/settings/limits/timeout_ms",
		`{"settings": {"limits": {"fuel": 1125899906842625}}}`: "/settings/limits/fuel",
		`{"settings": {"isolation": "shared"}}`:                "/settings/isolation",
		`{"settings": {"egress": {"allow": [null]}}}`:          "/settings/egress/allow/0",

		`{"settings": []}`:                                      "/settings",
		`{"allow_add": ["http://"]}`:                            "/settings/egress/allow/1",
		`{"settings": {"limits": {"timeout_ms": 1e3}}}`:         "/settings/limits/timeout_ms",
		`{"settings": {"config": {"a": {"b": "c"}, "d": "e"}}}`: "/settings/config/a",
	} {
		r := request{method: "PATCH", path: "/v1/bindings/" + id, body: patch}
		if at == "" { // removing what can't be there changes nothing
			a.do(t, 200, r.method, r.path, r.body, nil)
			continue
		}
		points(t, a.problem(t, 400, r), at)
	}
	points(t, a.problem(t, 422, request{method: "PATCH", path: "/v1/bindings/a", body: `{"allow_remove": ["x.example.com"]}`}), "/allow_remove/0")
	a.problem(t, 404, request{method: "PATCH", path: "/v1/bindings/bnd_x", body: `{}`})
}
