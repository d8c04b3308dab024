package registry_test

import (
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/registry"
	"github.com/usherhost/usher/host/sqlite"
)

// gated makes a bound action whose binding requires checks, and a second version of it
// that is not deployed.
func gated(t *testing.T, r *registry.Registry) (host.Action, host.Version) {
	t.Helper()
	a := action(t, r, "greet", true)
	settings := host.Settings{RequireCheck: true}
	if _, err := r.ReplaceBindings(t.Context(), trigger, []host.BindingWrite{{Action: a.ID, Settings: &settings}}); err != nil {
		t.Fatal(err)
	}
	v, err := r.Upload(t.Context(), a.ID, guests.Wasm("echo"), host.Manifest{}, false)
	if err == nil {
		a, err = r.Action(t.Context(), a.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	return a, v
}

func TestABindingMayRefuseADeployWithoutAPassedCheck(t *testing.T) {
	t.Parallel()
	r, _ := open(t)
	a, v := gated(t, r)
	deploys := map[string]func() error{
		"of a version": func() error { _, err := r.Deploy(t.Context(), a.ID, v.ID); return err },
		"with an upload": func() error {
			_, err := r.Upload(t.Context(), a.ID, guests.Wasm("echo"), host.Manifest{}, true)
			return err
		},
	}
	for name, deploy := range deploys {
		err := deploy()
		if host.CodeOf(err) != host.Refused || !strings.Contains(err.Error(), v.Digest) {
			t.Errorf("a deploy %s without a check: %v", name, err)
		}
	}
	r.RecordCheck(t.Context(), a, &host.CheckReport{New: host.CheckSide{Digest: v.Digest}, Groups: []host.CheckGroup{{Key: "new GET x"}}})
	if err := deploys["of a version"](); host.CodeOf(err) != host.Refused {
		t.Errorf("a deploy after a check that found differences: %v", err)
	}
	r.RecordCheck(t.Context(), a, &host.CheckReport{New: host.CheckSide{Digest: v.Digest}, Passed: true})
	for name, deploy := range deploys {
		if err := deploy(); err != nil {
			t.Errorf("a deploy %s after its check passed: %v", name, err)
		}
	}
}

func TestACheckCountsForItsModuleItsActionAndItsLastResult(t *testing.T) {
	t.Parallel()
	r, db := open(t)
	a, v := gated(t, r)
	refused := func(why string) {
		t.Helper()
		if _, err := r.Deploy(t.Context(), a.ID, v.ID); host.CodeOf(err) != host.Refused {
			t.Errorf("a deploy %s: %v", why, err)
		}
	}
	passed := host.CheckReport{New: host.CheckSide{Digest: v.Digest}, Passed: true}
	other := passed
	other.New.Digest = a.Deployed.Digest
	r.RecordCheck(t.Context(), a, &other)
	refused("after a check of another module")
	r.RecordCheck(t.Context(), host.Action{ID: "act_other"}, &passed)
	refused("after a check of the module as another action")
	partial := passed
	partial.Gate = "only one run was compared"
	r.RecordCheck(t.Context(), a, &partial)
	refused("after a check that does not count")
	r.RecordCheck(t.Context(), a, &passed)
	many(t, db, v.Digest)
	failed := passed
	failed.Passed = false
	r.RecordCheck(t.Context(), a, &failed)
	refused("after a later check that found differences")
	r.RecordCheck(t.Context(), a, &passed)
	many(t, db, v.Digest)
	if _, err := r.Deploy(t.Context(), a.ID, v.ID); err != nil {
		t.Errorf("a deploy after its last check passed: %v", err)
	}
}

// many records more changes about an object than a page of the log has.
func many(t *testing.T, db *sqlite.DB, object string) {
	t.Helper()
	for range 60 {
		if err := db.RecordChange(t.Context(), host.Change{Verb: "noise", Object: object}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAGateIsForAnotherModuleOfABoundAction(t *testing.T) {
	t.Parallel()
	r, _ := open(t)
	a, v := gated(t, r)
	if _, err := r.Deploy(t.Context(), a.ID, a.Deployed.ID); err != nil {
		t.Errorf("what is deployed, again: %v", err)
	}
	if _, err := r.ReplaceBindings(t.Context(), trigger, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Deploy(t.Context(), a.ID, v.ID); err != nil {
		t.Errorf("without a binding there is no gate: %v", err)
	}
}

func TestAVersionCantDemandItsOwnCheck(t *testing.T) {
	t.Parallel()
	r, _ := open(t)
	a := action(t, r, "greet", false)
	_, err := r.Upload(t.Context(), a.ID, guests.Wasm("noop"), host.Manifest{Settings: host.Settings{RequireCheck: true}}, false)
	if host.CodeOf(err) != host.Invalid || !strings.Contains(err.Error(), "manifest") {
		t.Errorf("error %v", err)
	}
}
