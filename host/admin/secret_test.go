package admin_test

import (
	"slices"
	"testing"

	"github.com/usherhost/usher/host"
)

func TestSecretsOverTheAPI(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	action := a.action(t, "notify")
	path := "/v1/actions/notify/secrets"
	for _, tt := range []struct {
		name, method, path, body string
		status                   int
		want                     []string
	}{
		{name: "set", method: "PATCH", path: path, body: `{"secrets": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}`, status: 200, want: []string{"A", "B"}},
		{name: "set one, remove one", method: "PATCH", path: path, body: `{"secrets": [{"name": "C", "value": "3"}], "remove": ["B"]}`, status: 200, want: []string{"A", "C"}},
		{name: "replace, keeping", method: "PUT", path: path, body: `{"secrets": [{"name": "A"}, {"name": "D", "value": "4"}]}`, status: 200, want: []string{"A", "D"}},
		{name: "null keeps too", method: "PUT", path: path, body: `{"secrets": [{"name": "A", "value": null}, {"name": "D"}]}`, status: 200, want: []string{"A", "D"}},
		{name: "delete", method: "DELETE", path: path + "/D", status: 204, want: []string{"A"}},
		{name: "list", method: "GET", path: path, status: 200, want: []string{"A"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var answer struct{ Secrets []host.Secret }
			into := any(&answer)
			if tt.status == 204 {
				into = nil
			}
			a.do(t, tt.status, tt.method, tt.path, tt.body, into)
			stored, err := a.reg.Action(t.Context(), action.ID)
			if err != nil || !slices.Equal(names(stored.Secrets), tt.want) {
				t.Errorf("stored %v, %v", stored.Secrets, err)
			}
			if into != nil && !slices.Equal(names(answer.Secrets), tt.want) {
				t.Errorf("answered %v", answer.Secrets)
			}
		})
	}
	values, err := a.reg.Secrets(t.Context(), action.ID)
	if err != nil || values["A"] != "1" {
		t.Errorf("kept %v, %v", values, err)
	}
}

func names(secrets []host.Secret) []string {
	var all []string
	for _, s := range secrets {
		all = append(all, s.Name)
	}
	return all
}

func TestSecretsThatAreRefused(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.action(t, "notify")
	send := func(method, body string) request {
		return request{method: method, path: "/v1/actions/notify/secrets", body: body}
	}
	points(t, a.problem(t, 400, send("PUT", `{}`)), "/secrets")
	points(t, a.problem(t, 400, send("PUT", `{"secrets": null}`)), "/secrets")
	points(t, a.problem(t, 400, send("PATCH", `{}`)), "/secrets")
	points(t, a.problem(t, 400, send("PATCH", `{"secrets": [{"name": "A"}]}`)), "/secrets/0/value")
	points(t, a.problem(t, 400, send("PATCH", `{"secrets": [{"name": "A", "value": 7}], "remove": "B"}`)), "/secrets/0/value", "/remove")
	a.problem(t, 404, request{method: "DELETE", path: "/v1/actions/notify/secrets/A"})
}
