package desired_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/desired"
)

func TestAReferenceIsReadBackAsItIsWritten(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"${env:SLACK_URL}", "${file:secrets/slack.txt}", "${file:/run/secrets/my slack}"} {
		reference, err := desired.ParseReference(text)
		if err != nil || reference.String() != text {
			t.Errorf("%s becomes %q, %v", text, reference, err)
		}
	}
}

func TestAValueIsRefusedAndNotRepeatedInTheError(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"hunter2", "$SLACK_URL", "${SLACK_URL}", "${env:}", "${vault:x}", "x${env:A}", ""} {
		_, err := desired.ParseReference(text)
		if host.CodeOf(err) != host.Invalid || err == nil {
			t.Errorf("%q: error is %v", text, err)
		}
		if text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("the error has the value: %v", err)
		}
	}
}

func TestAReferenceLeadsToAVariableOrAFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "value.txt", "from a file\n")
	write(t, dir, "empty.txt", "\n")
	values := desired.Values{Dir: dir, Lookup: func(name string) (string, bool) {
		value, ok := map[string]string{"SET": "from a variable", "EMPTY": ""}[name]
		return value, ok
	}}
	for _, tt := range []struct{ text, want, missing string }{
		{text: "${env:SET}", want: "from a variable"},
		{text: "${file:value.txt}", want: "from a file"},
		{text: "${file:" + filepath.Join(dir, "value.txt") + "}", want: "from a file"},
		{text: "${env:EMPTY}", missing: "no EMPTY"},
		{text: "${env:UNSET}", missing: "no UNSET"},
		{text: "${file:gone.txt}", missing: "gone.txt"},
		{text: "${file:empty.txt}", missing: "empty"},
	} {
		reference, err := desired.ParseReference(tt.text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := values.Value(reference)
		if tt.missing == "" && (got != tt.want || err != nil) {
			t.Errorf("%s leads to %q, %v", tt.text, got, err)
		}
		if tt.missing != "" && (host.CodeOf(err) != host.NotFound || !strings.Contains(err.Error(), tt.missing)) {
			t.Errorf("%s: error is %v", tt.text, err)
		}
	}
}

func TestBindingsAreReadBackAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	want := map[host.Trigger][]desired.Binding{host.PostUserRegistration: {
		{Action: "first", DisplayName: "1st: \"quoted\""},
		{Action: "0x1f", Settings: host.Settings{
			Limits: host.Limits{TimeoutMillis: 5000}, Egress: host.Egress{Mode: host.EgressAllowlist, Allow: []string{"a.example"}},
			OnFailure: host.Stop, Config: map[string]string{"team": "a\nb", "on": "yes"},
		}},
		{Action: "null"},
	}}
	text, err := desired.EncodeBindings(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := desired.DecodeBindings("bindings.yaml", text)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	again, err := desired.EncodeBindings(got)
	if err != nil || string(again) != string(text) {
		t.Errorf("%s\nbecomes\n%s, %v", text, again, err)
	}
	if s := got[host.PostUserRegistration][1].Settings; s.Limits.TimeoutMillis != 5000 || s.Config["team"] != "a\nb" || s.OnFailure != host.Stop {
		t.Errorf("settings are %+v", s)
	}
}

func TestAnErrorInAFileNamesItsLine(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, want string }{
		{"unknown key", "post-user-registration:\n  - action: a\n    setings: {}\n", `b.yaml:3:5: unknown key "setings"`},
		{"wrong type", "post-user-registration:\n  - action: a\n    settings:\n      retry: {max_attempts: soon}\n", "b.yaml:4:29: post-user-registration[0].settings.retry.max_attempts must be an integer, not a string"},
		{"no list", "# mine\npost-user-registration: []\nx: 1\n", "b.yaml:3:4: x must be a list, not a number"},
		{"unknown trigger", "post-login: []\n", `unknown trigger "post-login"`},
		{"no action", "post-user-registration: [{}]\n", "b.yaml:1:26: action is missing"},
		{"twice", "post-user-registration: [{action: a}, {action: a}]\n", "a is bound twice"},
		{"out of range", "post-user-registration: [{action: a, settings: {retry: {max_attempts: 900}}}]\n", "b.yaml:1:57: post-user-registration[0].settings.retry.max_attempts must be between 1 and 100"},
		{"no YAML", "post-user-registration: [", "b.yaml: "},
		{"no mapping", "- a\n", "b.yaml:1:1: the file must be a mapping, not a list"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := desired.DecodeBindings("b.yaml", []byte(tt.text))
			if host.CodeOf(err) != host.Invalid || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v", err)
			}
		})
	}
}

func TestAFolderIsReadBackAsItIsWritten(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new")
	want := desired.Setup{
		Actions: []desired.Action{
			{Name: "two words", Trigger: host.PostUserRegistration, Source: &host.Source{
				Runtime: host.RuntimeNode, Code: "a\r\nb # no newline at the end", Dependencies: []host.Dependency{{Name: "axios", Version: "1.7.9"}},
				SharedModules: []host.SharedModuleRef{{Name: "crm", Number: 2}},
			}, Secrets: map[string]desired.Reference{"KEY": {}}},
			{Name: "Two words", Trigger: host.PostUserRegistration, Source: &host.Source{Runtime: "node18", Code: "x"}, Secrets: map[string]desired.Reference{"KEY": {}}},
			{Name: "module", Trigger: host.PostUserRegistration, Digest: host.Digest([]byte{0, 1}), Module: []byte{0, 1}, Manifest: host.Manifest{
				Description: "yes", Secrets: []string{"A"}, Settings: host.Settings{Egress: host.Egress{Allow: []string{"a.example"}}},
			}},
			{Name: "nothing", Trigger: host.PostUserRegistration, Undeployed: true},
		},
		Bindings: map[host.Trigger][]desired.Binding{host.PostUserRegistration: {{Action: "module"}}},
	}
	if _, err := desired.WriteFolder(dir, want); err != nil {
		t.Fatal(err)
	}
	got, err := desired.ReadFolder(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, a := range got.Actions {
		names = append(names, a.Name)
	}
	if strings.Join(names, ", ") != "Two words, module, nothing, two words" {
		t.Errorf("actions are %v", names)
	}
	if s := got.Actions[3].Source; s == nil || s.Code != want.Actions[0].Source.Code || s.Dependencies[0].Version != "1.7.9" || s.SharedModules[0].Number != 2 {
		t.Errorf("source is %+v", s)
	}
	if a, b := got.Actions[0].Secrets["KEY"], got.Actions[3].Secrets["KEY"]; a.Name != "TWO_WORDS_KEY" || b.Name != "TWO_WORDS_KEY_2" {
		t.Errorf("references are %s and %s", a, b)
	}
	if m := got.Actions[1]; m.Digest != want.Actions[2].Digest || m.Manifest.Secrets[0] != "A" || m.Manifest.Settings.Egress.Allow[0] != "a.example" {
		t.Errorf("module is %+v", m)
	}
	if !got.Actions[2].Undeployed || len(got.Bindings[host.PostUserRegistration]) != 1 {
		t.Errorf("setup is %+v", got)
	}
}

func TestFoldersOfDeletedActionsAreListedAndLeft(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "actions/gone/action.yaml", "name: gone\n")
	written, err := desired.WriteFolder(dir, desired.Setup{Actions: []desired.Action{{Name: "here", Trigger: host.PostUserRegistration}}})
	if err != nil {
		t.Fatal(err)
	}
	if n := written.Notes; len(n) != 1 || !strings.Contains(n[0], "actions/gone belongs to no action of the host") {
		t.Errorf("notes are %v", n)
	}
	if _, err := os.Stat(filepath.Join(dir, "actions/gone/action.yaml")); err != nil {
		t.Error(err)
	}
}

func TestAReferenceIsAVariableThatAShellTakes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := desired.Setup{Actions: []desired.Action{{
		Name: "a", Trigger: host.PostUserRegistration, Secrets: map[string]desired.Reference{"2fa-key": {}, "smtp.host": {}},
	}}}
	if _, err := desired.WriteFolder(dir, s); err != nil {
		t.Fatal(err)
	}
	got, err := desired.ReadFolder(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if s := got.Actions[0].Secrets; s["2fa-key"].Name != "SECRET_2FA_KEY" || s["smtp.host"].Name != "SMTP_HOST" {
		t.Errorf("references are %v", s)
	}
}

func TestAFileOfAnActionIsReadStrictly(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, want string }{
		{"no name", "runtime: node22\n", "name is missing"},
		{"unknown key", "name: a\nsecret: {}\n", `action.yaml:2:1: unknown key "secret"`},
		{"unknown trigger", "name: a\ntrigger: post-login\n", `unknown trigger "post-login"`},
		{"code and module", "name: a\ncode: a.js\nmodule: a.wasm\n", "not both"},
		{"runtime without code", "name: a\nruntime: node22\n", "for an action with code"},
		{"settings of code", "name: a\ncode: a.js\nsettings: {on_failure: stop}\n", "for an action with a module"},
		{"a value", "name: a\nsecrets: {KEY: hunter2}\n", "secret KEY: a secret's value must not be in the file"},
		{"outside", "name: a\ncode: ../../a.js\n", "is outside of"},
		{"absolute", "name: a\ncode: /etc/hostname\n", "is outside of"},
		{"gone", "name: a\ncode: gone.js\n", "there is no file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, dir, "actions/a/action.yaml", tt.text)
			_, err := desired.ReadFolder(t.Context(), dir, nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v", err)
			}
		})
	}
}

func TestALinkDoesNotLeadOutOfTheFolder(t *testing.T) {
	t.Parallel()
	elsewhere, dir := t.TempDir(), t.TempDir()
	write(t, elsewhere, "private.js", "secret\n")
	write(t, dir, "actions/a/action.yaml", "name: a\ncode: a.js\n")
	if err := os.Symlink(filepath.Join(elsewhere, "private.js"), filepath.Join(dir, "actions", "a", "a.js")); err != nil {
		t.Fatal(err)
	}
	if s, err := desired.ReadFolder(t.Context(), dir, nil); host.CodeOf(err) != host.Invalid {
		t.Errorf("reads %+v, %v", s.Actions, err)
	}
}

func TestFilesHaveNamesThatFileSystemsTake(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	long := strings.Repeat("語", 127)
	for _, name := range []string{long + "1", long + "2", "..", "a/../../b", `..\c`} {
		s := desired.Setup{Actions: []desired.Action{code(name, "1"), code(long+"3", "3")}}
		if _, err := desired.WriteFolder(dir, s); err != nil {
			t.Fatal(err)
		}
		back, err := desired.ReadFolder(t.Context(), dir, nil)
		if err != nil || !slices.ContainsFunc(back.Actions, func(a desired.Action) bool { return a.Name == name && a.Source.Code == "1" }) {
			t.Fatalf("%s: %+v, %v", name, back.Actions, err)
		}
		if err := os.RemoveAll(filepath.Join(dir, "actions")); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTwoFilesMayNotDescribeOneAction(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "actions/a/action.yaml", "name: same\n")
	write(t, dir, "actions/b/action.yaml", "name: same\n")
	if _, err := desired.ReadFolder(t.Context(), dir, nil); host.CodeOf(err) != host.Conflict {
		t.Errorf("error is %v", err)
	}
}

// write writes a file below dir.
func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func FuzzBindingsThatAreReadCanBeWritten(f *testing.F) {
	f.Add("post-user-registration:\n  - action: a\n    settings: {on_failure: stop, config: {a: b}}\n")
	f.Add("post-user-registration: []\n")
	f.Add("&a [*a]")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := desired.DecodeBindings("b.yaml", []byte(text))
		if err != nil {
			return
		}
		first, err := desired.EncodeBindings(got)
		if err != nil {
			t.Fatal(err)
		}
		again, err := desired.DecodeBindings("b.yaml", first)
		if err != nil {
			t.Fatalf("%v in what was written:\n%s", err, first)
		}
		second, err := desired.EncodeBindings(again)
		if err != nil || string(first) != string(second) {
			t.Errorf("%s\nbecomes\n%s, %v", first, second, err)
		}
	})
}
