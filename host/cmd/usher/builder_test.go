package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/builds"
	"github.com/usherhost/usher/host/internal/hosttest"
	"github.com/usherhost/usher/host/registry"
	"github.com/usherhost/usher/host/sandbox"
	"github.com/usherhost/usher/host/settings"
)

// whole is a registry with its builds.
type whole struct {
	*registry.Registry
	*builds.Builds
}

// openRegistry wires a registry that builds and tests code, as serve does.
func openRegistry(t *testing.T) *whole {
	t.Helper()
	h := hosttest.New(t, hosttest.Options{Idle: true, Sandbox: func(ctx context.Context, cache string) (*sandbox.Sandbox, error) {
		return openSandbox(ctx, cache, 0, 0)
	}})
	builder, done := openSourceBuilder(settings.Config{Data: t.TempDir()}, h.Runner.Sandbox, slog.New(slog.DiscardHandler))
	t.Cleanup(done)
	h.Builds.Builder, h.Builds.Runner = builder, draftRunner{h.Runner}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.Builds.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return &whole{h.Registry, h.Builds}
}

// settled returns an action and its draft once the draft is built or has failed
// and, if it is to be deployed, is: a change does not wait for that when the
// machine is busy.
func settled(t *testing.T, reg *whole, name string, deploy bool) (host.Action, host.Draft) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		a, err := reg.Action(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		d, err := reg.Draft(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if d.Status != host.BuildPending && d.Status != host.BuildBuilding && (!deploy || a.Deployed != nil) {
			return a, d
		}
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		}
	}
}

func TestCodeIsBuiltDeployedAndTested(t *testing.T) {
	t.Parallel()
	reg := openRegistry(t)
	ctx, one := t.Context(), "1"
	src := host.Source{Runtime: host.RuntimeNode, Code: `const shared = require("actions:shared");
exports.onExecutePostUserRegistration = async (event) => {
  console.log(shared.greet(event.user.email), Object.keys(event.secrets).join());
};`, SharedModules: []host.SharedModuleRef{{Name: "shared"}}}
	_, err := reg.CreateSharedModule(ctx, "shared", host.Source{Code: `exports.greet = (name) => "hello " + name + " " + actions.secrets.TOKEN.length;`},
		[]host.SecretWrite{{Name: "TOKEN", Value: &one}}, true)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := reg.CreateSourceAction(ctx, "notify", host.PostUserRegistration, src, []host.SecretWrite{{Name: "OWN", Value: &one}}, true); err != nil {
		t.Fatal(err)
	}
	a, d := settled(t, reg, "notify", true)
	if d.Status != host.BuildBuilt || a.Deployed == nil || !a.AllDeployed(d) {
		t.Fatalf("action %+v, draft %+v", a, d)
	}
	for _, token := range []string{"two", "three"} {
		if _, err := reg.PatchSharedModule(ctx, "shared", host.SharedModulePatch{Secrets: &[]host.SecretWrite{{Name: "TOKEN", Value: &token}}}); err != nil {
			t.Fatal(err)
		}
		result, err := reg.Test(ctx, "notify", []byte(`{"user":{"email":"ada@example.com"}}`))
		if err != nil || len(result.Logs) != 1 || result.Logs[0].Message != fmt.Sprintf("hello ada@example.com %d OWN", len(token)) {
			t.Errorf("result %+v, %v", result, err)
		}
	}
	_, err = reg.Test(ctx, "notify", []byte(`[]`))
	if host.CodeOf(err) != host.Invalid {
		t.Errorf("error is %v", err)
	}
}

func TestABuildErrorHasItsPosition(t *testing.T) {
	t.Parallel()
	reg := openRegistry(t)
	for _, tt := range []struct {
		name, code string
		line       int
		text       string
	}{
		{name: "syntax", code: "exports.onExecutePostUserRegistration = async () => {\n  const = 1;\n};", line: 2, text: "syntax error"},
		{name: "no handler", code: "exports.onExecutePostLogin = async () => {};", line: 1, text: "onExecutePostLogin"},
		{name: "a package that is not listed", code: "require('axios');\nexports.onExecutePostUserRegistration = async () => {};", line: 1, text: "axios"},
		{name: "top-level code that throws", code: "\nthrow new Error('no');\nexports.onExecutePostUserRegistration = async () => {};", line: 2, text: "no"},
		{name: "nothing", code: "", text: "no handler"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, _, err := reg.CreateSourceAction(t.Context(), "a "+tt.name, host.PostUserRegistration, host.Source{Code: tt.code}, nil, false); err != nil {
				t.Fatal(err)
			}
			_, d := settled(t, reg, "a "+tt.name, false)
			if d.Status != host.BuildFailed || len(d.Errors) == 0 {
				t.Fatalf("draft %+v", d)
			}
			if e := d.Errors[0]; e.Line != tt.line || !strings.Contains(e.Text, tt.text) || e.File != "action.js" {
				t.Errorf("error %+v", e)
			}
		})
	}
}

func TestATestThatThrowsReportsTheError(t *testing.T) {
	t.Parallel()
	reg := openRegistry(t)
	_, _, err := reg.CreateSourceAction(t.Context(), "notify", host.PostUserRegistration, host.Source{
		Code: "exports.onExecutePostUserRegistration = async (event) => {\n  event.missing.id;\n};",
	}, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	settled(t, reg, "notify", false)
	result, err := reg.Test(t.Context(), "notify", []byte(`{"user":{}}`))
	if err != nil || result.Succeeded || result.Error == nil || result.Error.Name != "TypeError" {
		t.Fatalf("result %+v, %v", result, err)
	}
	if _, err := reg.DeployDraft(t.Context(), "notify", 0); err != nil {
		t.Errorf("code that throws on an event can still be deployed: %v", err)
	}
}
