package admin_test

import (
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
)

func TestAnUploadWithItsManifest(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	if _, err := a.reg.CreateAction(t.Context(), "notify", trigger, nil); err != nil {
		t.Fatal(err)
	}
	kind, body := wasmForm(guests.Wasm("noop"), `{"secrets": ["TOKEN"], "settings": {"egress": {"allow": ["hooks.slack.com"]}}}`)
	answer := a.call(t, request{method: "POST", path: "/v1/actions/notify/versions?deploy=true", key: a.manage, kind: kind, body: body})
	if answer.Code != 201 {
		t.Fatalf("answer is %d %s", answer.Code, answer.Body)
	}
	v, err := a.reg.Version(t.Context(), "notify", "1")
	if err != nil || !v.Deployed || len(v.Manifest.Secrets) != 1 || len(v.Manifest.Settings.Egress.Allow) != 1 {
		t.Errorf("version is %+v, %v", v, err)
	}
}

func TestUploadsThatAreRefused(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	if _, err := a.reg.CreateAction(t.Context(), "notify", trigger, nil); err != nil {
		t.Fatal(err)
	}
	noop := guests.Wasm("noop")
	form := func(module []byte, manifest string) request {
		kind, body := wasmForm(module, manifest)
		return request{kind: kind, body: body}
	}
	twice := form(noop, `{}`)
	twice.body = strings.TrimSuffix(twice.body, "--x--\r\n") + twice.body
	cut := form(noop, `{}`)
	cut.body = cut.body[:len(cut.body)-20]
	other := form(noop, `{}`)
	other.body = strings.Replace(other.body, `"manifest"`, `"metadata"`, 1)
	raw := func(body string) request { return request{kind: "application/wasm", body: body} }
	for _, tt := range []struct {
		name     string
		request  request
		status   int
		pointers []string
		text     string
	}{
		{name: "no WebAssembly", request: raw("hello"), status: 422, pointers: []string{"/module"}, text: "WebAssembly"},
		{name: "no WebAssembly in a form", request: form([]byte("hello"), ""), status: 422, pointers: []string{"/module"}},
		{name: "a truncated module", request: raw(string(noop[:len(noop)-5])), status: 422, pointers: []string{"/module"}},
		{name: "no entry", request: raw(string(guests.Wasm("noentry"))), status: 422, pointers: []string{"/module"}, text: "onExecutePostUserRegistration"},
		{name: "an unknown key in the manifest", request: form(noop, `{"settings": {"limits": {"timeout": 1}}}`), status: 400, pointers: []string{"/manifest/settings/limits/timeout"}, text: "timeout_ms"},
		{name: "a wrong type in the manifest", request: form(noop, `{"secrets": [1]}`), status: 400, pointers: []string{"/manifest/secrets/0"}, text: "string"},
		{name: "a limit out of range", request: form(noop, `{"settings": {"limits": {"memory_bytes": -1}}}`), status: 400, pointers: []string{"/manifest/settings/limits/memory_bytes"}},
		{name: "a form without a module", request: form(nil, `{}`), status: 400, text: `"module"`},
		{name: "an unknown part", request: other, status: 400, text: `"metadata"`},
		{name: "a part twice", request: twice, status: 400, text: "two parts"},
		{name: "a form that is cut off", request: cut, status: 400, text: "malformed or incomplete"},
		{name: "a form without its boundary", request: request{kind: "multipart/form-data", body: "x"}, status: 400},
		{name: "JSON", request: request{body: "{}"}, status: 415, text: "application/json"},
		{name: "over 32 MiB", request: raw(string(make([]byte, 32<<20+1))), status: 413},
		{name: "34 MiB", request: raw(string(make([]byte, 34<<20))), status: 413},
		{name: "34 MiB in a form", request: form(make([]byte, 34<<20), ""), status: 413},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.request.method, tt.request.path = "POST", "/v1/actions/notify/versions?deploy=true"
			p := a.problem(t, tt.status, tt.request)
			points(t, p, tt.pointers...)
			if p.Hint == "" && len(p.Errors) == 0 || !strings.Contains(marshal(t, p), strings.Trim(marshal(t, tt.text), `"`)) {
				t.Errorf("problem is %+v", p)
			}
		})
	}
}

func TestInspectDescribesAModule(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for module, fits := range map[string]bool{"noop": true, "calls": true, "noentry": false, "unknownimport": false} {
		answer := a.call(t, request{method: "POST", path: "/v1/inspect", key: a.manage, kind: "application/wasm", body: string(guests.Wasm(module))})
		if answer.Code != 200 || strings.Contains(answer.Body.String(), `"problems"`) == fits {
			t.Errorf("%s: answer is %d %s", module, answer.Code, answer.Body)
		}
	}
	answer := a.call(t, request{method: "POST", path: "/v1/inspect", key: a.manage, kind: "application/wasm", body: "hello"})
	if answer.Code != 200 || !strings.Contains(answer.Body.String(), `"problems"`) {
		t.Errorf("answer is %d %s", answer.Code, answer.Body)
	}
}

func TestVersionsAreListedNewestFirst(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.action(t, "notify")
	if _, err := a.reg.Upload(t.Context(), "notify", guests.Wasm("noop"), host.Manifest{}, false); err != nil {
		t.Fatal(err)
	}
	var listed struct{ Versions []host.Version }
	a.do(t, 200, "GET", "/v1/actions/notify/versions", "", &listed)
	if len(listed.Versions) != 2 || listed.Versions[0].Number != 2 || !listed.Versions[1].Deployed {
		t.Errorf("listed %+v", listed)
	}
}
