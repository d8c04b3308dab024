package bundle_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/jsbuild/bundle"
)

func TestCodeReadsNothingOutsideOfItsProject(t *testing.T) {
	t.Parallel()
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "index.js"), []byte("module.exports = 1"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, code, says string }{
		{"a pattern that leads out", "\nrequire('../../' + process.env.NAME);", `action.js:3:9: "../../**/*" is outside of what the action may read`},
		{"a pattern of import() that leads out", "\nimport(`../../../${process.env.NAME}.js`);", `"../../../**/*.js" is outside`},
		{"a pattern within", "require('./langs/' + process.env.NAME);", ""},
		{"a pattern in a comment", "// require('../../' + name)", ""},
		{"a file", "require(" + quoted(filepath.Join(outside, "index.js")) + ");", "index.js\" is outside of what the action may read"},
		{"a link", "require('linked');", "index.js\" is outside of what the action may read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			src := actionOf(t, "action.js", map[string]string{"action.js": anyHandler + tt.code, "langs/en.js": "module.exports = 1"})
			if err := os.MkdirAll(filepath.Join(src.Dir, "node_modules"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(outside, filepath.Join(src.Dir, "node_modules", "linked")); err != nil {
				t.Fatal(err)
			}
			_, err := bundleOf(t, nil, src)
			if tt.says == "" && err != nil || tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)) {
				t.Errorf("got %v, want %q", err, tt.says)
			}
		})
	}
}

func TestCodeWithoutAFolderHidesNoPattern(t *testing.T) {
	t.Parallel()
	for _, code := range []string{
		`require(/**/ "../../" + process.env.NAME);`,
		`require("\x2e./../" + process.env.NAME);`,
		"import(/**/ `../../${process.env.NAME}`);",
	} {
		_, err := bundleOf(t, nil, bundle.Source{Name: "action.js", Code: []byte(anyHandler + code)})
		wrong, ok := errors.AsType[*host.BuildFailure](err)
		if !ok || len(wrong.Messages) != 1 || !strings.Contains(err.Error(), `"../../**/*" is outside of what the action may read`) {
			t.Errorf("%s: got %v", code, err)
		}
	}
}

func quoted(path string) string { return `"` + filepath.ToSlash(path) + `"` }
