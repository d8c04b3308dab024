package builds_test

import (
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/hosttest"
)

func TestASharedModuleIsPublishedUsedAndRolledBack(t *testing.T) {
	t.Parallel()
	r := openBuilding(t, &builder{})
	ctx := t.Context()
	l, err := r.CreateSharedModule(ctx, "shared", code("one"), []host.SecretWrite{write("A", "1")}, false)
	if err != nil || l.Latest != nil || len(l.Secrets) != 1 || l.Source.Code != "one" {
		t.Fatalf("shared module %+v, %v", l, err)
	}
	_, _, err = r.CreateSourceAction(ctx, "early", trigger, host.Source{Code: "uses shared", SharedModules: []host.SharedModuleRef{{Name: "shared"}}}, nil, false)
	hosttest.Refused(t, err, host.Invalid, []string{"/modules/0"}, "publish it first")
	first, err := r.PublishSharedModule(ctx, "shared")
	if err != nil || first.Number != 1 {
		t.Fatalf("published %+v, %v", first, err)
	}
	if again, err := r.PublishSharedModule(ctx, l.ID); err != nil || again.ID != first.ID {
		t.Errorf("published without a change %+v, %v, want the first", again, err)
	}
	a, d := draftAction(t, r, "user", host.Source{Code: "uses shared", SharedModules: []host.SharedModuleRef{{SharedModuleID: l.ID}}}, true)
	want := host.SharedModuleRef{SharedModuleID: l.ID, Name: "shared", VersionID: first.ID, Number: 1}
	if d.Status != host.BuildBuilt || len(d.Source.SharedModules) != 1 || d.Source.SharedModules[0] != want || a.Deployed == nil {
		t.Fatalf("draft %+v of %+v", d, a)
	}
	if l, err = r.PatchSharedModule(ctx, "shared", host.SharedModulePatch{Code: pointer("two"), Secrets: &[]host.SecretWrite{{Name: "A"}, write("B", "2")}}); err != nil || l.Source.Code != "two" || l.Latest.Source.Code != "one" || len(l.Secrets) != 2 {
		t.Fatalf("patched %+v, %v", l, err)
	}
	if _, err := r.PublishSharedModule(ctx, "shared"); err != nil {
		t.Fatal(err)
	}
	if _, d = look(t, r, "user"); d.Source.SharedModules[0].Number != 1 {
		t.Errorf("the action follows: %+v", d.Source.SharedModules)
	}
	users, err := r.SharedModuleUsers(ctx, "shared")
	if err != nil || len(users) != 1 || users[0].Action.ID != a.ID || users[0].Ref != want {
		t.Errorf("users %+v, %v", users, err)
	}
	hosttest.Refused(t, r.DeleteSharedModule(ctx, "shared"), host.Conflict, nil, `"user"`)
	if l, err = r.RollbackSharedModule(ctx, "shared", first.ID); err != nil || l.Source.Code != "one" || l.Latest.Number != 2 {
		t.Errorf("rolled back to %+v, %v", l, err)
	}
	_, err = r.RollbackSharedModule(ctx, "shared", "rel_x")
	hosttest.Refused(t, err, host.NotFound, nil, "rel_x")
	if versions, err := r.SharedModuleVersions(ctx, "shared"); err != nil || len(versions) != 2 || versions[0].Number != 2 {
		t.Errorf("versions %+v, %v", versions, err)
	}
	if _, err := r.DeleteAction(ctx, "user", true); err != nil {
		t.Fatal(err)
	}
	if err := r.DeleteSharedModule(ctx, "shared"); err != nil {
		t.Fatal(err)
	}
	_, err = r.SharedModule(ctx, "shared")
	hosttest.Refused(t, err, host.NotFound, nil, `"shared"`)
}
