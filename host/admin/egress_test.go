package admin_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
)

// reach records what a version sent requests to.
func (a *api) reach(t *testing.T, version string, origins ...string) {
	t.Helper()
	counts := map[string]int64{}
	for i, origin := range origins {
		counts[origin] = int64(len(origins) - i)
	}
	if err := a.db.RecordOriginUse(t.Context(), version, counts, time.Now()); err != nil {
		t.Fatal(err)
	}
}

func TestEgressIsTightenedToWhatWasContacted(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	action := a.action(t, "notify")
	a.bind(t, "notify")
	a.do(t, 200, "PATCH", "/v1/bindings/notify", `{"settings":{"egress":{"mode":"public","allow":["http://127.0.0.1:9"]},"on_failure":"stop"}}`, nil)
	var r host.EgressReport
	a.do(t, 200, "GET", "/v1/actions/notify/egress", "", &r)
	if r.Mode != host.EgressPublic || len(r.Contacted) != 0 || len(r.Tightened) != 0 || r.BindingID == "" {
		t.Fatalf("before the first run: %+v", r)
	}
	p := a.problem(t, 409, request{method: "POST", path: "/v1/actions/notify/egress/tighten"})
	if !strings.Contains(p.Hint, "force") {
		t.Errorf("problem is %+v", p)
	}
	a.reach(t, action.Deployed.ID, "https://b.example", "https://a.example:8443")
	a.do(t, 200, "GET", "/v1/actions/"+action.ID+"/egress", "", &r)
	want := []string{"https://a.example:8443", "https://b.example"}
	if !slices.Equal(r.Tightened, want) || r.Contacted[0].Origin != "https://b.example" || r.Contacted[0].Requests != 2 {
		t.Errorf("report is %+v", r)
	}
	a.problem(t, 409, request{method: "POST", path: "/v1/actions/notify/egress/tighten", body: `{"expect":["https://a.example:8443"],"force":true}`})
	a.do(t, 200, "POST", "/v1/actions/notify/egress/tighten", `{"expect":["https://b.example","https://a.example:8443"]}`, &r)
	if r.Mode != host.EgressAllowlist || !slices.Equal(r.Allow, want) {
		t.Errorf("tightened to %+v", r)
	}
	bindings, err := a.reg.Bindings(t.Context(), trigger)
	if err != nil || bindings[0].Settings.OnFailure != host.Stop {
		t.Errorf("the binding is %+v, %v", bindings, err)
	}
	var log changePage
	a.do(t, 200, "GET", "/v1/changes?object="+bindings[0].ID+"&limit=1", "", &log)
	if c := log.Changes[0]; c.Verb != "binding.update" || !strings.Contains(string(c.Before), "127.0.0.1") || !strings.Contains(string(c.After), "a.example") {
		t.Errorf("the log of changes has %+v", c)
	}
}

func TestTighteningGoesByTheDeployedVersionOrByAll(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	first := a.action(t, "notify")
	a.bind(t, "notify")
	a.reach(t, first.Deployed.ID, "https://old.example")
	second, err := a.reg.Upload(t.Context(), "notify", guests.Wasm("noop"), host.Manifest{
		Settings: host.Settings{Egress: host.Egress{Allow: []string{"declared.example"}}},
	}, true)
	if err != nil {
		t.Fatal(err)
	}
	a.reach(t, second.ID, "https://new.example")
	for query, want := range map[string][]string{"": {"https://new.example"}, "?all_versions=true": {"https://new.example", "https://old.example"}} {
		var r host.EgressReport
		a.do(t, 200, "GET", "/v1/actions/notify/egress"+query, "", &r)
		if !slices.Equal(r.Tightened, want) || r.Number != 2 || !slices.Equal(r.Declared, []string{"declared.example"}) {
			t.Errorf("%q: %+v", query, r)
		}
	}
	var r host.EgressReport
	a.do(t, 200, "POST", "/v1/actions/notify/egress/tighten", `{"all_versions":true}`, &r)
	if !slices.Equal(r.Allow, []string{"declared.example", "https://new.example", "https://old.example"}) {
		t.Errorf("tightened to %+v", r)
	}
	a.problem(t, 400, request{path: "/v1/actions/notify/egress?all_versions=yes"})
}

func TestWhatCanNotBeListedIsNotLeftOutInSilence(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	action := a.action(t, "notify")
	a.reach(t, action.Deployed.ID, "https://a.example", "https://[secret HOST]", host.OtherOrigins)
	p := a.problem(t, 404, request{method: "POST", path: "/v1/actions/notify/egress/tighten"})
	if !strings.Contains(p.Detail, "not bound") {
		t.Errorf("problem is %+v", p)
	}
	a.bind(t, "notify")
	p = a.problem(t, 409, request{method: "POST", path: "/v1/actions/notify/egress/tighten"})
	if !strings.Contains(p.Detail, "[secret HOST]") || !strings.Contains(p.Detail, "*") {
		t.Errorf("problem is %+v", p)
	}
	var r host.EgressReport
	a.do(t, 200, "POST", "/v1/actions/notify/egress/tighten", `{"force":true}`, &r)
	if !slices.Equal(r.Allow, []string{"https://a.example"}) || len(r.LeftOut) != 2 {
		t.Errorf("tightened to %+v", r)
	}
}

func TestAnActionWithoutAVersionHasContactedNothing(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	if _, err := a.reg.CreateAction(t.Context(), "notify", trigger, nil); err != nil {
		t.Fatal(err)
	}
	var r host.EgressReport
	a.do(t, 200, "GET", "/v1/actions/notify/egress?all_versions=true", "", &r)
	if r.Mode != host.EgressAllowlist || r.Number != 0 || r.BindingID != "" || len(r.Contacted) != 0 {
		t.Errorf("report is %+v", r)
	}
}

func TestCapabilitiesShowWhatAVersionCanAndWhatItDid(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	if _, err := a.reg.CreateAction(t.Context(), "notify", trigger, nil); err != nil {
		t.Fatal(err)
	}
	v, err := a.reg.Upload(t.Context(), "notify", guests.Wasm("script"), host.Manifest{
		Secrets:  []string{"TOKEN"},
		Settings: host.Settings{Egress: host.Egress{Mode: host.EgressPublic, Allow: []string{"declared.example"}}},
	}, true)
	if err != nil {
		t.Fatal(err)
	}
	a.bind(t, "notify")
	a.accept(t, "ada")
	a.run(t, true)
	a.reach(t, v.ID, "https://a.example")
	var c host.Capabilities
	a.do(t, 200, "GET", "/v1/actions/notify/versions/1/capabilities", "", &c)
	sends := slices.ContainsFunc(c.Imports, func(i host.Import) bool { return i.Name == "http_send" && i.Served })
	if !sends || len(c.Exports) == 0 || !slices.Equal(c.Triggers, []host.Trigger{trigger}) || c.Digest != v.Digest {
		t.Errorf("the module: %+v", c)
	}
	if c.Egress.Mode != host.EgressPublic || !slices.Equal(c.Egress.Declared, []string{"declared.example"}) || len(c.Egress.Contacted) != 1 {
		t.Errorf("egress: %+v", c.Egress)
	}
	if !slices.Equal(c.Secrets.Declared, []string{"TOKEN"}) || !slices.Equal(c.Functions, []string{"http_send"}) || c.Looked != 1 {
		t.Errorf("what it did: %+v", c)
	}
}
