package registry_test

import (
	"context"
	"errors"
	"strconv"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/internal/hosttest"
	"github.com/usherhost/usher/host/registry"
)

func TestUploadRefusesAModuleThatCannotRun(t *testing.T) {
	t.Parallel()
	r, _ := open(t)
	action(t, r, "notify", false)
	noop := guests.Wasm("noop")
	for _, tt := range []struct {
		name   string
		module []byte
		code   host.Code
		parts  []string
	}{
		{name: "no WebAssembly", module: []byte("#!/bin/sh\n"), code: host.Refused, parts: []string{"WebAssembly"}},
		{name: "nothing", code: host.Refused},
		{name: "a truncated module", module: noop[:len(noop)/2], code: host.Refused},
		{name: "an import that is not served", module: guests.Wasm("unknownimport"), code: host.Refused, parts: []string{"usher inspect MODULE"}},
		{name: "no entry", module: guests.Wasm("noentry"), code: host.Refused, parts: []string{"onExecutePostUserRegistration"}},
		{name: "an entry of another form", module: guests.Wasm("wrongentry"), code: host.Refused, parts: []string{"onExecutePostUserRegistration"}},
		{name: "a start section that never ends", module: guests.Wasm("startloop"), code: host.Refused, parts: []string{"can't initialise itself"}},
		{name: "more memory than its settings give", module: guests.Wasm("bigmemory"), code: host.Refused, parts: []string{"begins with 134217728 bytes of memory, and memory_bytes gives its runs 67108864", "--limit memory_bytes=134217728"}},
		{name: "more than 32 MiB", module: make([]byte, host.DefaultModuleBytes+1), code: host.TooLarge, parts: []string{"33554432", "--max-module-bytes"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := r.Upload(t.Context(), "notify", tt.module, host.Manifest{}, true)
			if host.CodeOf(err) != tt.code {
				t.Fatalf("error is %v, want code %s", err, tt.code)
			}
			e, _ := errors.AsType[*host.Error](err)
			for _, f := range e.Fields {
				if f.Pointer != "/module" || f.Detail == "" {
					t.Errorf("field is %+v", f)
				}
			}
			if tt.code == host.Refused && len(e.Fields) == 0 {
				t.Error("says nothing of the reason")
			}
			hosttest.Refused(t, err, tt.code, pointersOf(e), tt.parts...)
		})
	}
	t.Run("and stores nothing", func(t *testing.T) {
		if versions, err := r.Versions(t.Context(), "notify"); err != nil || len(versions) != 0 {
			t.Errorf("versions are %v, %v", versions, err)
		}
	})
}

func pointersOf(e *host.Error) []string {
	var all []string
	for _, f := range e.Fields {
		all = append(all, f.Pointer)
	}
	return all
}

// TestAModuleThatBeginsLargeIsTakenWithTheLimitsForIt raises the limit in the
// manifest, and then in the binding.
func TestAModuleThatBeginsLargeIsTakenWithTheLimitsForIt(t *testing.T) {
	t.Parallel()
	r, _ := open(t)
	action(t, r, "notify", false)
	large := host.Settings{Limits: host.Limits{MemoryBytes: 128 << 20}}
	if _, err := r.Upload(t.Context(), "notify", guests.Wasm("bigmemory"), host.Manifest{Settings: large}, true); err != nil {
		t.Fatal(err)
	}
	a, err := r.Action(t.Context(), "notify")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.ReplaceBindings(t.Context(), a.Trigger, []host.BindingWrite{{Action: a.ID, Settings: &large}}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Upload(t.Context(), "notify", guests.Wasm("bigmemory"), host.Manifest{}, true); err != nil {
		t.Errorf("with the binding's limit: %v", err)
	}
}

func TestUploadChecksTheManifest(t *testing.T) {
	t.Parallel()
	r, _ := open(t)
	action(t, r, "notify", false)
	_, err := r.Upload(t.Context(), "notify", guests.Wasm("noop"), host.Manifest{
		Description: string(make([]byte, registry.MaxDescriptionChars+1)),
		Settings: host.Settings{
			Limits: host.Limits{TimeoutMillis: -1},
			Egress: host.Egress{Allow: []string{"hooks.slack.com", "ftp://x"}},
			Config: map[string]string{"": "x", "a/b": string(make([]byte, registry.MaxConfigBytes))},
		},
		Secrets: []string{"TOKEN", "a b", "TOKEN"},
	}, false)
	hosttest.Refused(t, err, host.Invalid, []string{
		"/manifest/description",
		"/manifest/settings/limits/timeout_ms",
		"/manifest/settings/egress/allow/1",
		"/manifest/settings/config/",
		"/manifest/settings/config",
		"/manifest/secrets/1",
		"/manifest/secrets/2",
	}, "listed twice", "900000")
}

func TestDeployingAnOlderVersionRollsBack(t *testing.T) {
	t.Parallel()
	r, _ := open(t)
	action(t, r, "notify", false)
	for i := range 3 {
		if v := upload(t, r, "notify"); v.Number != i+1 || !v.Deployed || v.Status != host.BuildBuilt {
			t.Fatalf("version is %+v", v)
		}
	}
	if v, err := r.Deploy(t.Context(), "notify", "1"); err != nil || v.Number != 1 || !v.Deployed {
		t.Fatalf("deployed %+v, %v", v, err)
	}
	a, err := r.Action(t.Context(), "notify")
	if err != nil || a.Deployed == nil || a.Deployed.Number != 1 {
		t.Fatalf("deployed version is %+v, %v", a.Deployed, err)
	}
	versions, err := r.Versions(t.Context(), "notify")
	if err != nil || len(versions) != 3 || versions[0].Number != 3 || versions[0].Deployed || !versions[2].Deployed {
		t.Errorf("versions are %+v, %v", versions, err)
	}
	if v, err := r.Version(t.Context(), a.Name, versions[1].ID); err != nil || v.Number != 2 {
		t.Errorf("found by id: %+v, %v", v, err)
	}
	_, err = r.Deploy(t.Context(), "notify", strconv.Itoa(4))
	hosttest.Refused(t, err, host.NotFound, nil, "no version 4", "usher actions versions notify")
}

func TestOnlyABuiltVersionIsDeployed(t *testing.T) {
	t.Parallel()
	r, db := open(t)
	a := action(t, r, "notify", false)
	wasm := guests.Wasm("noop")
	if _, err := db.CreateVersion(t.Context(), host.Version{ActionID: a.ID, Status: host.BuildFailed}, wasm); err != nil {
		t.Fatal(err)
	}
	_, err := r.Deploy(t.Context(), "notify", "1")
	hosttest.Refused(t, err, host.Conflict, nil, "version 1 is failed", "usher actions versions")
}

func TestAnInspectorThatFailsIsNoJudgement(t *testing.T) {
	t.Parallel()
	r, _ := open(t)
	action(t, r, "notify", false)
	r.Inspector = brokenInspector{}
	if _, err := r.Upload(t.Context(), "notify", guests.Wasm("noop"), host.Manifest{}, true); host.CodeOf(err) != host.Internal {
		t.Errorf("error is %v", err)
	}
}

type brokenInspector struct{}

func (brokenInspector) Inspect(context.Context, []byte) (host.Inspection, error) {
	return host.Inspection{}, errors.New("disk full")
}
