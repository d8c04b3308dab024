package decisions_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/hosttest"
	"github.com/usherhost/usher/host/internal/jstest"
	"github.com/usherhost/usher/host/jsbuild/bundle"
)

// packages has the packages of npm that task decisions:setup installs.
const packages = "testdata"

// TestAnActionDecidesByAListOfAPackage has a package that reads 57,000 domains from a file
// of its own when it is loaded. That is done when the action is built: a decision looks one
// up, in less fuel than 3 ms have.
func TestAnActionDecidesByAListOfAPackage(t *testing.T) {
	t.Parallel()
	const code = `
		const burner = require("burner-email-providers");
		exports.onExecutePreUserRegistration = async (event, api) => {
			if (burner.isEmailBurner(event.user.email)) api.access.deny("disposable_email", "Please use another address");
		};`
	g := open(t, hosttest.Options{DecisionTimeout: time.Minute})
	g.deploy(packaged(t, "burner", "burner-email-providers", code))
	var took []int64
	for address, want := range map[string]host.Verdict{
		"ada@example.org": host.Allow, "ada@mailinator.com": host.Deny, "Ada+1@Mailinator.COM": host.Deny, "ada@mailinator.com.example.org": host.Allow,
	} {
		for range 5 {
			a := g.decide(`{"user":{"email":"` + address + `"},"request":{}}`)
			if a.Verdict != want || a.Degraded || want == host.Deny && a.Reason != "disposable_email" {
				t.Errorf("%s: decided %+v, %+v", address, a.Decision, a.Results[0].Error)
			}
			took = append(took, a.Results[0].TookMicros)
			results, err := g.DB.Results(t.Context(), g.recorded(a.ExecutionID).ID)
			if err != nil || len(results) != 1 {
				t.Fatalf("%d results, %v", len(results), err)
			}
			if fuel := results[0].Stats.Fuel; fuel > 3_000_000 { // nanoseconds, at most
				t.Errorf("%s: a decision used %d units of fuel", address, fuel)
			}
		}
	}
	slices.Sort(took)
	t.Logf("median %d µs", took[len(took)/2])
}

// packaged is an action in JavaScript that requires a package, which is loaded when the
// action is built.
func packaged(t *testing.T, name, needs, code string) module {
	t.Helper()
	if _, err := os.Stat(filepath.Join(packages, "node_modules", needs)); err != nil {
		t.Skip("the packages are not installed: run task decisions:setup")
	}
	built, err := jstest.Shared(t).Builder.Build(t.Context(), bundle.Source{Name: "action.js", Code: []byte(code), Dir: packages})
	if err != nil {
		t.Fatal(err)
	}
	if built.FromBytecode {
		t.Fatalf("each decision loads the package: %s", built.Reason)
	}
	return module{name: name, wasm: built.Module}
}
