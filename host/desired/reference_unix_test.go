//go:build unix

package desired_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/desired"
)

func TestReferencesStayInTheFolderUnlessAnotherIsAllowed(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	dir, other := filepath.Join(top, "folder"), filepath.Join(top, "other")
	for _, err := range []error{
		os.MkdirAll(filepath.Join(dir, "sub"), 0o700), os.MkdirAll(other, 0o700),
		os.WriteFile(filepath.Join(dir, "sub", "in"), []byte("value\n"), 0o600),
		os.WriteFile(filepath.Join(other, "out"), []byte("value"), 0o600),
		os.WriteFile(filepath.Join(top, "top"), []byte("value"), 0o600),
		os.WriteFile(filepath.Join(dir, "large"), make([]byte, 2<<20), 0o600),
		os.Symlink("sub/in", filepath.Join(dir, "inner")),
		os.Symlink("../other/out", filepath.Join(dir, "link")),
		os.Symlink("../top", filepath.Join(other, "further")),
		syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		reference     string
		alone, beside host.Code // "" is that it has the value
	}{
		{"sub/in", "", ""},
		{"inner", "", ""},
		{filepath.Join(dir, "sub/in"), "", ""},
		{"../folder/sub/in", "", ""},
		{"../other/out", host.Refused, ""},
		{filepath.Join(other, "out"), host.Refused, ""},
		{"link", host.Invalid, ""},
		{"../top", host.Refused, host.Refused},
		{"../other/further", host.Refused, host.Refused},
		{"../other/../top", host.Refused, host.Refused},
		{"/dev/zero", host.Refused, host.Refused},
		{"pipe", host.Invalid, host.Invalid},
		{"sub", host.Invalid, host.Invalid},
		{"large", host.Invalid, host.Invalid},
		{"missing", host.NotFound, host.NotFound},
	} {
		r, err := desired.ParseReference("${file:" + tt.reference + "}")
		if err != nil {
			t.Fatal(err)
		}
		check := func(values desired.Values, want host.Code) {
			value, err := values.Value(r)
			if want == "" && (err != nil || value != "value") || want != "" && host.CodeOf(err) != want {
				t.Errorf("%s with %v leads to %q, %v, want %q", tt.reference, values.Files, value, err, want)
			}
		}
		check(desired.Values{Dir: dir}, tt.alone)
		check(desired.Values{Dir: dir, Files: []string{other}}, tt.beside)
	}
}

func TestReferencesReadTheVariablesThatAreAllowed(t *testing.T) {
	t.Parallel()
	lookup := func(name string) (string, bool) { return "value of " + name, true }
	for _, tt := range []struct {
		name string
		env  []string
		may  bool
	}{
		{"TOKEN", nil, true},
		{"USHER_API_KEY", nil, false},
		{"usher_api_key", nil, false},
		{"USHER_API_KEY", []string{"*"}, false},
		{"USHER_API_KEY", []string{"USHER_API_KEY"}, true},
		{"TOKEN", []string{"SLACK_*"}, false},
		{"SLACK_TOKEN", []string{"SLACK_*"}, true},
		{"SLACK_TOKEN", []string{"A", "SLACK_TOKEN"}, true},
		{"TOKEN", []string{"["}, false},
		{"TOKEN", []string{}, false},
	} {
		_, err := desired.Values{Env: tt.env, Lookup: lookup}.Value(desired.Reference{Kind: "env", Name: tt.name})
		if (err == nil) != tt.may || err != nil && host.CodeOf(err) != host.Refused {
			t.Errorf("%s with %q: %v", tt.name, tt.env, err)
		}
	}
}

func TestAFolderIsWrittenThroughNoLinkForAnyName(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	dir := filepath.Join(top, "folder")
	setup := desired.Setup{}
	for _, name := range []string{"..", ".", "../up", `..\up`, "/abs", "a/b", "-rf", "\x1b[2J", "a\u202eb", "\xff", "con.", strings.Repeat("é", 300)} {
		setup.Actions = append(setup.Actions, desired.Action{Name: name, Trigger: host.PostUserRegistration, Source: &host.Source{Code: "1"}})
	}
	written, err := desired.WriteFolder(dir, setup)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range written.Paths {
		if !filepath.IsLocal(path) || strings.Count(path, "/") > 2 || strings.ContainsAny(path, "\x1b\u202e\\") || strings.Contains(path, "/.") {
			t.Errorf("wrote %q", path)
		}
	}
	left, err := os.ReadDir(top)
	if err != nil || len(left) != 1 {
		t.Errorf("beside the folder there is %v", left)
	}
}
