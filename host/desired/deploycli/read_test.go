package deploycli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/desired"
	"github.com/usherhost/usher/host/desired/deploycli"
)

const ours = `supported_triggers: [{id: post-user-registration, version: v2}]`

// tenant writes an export in its YAML form, with one file of code.
func tenant(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range map[string]string{"tenant.yaml": text, "code.js": "// ##WORD##\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestAnActionIsImported(t *testing.T) {
	t.Parallel()
	got, err := deploycli.Read(tenant(t, `
actions:
  - name: Sync
    code: ./code.js
    runtime: node18-actions
    deployed: false
    dependencies: [{name: axios, version: 1.7.9}]
    secrets: [{name: NAMED}, {name: GIVEN, value: v}, {name: HIDDEN, value: _VALUE_NOT_SHOWN_}, {name: MARKED, value: '##X##'}]
    modules: [{module_name: crm, module_version_number: 2}]
    `+ours+`
triggers:
  post-user-registration: [{action_name: Sync, display_name: Sync}]
`), deploycli.Options{Keywords: deploycli.Keywords{"WORD": "done"}, Modules: true})
	if err != nil || len(got.Misfits) > 0 || len(got.Setup.Actions) != 1 {
		t.Fatal(err, got)
	}
	a := got.Setup.Actions[0]
	if a.Source.Code != "// done\n" || a.Source.Runtime != "node18-actions" || a.Source.Dependencies[0].Name != "axios" || !a.Undeployed {
		t.Errorf("action is %+v, %+v", a, a.Source)
	}
	if l := a.Source.SharedModules; len(l) != 1 || l[0] != (host.SharedModuleRef{Name: "crm", Number: 2}) {
		t.Errorf("shared modules are %+v", l)
	}
	for _, name := range []string{"NAMED", "HIDDEN", "MARKED"} {
		if r, ok := a.Secrets[name]; !ok || r != (desired.Reference{}) {
			t.Errorf("secret %s is %+v", name, r)
		}
	}
	if v := a.Secrets["GIVEN"].Value; v == nil || *v != "v" {
		t.Error("a value of the export is lost")
	}
	order := got.Setup.Bindings[host.PostUserRegistration]
	if len(order) != 1 || order[0].Action != "Sync" || order[0].DisplayName != "" || !order[0].KeepSettings {
		t.Errorf("order is %+v", order)
	}
}

func TestWhatDoesNotFitIsListed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, want string }{
		{"trigger", `{name: a, code: code.js, supported_triggers: [{id: post-login, version: v3}]}`, "its trigger is post-login"},
		{"no trigger", `{name: a, code: code.js}`, "it has no trigger"},
		{"version", `{name: a, code: code.js, supported_triggers: [{id: post-user-registration, version: v1}]}`, "version v1"},
		{"integration", `{name: a, installed_integration_id: x, ` + ours + `}`, "it is an integration"},
		{"runtime", `{name: a, code: code.js, runtime: python3, ` + ours + `}`, "python3 is not one of Node.js"},
		{"name", `{name: "a/b", code: code.js, ` + ours + `}`, "its name is not valid here"},
		{"modules", `{name: a, code: code.js, modules: [{module_name: crm}], ` + ours + `}`, "it requires shared modules"},
		{"code", `{name: a, ` + ours + `}`, "it has no code"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := deploycli.Read(tenant(t, "actions: ["+tt.text+"]\ntriggers: {post-user-registration: [{action_name: a}]}\n"), deploycli.Options{})
			if err != nil || len(got.Setup.Actions) > 0 {
				t.Fatal(err, got)
			}
			all := strings.Join(got.Misfits, "\n")
			if !strings.Contains(all, tt.want) || !strings.Contains(all, "the binding of \"a\"") {
				t.Errorf("misfits are %s", all)
			}
		})
	}
}

func TestMarkersForListsAreNotLost(t *testing.T) {
	t.Parallel()
	text := "clients: @@CLIENTS@@\nactions:\n  - name: a\n    code: code.js\n    secrets: @@SECRETS@@\n    " + ours + "\n"
	got, err := deploycli.Read(tenant(t, text), deploycli.Options{})
	if err != nil || len(got.Setup.Actions) != 1 || !strings.Contains(strings.Join(got.Notes, "\n"), "@@SECRETS@@") {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = deploycli.Read(tenant(t, text), deploycli.Options{Keywords: deploycli.Keywords{"SECRETS": `[{"name": "A", "value": "b"}]`}})
	if err != nil || got.Setup.Actions[0].Secrets["A"].Value == nil {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestOtherFilesAreNotExports(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		want       host.Code
	}{
		{"no YAML", "a: [", host.Invalid},
		{"another form", "actions: {a: b}", host.Invalid},
		{"code elsewhere", "actions: [{name: a, code: ../../etc/passwd}]", host.Invalid},
		{"code of the machine", "actions: [{name: a, code: /etc/passwd}]", host.Invalid},
		{"code that is gone", "actions: [{name: a, code: gone.js}]", host.NotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := deploycli.Read(tenant(t, tt.text), deploycli.Options{}); host.CodeOf(err) != tt.want {
				t.Errorf("error is %v", err)
			}
		})
	}
}

func FuzzExportsAreReadOrRefused(f *testing.F) {
	f.Add("actions: [{name: a, code: code.js, secrets: [{name: B}], " + ours + "}]\ntriggers: {post-user-registration: [{action_name: a}]}\n")
	f.Add("clients: @@A@@\ntriggers: @@B@@\n")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := deploycli.Read(tenant(t, text), deploycli.Options{})
		if err == nil {
			return
		}
		if host.CodeOf(err) == host.Internal {
			t.Errorf("error is %v", err)
		}
		if len(got.Setup.Actions) > 0 {
			t.Error("a part is read")
		}
	})
}

func TestALinkDoesNotLeadOutOfTheExport(t *testing.T) {
	t.Parallel()
	elsewhere := tenant(t, "")
	dir := tenant(t, "actions: [{name: A, code: link.js, "+ours+"}]")
	if err := os.Symlink(filepath.Join(elsewhere, "code.js"), filepath.Join(dir, "link.js")); err != nil {
		t.Fatal(err)
	}
	if got, err := deploycli.Read(dir, deploycli.Options{}); err == nil {
		t.Errorf("reads %+v", got.Setup.Actions)
	}
}
