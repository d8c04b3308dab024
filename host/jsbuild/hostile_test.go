package jsbuild_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/usherhost/usher/host/jsbuild/npm"
	"github.com/usherhost/usher/host/jsbuild/npm/npmtest"
)

// TestAProcessCantMakeTheHostBelieveIt lets the place of the process that builds
// be taken by scripts that say what it would never say.
func TestAProcessCantMakeTheHostBelieveIt(t *testing.T) {
	t.Parallel()
	says := func(report string) string {
		return fmt.Sprintf(`printf '\0\0\0\%03o%%s' '%s'`, len(report), report)
	}
	for name, script := range map[string]string{
		"nothing wrong and nothing built": says(`{"wrong":[]}`),
		"built, and no module":            says(`{"built":{"Exports":[]}}`) + `; printf '\0\0\0\0\0\0\0\0'`,
		"null":                            says(`null`),
		"no report":                       says(`[1]`),
		"a folder outside of the others":  says(`{"install":[{"Name":"alpha","Version":"1.0.0","folder":"../../../outside"}]}`),
		"a folder that hides others":      says(`{"install":[{"Name":"alpha","Version":"1.0.0","folder":".bin"}]}`),
		"a package from anywhere":         says(`{"install":[{"Name":"alpha","Version":"file:/etc","folder":"alpha"}]}`),
		"too much":                        `printf '\377\377\377\377'`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := npmtest.New(t)
			r.Publish(t, "alpha", "1.0.0", nil)
			p := &npm.Packages{Registry: r.URL, CacheDir: t.TempDir()}
			built, err := inSubprocess(t, p, "/bin/sh", "-c", script+"; cat >/dev/null").Build(t.Context(), code(anyHandler))
			if err == nil {
				t.Fatalf("it built %+v", built)
			}
			if strings.Contains(name, "folder") && !strings.Contains(err.Error(), "is not a valid") {
				t.Errorf("npm was asked: %v", err)
			}
		})
	}
}
