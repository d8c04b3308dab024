package admin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
)

func TestTheLifeOfAnAction(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	var made host.Action
	answer := a.do(t, 201, "POST", "/v1/actions", `{"name": "notify team", "trigger": "post-user-registration", "secrets": [{"name": "A", "value": "hunter2"}]}`, &made)
	if answer.Header().Get("Location") != "/v1/actions/"+made.ID || made.Deployed != nil || len(made.Secrets) != 1 {
		t.Fatalf("made %+v at %q", made, answer.Header().Get("Location"))
	}
	if strings.Contains(answer.Body.String(), "hunter2") {
		t.Error("the answer has a secret")
	}
	path := "/v1/actions/" + url.PathEscape("notify team")
	var v host.Version
	upload := a.call(t, request{method: "POST", path: path + "/versions", key: a.manage, kind: "application/wasm", body: string(guests.Wasm("noop"))})
	if upload.Code != 201 || upload.Header().Get("Location") != "/v1/actions/"+made.ID+"/versions/1" {
		t.Fatalf("upload answers %d %s", upload.Code, upload.Body)
	}
	a.do(t, 200, "GET", path+"/versions/1", "", &v)
	if v.Number != 1 || v.Deployed {
		t.Errorf("version is %+v", v)
	}
	a.do(t, 200, "POST", path+"/versions/1/deploy", "", &v)
	var shown host.Action
	a.do(t, 200, "GET", path, "", &shown)
	if !v.Deployed || shown.Deployed == nil || shown.Deployed.ID != v.ID {
		t.Errorf("deployed %+v, shown %+v", v, shown)
	}
	var listed struct{ Actions []host.Action }
	a.do(t, 200, "GET", "/v1/actions?trigger=post-user-registration", "", &listed)
	if len(listed.Actions) != 1 || listed.Actions[0].ID != made.ID {
		t.Errorf("listed %+v", listed)
	}
	a.do(t, 200, "DELETE", path, "", nil)
	a.problem(t, http.StatusNotFound, request{path: path})
}

func TestActionsThatAreRefused(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.action(t, "notify")
	a.bind(t, "notify")
	post := func(body string) request { return request{method: "POST", path: "/v1/actions", body: body} }
	points(t, a.problem(t, 400, post(`{}`)), "/name", "/trigger")
	points(t, a.problem(t, 400, post(`{"name": null, "trigger": [], "secrets": [{"name": "A", "valu": "x"}]}`)),
		"/name", "/trigger", "/secrets/0/valu")
	a.problem(t, 409, post(`{"name": "notify", "trigger": "post-user-registration"}`))
	if p := a.problem(t, 409, request{method: "DELETE", path: "/v1/actions/notify"}); !strings.Contains(p.Hint, "--force") {
		t.Errorf("problem is %+v", p)
	}
	a.problem(t, 400, request{method: "DELETE", path: "/v1/actions/notify?force=yes"})
	a.problem(t, 400, request{path: "/v1/actions?trigger=post-login"})
	a.problem(t, 400, request{path: "/v1/actions?trigger=&trigger="})
	a.do(t, 200, "DELETE", "/v1/actions/notify?force=true", "", nil)
}

func TestEscapesInAPathThatNeedNotBeThere(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	made := a.action(t, "notify-team")
	var shown host.Action
	a.do(t, 200, "GET", "/v1/actions/notify%2Dteam", "", &shown)
	if shown.ID != made.ID {
		t.Errorf("shown %+v", shown)
	}
	if p := a.problem(t, 404, request{path: "/v1/actions/a%2Fb"}); !strings.Contains(p.Detail, `"a/b"`) {
		t.Errorf("problem is %+v", p)
	}
}
