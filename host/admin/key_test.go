package admin_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
)

func TestEveryKeyMayAskWhichItIs(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for _, key := range []string{a.ingest, a.read, a.manage} {
		var self host.Key
		answer := a.call(t, request{path: "/v1/whoami", key: key})
		if err := json.Unmarshal(answer.Body.Bytes(), &self); err != nil || answer.Code != 200 || len(self.Scopes) != 1 {
			t.Errorf("answered %d %s", answer.Code, answer.Body)
		}
	}
	problemIn(t, 401, a.call(t, request{path: "/v1/whoami"}))
	problemIn(t, 400, a.call(t, request{path: "/v1/whoami?x=1", key: a.ingest}))
}

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
	var self host.Key
	answer := a.call(t, request{path: "/v1/whoami", key: made.Secret})
	if err := json.Unmarshal(answer.Body.Bytes(), &self); err != nil || self.ID != made.ID || self.LastUsedAt.IsZero() {
		t.Errorf("the key is %d %s, %v", answer.Code, answer.Body, err)
	}
	old := made.Secret
	a.do(t, 200, "POST", "/v1/keys/login%20page/rotate", `{"overlap_seconds": 0, "expires_at": "2127-01-02T03:04:05Z"}`, &made)
	problemIn(t, 401, a.call(t, request{path: "/v1/keys", key: old}))
	a.do(t, 200, "GET", "/v1/keys/login%20page", "", &self)
	if self.ID != made.ID || self.RotatedAt.IsZero() || self.ExpiresAt.Year() != 2127 || made.Secret == old {
		t.Errorf("rotated to %+v", self)
	}
	a.do(t, 200, "POST", "/v1/keys/"+made.ID+"/rotate", "", &made)
	if left := time.Until(made.PreviousUntil); left < 23*time.Hour || left > 25*time.Hour {
		t.Errorf("the old one is valid for %v, want a day", left)
	}
	points(t, a.problem(t, 400, request{method: "POST", path: "/v1/keys/" + made.ID + "/rotate", body: `{"overlap_seconds": 99999999999999}`}), "/overlap_seconds")
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
