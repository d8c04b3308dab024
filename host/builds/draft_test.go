package builds_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/builds"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/internal/hosttest"
	"github.com/usherhost/usher/host/registry"
)

// builder builds a no-op of any code but "broken". It waits for hold, when
// there is one, in each build of code with dependencies.
type builder struct {
	hold    chan struct{}
	waiting atomic.Int64 // builds that have come to hold

	mu    sync.Mutex // guards built
	built []string   // the code of each build, in order
}

func (b *builder) Build(ctx context.Context, _ string, s host.Source, sharedModules map[string]host.Source) (builds.Build, error) {
	if b.hold != nil && len(s.Dependencies) > 0 {
		b.waiting.Add(1)
		select {
		case <-b.hold:
		case <-ctx.Done():
			return builds.Build{}, ctx.Err()
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.built = append(b.built, s.Code)
	switch {
	case s.Code == "broken":
		return builds.Build{}, &host.BuildFailure{Messages: []host.BuildMessage{{Text: "it is broken", File: "action.js", Line: 1, Column: 2}}}
	case s.Code == "unlucky":
		return builds.Build{}, errors.New("no space left on device")
	case s.Code == "upsetting":
		panic("index out of range")
	case s.Code == "unfit":
		return builds.Build{Module: guests.Wasm("noentry")}, nil
	case strings.HasPrefix(s.Code, "uses ") && sharedModules[s.Code[5:]].Code == "":
		return builds.Build{}, errors.New("the shared module is missing")
	}
	return builds.Build{Module: moduleOf(s.Code)}, nil
}

// moduleOf is a module that carries the code it was made of, up to 100 bytes, in
// a custom section.
func moduleOf(code string) []byte {
	section := append([]byte{4}, "code"+code...)
	return append(guests.Wasm("noop"), append([]byte{0, byte(len(section))}, section...)...)
}

// builds returns the code of each build.
func (b *builder) builds() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.built)
}

// openBuilding is open with a builder.
func openBuilding(t *testing.T, b *builder) *rig {
	t.Helper()
	r, _ := open(t)
	r.Builder = b
	return r
}

// background runs BuildPending until the test ends.
func background(t *testing.T, r *rig) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func code(text string, packages ...string) host.Source {
	s := host.Source{Runtime: host.RuntimeNode, Code: text}
	for _, name := range packages {
		s.Dependencies = append(s.Dependencies, host.Dependency{Name: name, Version: "1.0.0"})
	}
	return s
}

// draftAction makes an action with a draft.
func draftAction(t *testing.T, r *rig, name string, src host.Source, deploy bool) (host.Action, host.Draft) {
	t.Helper()
	a, d, err := r.CreateSourceAction(t.Context(), name, trigger, src, nil, deploy)
	if err != nil {
		t.Fatal(err)
	}
	return settled(t, r, a, d)
}

// settled returns the action and its draft after the build of a draft without
// dependencies, which no builder of these tests holds: a slow machine answers
// before that build has ended.
func settled(t *testing.T, r *rig, a host.Action, d host.Draft) (host.Action, host.Draft) {
	t.Helper()
	if len(d.Source.Dependencies) > 0 {
		return a, d
	}
	poll(t, func() bool {
		if d.Status == host.BuildBuilding {
			a, d = look(t, r, a.ID)
		}
		return d.Status != host.BuildBuilding
	})
	return a, d
}

func patch(t *testing.T, r *rig, action string, p host.SourcePatch) (host.Action, host.Draft) {
	t.Helper()
	a, d, err := r.PatchSource(t.Context(), action, p)
	if err != nil {
		t.Fatal(err)
	}
	return settled(t, r, a, d)
}

func TestADraftIsBuiltDeployedChangedAndRolledBack(t *testing.T) {
	t.Parallel()
	r := openBuilding(t, &builder{})
	a, d := draftAction(t, r, "notify", code("one"), false)
	if d.Status != host.BuildBuilt || d.Digest == "" || d.BuiltAt.IsZero() || a.Deployed != nil || a.AllDeployed(d) {
		t.Fatalf("draft %+v of %+v", d, a)
	}
	v, err := r.DeployDraft(t.Context(), "notify", 0)
	if err != nil || v.Number != 1 || v.Source.Code != "one" || v.Digest != d.Digest || v.Manifest.Settings.Egress.Mode != host.EgressPublic {
		t.Fatalf("deployed %+v, %v", v, err)
	}
	a, d = patch(t, r, a.ID, host.SourcePatch{Code: pointer("two")})
	if d.Status != host.BuildBuilt || d.Source.Code != "two" || d.Source.Runtime != "node22" || a.Deployed.Number != 1 || a.AllDeployed(d) {
		t.Fatalf("patched %+v of %+v", d, a)
	}
	if v, err = r.DeployDraft(t.Context(), a.ID, 0); err != nil || v.Number != 2 || v.Source.Code != "two" {
		t.Fatalf("deployed %+v, %v", v, err)
	}
	if v, err = r.DeployVersion(t.Context(), a.ID, "1", false); err != nil || v.Number != 3 || v.Source.Code != "one" || !v.Deployed {
		t.Fatalf("rolled back to %+v, %v", v, err)
	}
	if a, d = look(t, r, a.ID); d.Source.Code != "two" || a.AllDeployed(d) {
		t.Errorf("after a rollback: draft %+v, deployed %+v", d, a.Deployed)
	}
	if v, err = r.DeployVersion(t.Context(), a.ID, v.ID, true); err != nil || v.Number != 4 {
		t.Fatalf("rolled back to %+v, %v", v, err)
	}
	if a, d = look(t, r, a.ID); d.Source.Code != "one" || d.Status != host.BuildBuilt || !a.AllDeployed(d) {
		t.Errorf("after a rollback with its draft: %+v, deployed %+v", d, a.Deployed)
	}
}

// look returns an action and its draft.
func look(t *testing.T, r *rig, action string) (host.Action, host.Draft) {
	t.Helper()
	a, err := r.Action(t.Context(), action)
	if err != nil {
		t.Fatal(err)
	}
	d, err := r.Draft(t.Context(), action)
	if err != nil {
		t.Fatal(err)
	}
	return a, d
}

func TestWhatCanNotBeBuiltCanNotBeDeployed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		code string
		want host.BuildMessage
		text string
	}{
		{code: "broken", want: host.BuildMessage{Text: "it is broken", File: "action.js", Line: 1, Column: 2}, text: "action.js:1:2: it is broken"},
		{code: "unfit", text: "onExecutePostUserRegistration"},
		{code: "unlucky", text: "not the code's fault"},
		{code: "upsetting", text: "not the code's fault"},
	} {
		t.Run(tt.code, func(t *testing.T) {
			t.Parallel()
			r := openBuilding(t, &builder{})
			a, d := draftAction(t, r, "notify", code(tt.code), true)
			if d.Status != host.BuildFailed || len(d.Errors) != 1 || d.Digest != "" || a.Deployed != nil {
				t.Fatalf("draft %+v, deployed %+v", d, a.Deployed)
			}
			if tt.want.Text != "" && d.Errors[0] != tt.want {
				t.Errorf("error %+v", d.Errors[0])
			}
			_, err := r.DeployDraft(t.Context(), "notify", 0)
			hosttest.Refused(t, err, host.Conflict, nil, "failed", "fix its code", tt.text)
			_, err = r.Test(t.Context(), "notify", []byte(`{}`))
			hosttest.Refused(t, err, host.Conflict, nil, "failed")
			if _, d = patch(t, r, "notify", host.SourcePatch{Code: pointer("good")}); d.Status != host.BuildBuilt || len(d.Errors) > 0 {
				t.Errorf("fixed draft %+v", d)
			}
		})
	}
}

func TestAPatchRaisesTheRevisionOnlyWhenADeployWouldTakeSomethingOver(t *testing.T) {
	t.Parallel()
	b := &builder{}
	r := openBuilding(t, b)
	draftAction(t, r, "notify", code("one"), true)
	for _, tt := range []struct {
		name     string
		patch    host.SourcePatch
		revision int64
		builds   int
	}{
		{name: "the same code", patch: host.SourcePatch{Code: pointer("one"), Dependencies: &[]host.Dependency{}, SharedModules: &[]host.SharedModuleRef{}}, revision: 1, builds: 1},
		{name: "the name", patch: host.SourcePatch{Name: pointer("notify-2")}, revision: 1, builds: 1},
		{name: "a new secret", patch: host.SourcePatch{Secrets: &[]host.SecretWrite{write("A", "1"), write("B", "2")}}, revision: 2, builds: 1},
		{name: "the same secrets", patch: host.SourcePatch{Secrets: &[]host.SecretWrite{{Name: "A"}, write("B", "2")}}, revision: 2, builds: 1},
		{name: "a new value", patch: host.SourcePatch{Secrets: &[]host.SecretWrite{{Name: "A"}, write("B", "3")}}, revision: 3, builds: 1},
		{name: "one secret less", patch: host.SourcePatch{Secrets: &[]host.SecretWrite{{Name: "B"}}}, revision: 4, builds: 1},
		{name: "code", patch: host.SourcePatch{Code: pointer("broken")}, revision: 5, builds: 2},
		{name: "the same code, that failed", patch: host.SourcePatch{Code: pointer("broken")}, revision: 6, builds: 3},
		{name: "another runtime", patch: host.SourcePatch{Code: pointer("one"), Runtime: pointer("node18-actions")}, revision: 7, builds: 4},
	} {
		a, err := r.Actions(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		_, d := patch(t, r, a[0].ID, tt.patch)
		if d.Revision != tt.revision || len(b.builds()) != tt.builds {
			t.Errorf("%s: revision %d after %d builds, want %d after %d", tt.name, d.Revision, len(b.builds()), tt.revision, tt.builds)
		}
	}
	a, _ := look(t, r, "notify-2")
	if got := secrets(t, r, a.ID); len(got) != 1 || got["B"] != "3" {
		t.Errorf("secrets %v", got)
	}
}

func TestAPatchIsTakenWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	r := openBuilding(t, &builder{})
	draftAction(t, r, "notify", code("one"), false)
	draftAction(t, r, "other", code("one"), false)
	for _, tt := range []struct {
		name     string
		patch    host.SourcePatch
		code     host.Code
		pointers []string
	}{
		{name: "a name that is taken", patch: host.SourcePatch{Name: pointer("other")}, code: host.Conflict},
		{name: "a name that is none", patch: host.SourcePatch{Name: pointer("a/b")}, code: host.Invalid, pointers: []string{"/name"}},
		{name: "a secret without a value", patch: host.SourcePatch{Secrets: &[]host.SecretWrite{{Name: "A"}}}, code: host.Invalid, pointers: []string{"/secrets/0/value"}},
		{name: "code that is no text", patch: host.SourcePatch{Code: pointer("\xff")}, code: host.Invalid, pointers: []string{"/code"}},
		{name: "too much code", patch: host.SourcePatch{Code: pointer(strings.Repeat("x", registry.MaxCodeBytes+1))}, code: host.Invalid, pointers: []string{"/code"}},
		{name: "a dependency without a name", patch: host.SourcePatch{Dependencies: &[]host.Dependency{{Version: "1"}}}, code: host.Invalid, pointers: []string{"/dependencies/0/name"}},
		{name: "the runtime of modules", patch: host.SourcePatch{Runtime: pointer("wasm")}, code: host.Invalid, pointers: []string{"/runtime"}},
		{name: "a shared module that is not there", patch: host.SourcePatch{SharedModules: &[]host.SharedModuleRef{{Name: "nope"}}}, code: host.Invalid, pointers: []string{"/modules/0"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			good := host.SourcePatch{Code: pointer("two"), Secrets: &[]host.SecretWrite{write("B", "1")}, Name: pointer("renamed")}
			p := tt.patch
			if p.Code == nil {
				p.Code = good.Code
			}
			if p.Secrets == nil {
				p.Secrets = good.Secrets
			}
			if p.Name == nil {
				p.Name = good.Name
			}
			_, _, err := r.PatchSource(t.Context(), "notify", p)
			hosttest.Refused(t, err, tt.code, tt.pointers)
			if a, d := look(t, r, "notify"); d.Revision != 1 || len(a.Secrets) != 0 {
				t.Errorf("changed to %+v, %+v", a, d)
			}
		})
	}
}

func TestADeployWaitsForItsPackages(t *testing.T) {
	t.Parallel()
	b := &builder{hold: make(chan struct{})}
	r := openBuilding(t, b)
	background(t, r)
	_, d := draftAction(t, r, "notify", code("one", "axios"), false)
	if d.Status != host.BuildPending && d.Status != host.BuildBuilding {
		t.Fatalf("draft is %s", d.Status)
	}
	deployed := make(chan error, 1)
	go func() {
		_, err := r.DeployDraft(context.WithoutCancel(t.Context()), "notify", 0)
		deployed <- err
	}()
	close(b.hold)
	if err := <-deployed; err != nil {
		t.Fatal(err)
	}
	if a, d := look(t, r, "notify"); !a.AllDeployed(d) {
		t.Errorf("draft %+v, deployed %+v", d, a.Deployed)
	}
}

func TestABuildThatWasOvertakenIsDropped(t *testing.T) {
	t.Parallel()
	b := &builder{hold: make(chan struct{})}
	r := openBuilding(t, b)
	background(t, r)
	draftAction(t, r, "notify", code("slow", "axios"), false)
	_, d := patch(t, r, "notify", host.SourcePatch{Code: pointer("fast"), Dependencies: &[]host.Dependency{}})
	if d.Status != host.BuildBuilt || d.Revision != 2 {
		t.Fatalf("draft %+v", d)
	}
	close(b.hold)
	if a, _ := draftAction(t, r, "after", code("last", "axios"), true); a.Deployed == nil { // the queue has come past the first
		t.Error("an action that was made with deploy is not deployed")
	}
	if v, err := r.DeployDraft(t.Context(), "notify", 0); err != nil || v.Source.Code != "fast" {
		t.Errorf("deployed %+v, %v", v, err)
	}
}

func TestBuildsGoOnAfterARestart(t *testing.T) {
	t.Parallel()
	first, db := open(t)
	first.Builder = &builder{hold: make(chan struct{})}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- first.Run(ctx) }()
	for i := range 5 {
		draftAction(t, first, fmt.Sprintf("a%d", i), code("one", "axios"), false)
	}
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if left, err := db.Drafts(t.Context(), host.BuildPending, host.BuildBuilding); err != nil || len(left) != 5 {
		t.Fatalf("left are %+v, %v", left, err)
	}
	second := newRig(db, first.Registry, &builder{})
	background(t, second)
	for i := range 5 {
		if v, err := second.DeployDraft(t.Context(), fmt.Sprintf("a%d", i), 0); err != nil || v.Number != 1 {
			t.Errorf("deployed %+v, %v", v, err)
		}
	}
}

// waiting is a store with one draft that is never built.
type waiting struct{ host.RegistryStore }

func (waiting) Action(context.Context, string) (host.Action, error) {
	return host.Action{ID: "act_1", Name: "notify", Trigger: trigger}, nil
}

func (waiting) Draft(context.Context, string) (host.Draft, error) {
	return host.Draft{ActionID: "act_1", Revision: 1, Status: host.BuildPending}, nil
}

func TestADeployGivesUpWaitingAfter20Seconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		_, err := newRig(waiting{}, nil, nil).DeployDraft(t.Context(), "notify", 0)
		hosttest.Refused(t, err, host.Conflict, nil, "pending", "wait")
		if took := time.Since(began); took != 20*time.Second {
			t.Errorf("gave up after %s", took)
		}
	})
}

func TestAnActionOfModulesHasNoDraft(t *testing.T) {
	t.Parallel()
	r := openBuilding(t, &builder{})
	a, d := draftAction(t, r, "notify", host.Source{Runtime: host.RuntimeWasm}, false)
	if a.Name != "notify" || d.Revision != 0 {
		t.Fatalf("action %+v, draft %+v", a, d)
	}
	_, err := r.Draft(t.Context(), "notify")
	hosttest.Refused(t, err, host.NotFound, nil, "uploaded", "usher actions deploy")
	_, err = r.DeployDraft(t.Context(), "notify", 0)
	hosttest.Refused(t, err, host.Conflict, nil, "uploaded")
	upload(t, r, "notify")
	if v, err := r.DeployVersion(t.Context(), "notify", "1", false); err != nil || v.Number != 2 || v.Source != nil {
		t.Errorf("rolled back to %+v, %v", v, err)
	}
	_, err = r.DeployVersion(t.Context(), "notify", "1", true)
	hosttest.Refused(t, err, host.Conflict, nil, "uploaded")
	if _, d := patch(t, r, "notify", host.SourcePatch{Code: pointer(""), Runtime: pointer("wasm"), Secrets: &[]host.SecretWrite{write("A", "1")}}); d.Revision != 0 {
		t.Errorf("got a draft: %+v", d)
	}
	if _, d := patch(t, r, "notify", host.SourcePatch{Code: pointer("now code")}); d.Revision != 1 || d.Status != host.BuildBuilt {
		t.Errorf("draft %+v", d)
	}
	_, _, err = r.CreateSourceAction(t.Context(), "odd", trigger, host.Source{Runtime: host.RuntimeWasm, Code: "x"}, nil, false)
	hosttest.Refused(t, err, host.Invalid, []string{"/runtime"})
}

func TestCodeNeedsABuilder(t *testing.T) {
	t.Parallel()
	r, _ := open(t)
	_, _, err := r.CreateSourceAction(t.Context(), "notify", trigger, code("one"), nil, false)
	hosttest.Refused(t, err, host.Unavailable, nil, "builds no code", "module that was built elsewhere")
	if _, err := r.Action(t.Context(), "notify"); host.CodeOf(err) != host.NotFound {
		t.Errorf("made in spite of it: %v", err)
	}
}

func TestAnActionIsDeployedOnceItIsBuilt(t *testing.T) {
	t.Parallel()
	b := &builder{hold: make(chan struct{})}
	r := openBuilding(t, b)
	background(t, r)
	impatient, hangUp := context.WithCancel(t.Context())
	go func() {
		poll(t, func() bool { return len(seen(t, r)) == 1 })
		hangUp()
	}()
	if _, _, err := r.CreateSourceAction(impatient, "notify", trigger, code("one", "axios"), nil, true); !errors.Is(err, context.Canceled) {
		t.Fatalf("error is %v", err)
	}
	close(b.hold)
	poll(t, func() bool { return seen(t, r)[0].Deployed != nil })
}

// poll waits until a condition holds, or a minute has passed.
func poll(t *testing.T, holds func() bool) {
	t.Helper()
	tick, late := time.NewTicker(time.Millisecond), time.After(time.Minute)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-late:
			t.Error("it never came to that")
			return
		}
	}
}

// seen returns all actions.
func seen(t *testing.T, r *rig) []host.Action {
	t.Helper()
	all, err := r.Actions(t.Context(), "")
	if err != nil {
		t.Error(err)
	}
	return all
}

// TestAVersionsModuleIsMadeOfItsSource lets clients patch, deploy and roll back
// one action at once, with builds in the background.
func TestAVersionsModuleIsMadeOfItsSource(t *testing.T) {
	t.Parallel()
	r, db := open(t)
	r.Builder = &builder{}
	background(t, r)
	draftAction(t, r, "notify", code("first"), true)
	var clients sync.WaitGroup
	for c := range 4 {
		clients.Go(func() { churn(t, r, c) })
	}
	clients.Wait()
	versions, err := r.Versions(t.Context(), "notify")
	if err != nil || len(versions) < 20 {
		t.Fatalf("%d versions, %v", len(versions), err)
	}
	for _, v := range versions {
		wasm, err := db.Module(t.Context(), v.Digest)
		if err != nil || !bytes.Equal(wasm, moduleOf(v.Source.Code)) {
			t.Errorf("version %d of %q has another's module, %v", v.Number, v.Source.Code, err)
		}
	}
	if v, err := r.DeployDraft(t.Context(), "notify", 0); err != nil {
		t.Errorf("deployed %+v, %v", v, err)
	}
	if a, d := look(t, r, "notify"); !a.AllDeployed(d) || a.Deployed.Digest != d.Digest {
		t.Errorf("draft %+v, deployed %+v", d, a.Deployed)
	}
}

// churn is a client that changes an action all the time.
func churn(t *testing.T, r *rig, client int) {
	for n := range 15 {
		p := host.SourcePatch{Code: pointer(fmt.Sprintf("%d/%d", client, n)), Dependencies: &[]host.Dependency{}}
		if n%2 == 0 {
			p.Dependencies = &[]host.Dependency{{Name: "axios", Version: "1.0.0"}}
		}
		if _, _, err := r.PatchSource(t.Context(), "notify", p); err != nil {
			t.Error(err)
		}
		_, err := r.DeployDraft(t.Context(), "notify", 0)
		if err != nil && host.CodeOf(err) != host.Conflict { // another has patched it since
			t.Error(err)
		}
		if _, err := r.DeployVersion(t.Context(), "notify", "1", n%4 == 0); err != nil {
			t.Error(err)
		}
	}
}

func TestWhatIsKeptOfABuildsErrorsIsBounded(t *testing.T) {
	t.Parallel()
	r, _ := open(t)
	r.Builder = minified{}
	_, d := draftAction(t, r, "notify", code("one"), false)
	if len(d.Errors) != 50 || len(d.Errors[0].LineText) > 600 {
		t.Errorf("%d errors, the first with a line of %d bytes", len(d.Errors), len(d.Errors[0].LineText))
	}
}

// minified fails a thousand times in a long line.
type minified struct{}

func (minified) Build(context.Context, string, host.Source, map[string]host.Source) (builds.Build, error) {
	e := host.BuildMessage{Text: "wrong", LineText: strings.Repeat("x", 1<<16)}
	return builds.Build{}, &host.BuildFailure{Messages: slices.Repeat([]host.BuildMessage{e}, 1000)}
}

func TestAVersionNeedsTheSecretsThatItsCodeNames(t *testing.T) {
	t.Parallel()
	r := openBuilding(t, &builder{})
	writes := []host.SecretWrite{write("TOKEN", "1"), write("TOKEN_2", "2"), write("a.b", "3"), write("OTHER", "4")}
	a, _, err := r.CreateSourceAction(t.Context(), "notify", trigger, code(`use(event.secrets.TOKEN, event.secrets["a.b"])`), writes, true)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"TOKEN", "a.b"}; !slices.Equal(a.Deployed.Manifest.Secrets, want) {
		t.Errorf("needs %q, want %q", a.Deployed.Manifest.Secrets, want)
	}
}

func TestARevisionIsBuiltOnceHoweverOftenItIsAskedFor(t *testing.T) {
	t.Parallel()
	b := &builder{hold: make(chan struct{})}
	r := openBuilding(t, b)
	background(t, r)
	draftAction(t, r, "notify", code("one", "axios"), false)
	for range 5 {
		patch(t, r, "notify", host.SourcePatch{Code: pointer("one")})
	}
	close(b.hold)
	if _, err := r.DeployDraft(t.Context(), "notify", 0); err != nil {
		t.Fatal(err)
	}
	draftAction(t, r, "after", code("last", "axios"), true) // the queue has come past them
	if built := b.builds(); !slices.Equal(built, []string{"one", "last"}) {
		t.Errorf("built %q", built)
	}
}
