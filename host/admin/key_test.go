package admin_test

import (
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
)

func TestKeysOverTheAPI(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	var made struct {
		host.Key
		Secret string `json:"key"`
	}
	a.do(t, 201, "POST", "/v1/keys", `{"name": "login page", "scopes": ["read"]}`, &made)
	if answer := a.call(t, request{path: "/v1/keys", key: made.Secret}); answer.Code != 200 ||
		strings.Contains(answer.Body.String(), made.Secret) || !strings.Contains(answer.Body.String(), made.ID) {
		t.Errorf("listed %d %s", answer.Code, answer.Body)
	}
	a.do(t, 204, "DELETE", "/v1/keys/"+made.ID, "", nil)
	problemIn(t, 401, a.call(t, request{path: "/v1/keys", key: made.Secret}))
	points(t, a.problem(t, 400, request{method: "POST", path: "/v1/keys", body: `{"name": "", "scopes": ["all", "read", "read"]}`}),
		"/name", "/scopes/0", "/scopes/2")
	var listed struct{ Keys []host.Key }
	a.do(t, 200, "GET", "/v1/keys", "", &listed)
	for _, k := range listed.Keys {
		if k.May(host.ScopeManage) {
			a.problem(t, 409, request{method: "DELETE", path: "/v1/keys/" + k.ID})
		}
	}
}
