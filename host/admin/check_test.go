package admin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/client"
	"github.com/usherhost/usher/host/internal/guests"
)

// form is a multipart body of parts by name.
func form(t *testing.T, parts map[string]string) (kind, body string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, content := range parts {
		if err := w.WriteField(name, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), b.String()
}

func TestAVersionIsCheckedOverTheAPI(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ctx := t.Context()
	if _, err := a.reg.CreateAction(ctx, "greet", host.PostUserRegistration, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := a.reg.Upload(ctx, "greet", guests.Wasm("noop"), host.Manifest{}, true); err != nil {
		t.Fatal(err)
	}
	const path = "/v1/actions/greet/check"
	for name, r := range map[string]request{
		"nothing named":  {method: "POST", path: path, key: a.manage},
		"a version":      {method: "POST", path: path, key: a.manage, body: `{"version":"1","last":10,"since":"2026-11-01T00:00:00Z"}`},
		"an allow entry": {method: "POST", path: path, key: a.manage, body: `{"allow":[{"difference":"new *","reason":"none"}]}`},
	} {
		answer := a.call(t, r)
		var report host.CheckReport
		if err := json.Unmarshal(answer.Body.Bytes(), &report); err != nil || answer.Code != http.StatusOK || !report.Passed || report.New.Version != 1 {
			t.Errorf("%s: %d %s", name, answer.Code, answer.Body)
		}
	}
	kind, body := form(t, map[string]string{"module": string(guests.Wasm("echo")), "manifest": `{}`, "check": `{"faults":true}`})
	answer := a.call(t, request{method: "POST", path: path, key: a.manage, kind: kind, body: body})
	if answer.Code != http.StatusOK || !strings.Contains(answer.Body.String(), host.Digest(guests.Wasm("echo"))) {
		t.Errorf("a module: %d %s", answer.Code, answer.Body)
	}
	for name, bad := range map[string]struct {
		parts map[string]string
		code  int
	}{
		"no module":         {map[string]string{"check": `{}`}, http.StatusBadRequest},
		"an unknown part":   {map[string]string{"module": "x", "other": "y"}, http.StatusBadRequest},
		"a wrong query":     {map[string]string{"module": "x", "check": `{"last":"ten"}`}, http.StatusBadRequest},
		"no WebAssembly":    {map[string]string{"module": "x"}, http.StatusUnprocessableEntity},
		"a version besides": {map[string]string{"module": string(guests.Wasm("echo")), "check": `{"version":"1"}`}, http.StatusBadRequest},
	} {
		kind, body := form(t, bad.parts)
		if answer := a.call(t, request{method: "POST", path: path, key: a.manage, kind: kind, body: body}); answer.Code != bad.code {
			t.Errorf("%s: %d %s", name, answer.Code, answer.Body)
		}
	}
}

func TestACheckIsFollowedAsAStream(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	l := listen(t, a)
	a.server.Checks = slowly{a.server.Checks}
	if _, err := a.reg.CreateAction(t.Context(), "greet", host.PostUserRegistration, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := a.reg.Upload(t.Context(), "greet", guests.Wasm("noop"), host.Manifest{}, true); err != nil {
		t.Fatal(err)
	}
	c := client.NewClient(l.url, a.manage)
	var last [2]int
	report, err := c.Check(t.Context(), "greet", host.CheckQuery{}, func(done, of int) { last = [2]int{done, of} })
	if err != nil || !report.Passed || last != [2]int{3, 5} {
		t.Errorf("report %+v, %v; progress %v", report, err, last)
	}
	if _, err := c.Check(t.Context(), "nope", host.CheckQuery{}, nil); host.CodeOf(err) != host.NotFound {
		t.Errorf("an unknown action: %v", err)
	}
	if _, err := c.Check(t.Context(), "greet", host.CheckQuery{Version: "9"}, nil); host.CodeOf(err) != host.NotFound || !strings.Contains(err.Error(), "version 9") {
		t.Errorf("an unknown version, once the stream has begun: %v", err)
	}
}

// slowly reports progress before a check begins.
type slowly struct{ host.Checks }

func (s slowly) Check(ctx context.Context, action string, q host.CheckQuery, progress func(done, of int)) (host.CheckReport, error) {
	progress(3, 5)
	return s.Checks.Check(ctx, action, q, nil)
}
