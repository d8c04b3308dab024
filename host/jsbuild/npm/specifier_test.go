package npm_test

import (
	"testing"

	"github.com/usherhost/usher/host/jsbuild/npm"
)

func TestSpecifiersNamePackagesAndVersions(t *testing.T) {
	t.Parallel()
	for path, want := range map[string][3]string{
		"axios":                 {"axios", "", ""},
		"axios/lib/x.js":        {"axios", "", "/lib/x.js"},
		"axios@1.2.3":           {"axios", "1.2.3", ""},
		"axios@1.2.3/lib":       {"axios", "1.2.3", "/lib"},
		"@slack/webhook":        {"@slack/webhook", "", ""},
		"@slack/webhook@^8/x":   {"@slack/webhook", "^8", "/x"},
		"buffer/":               {"buffer", "", "/"},
		"./axios":               {},
		"/axios":                {},
		"#inner":                {},
		"node:fs":               {},
		"https://example.com/x": {},
		"":                      {},
		"@slack":                {},
		"two words":             {},
	} {
		s, _ := npm.ParseSpecifier(path)
		if got := [3]string{s.Name, s.Version, s.Sub}; got != want {
			t.Errorf("%q: got %q, want %q", path, got, want)
		}
	}
}

func TestInstalledVersionsFit(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		wanted, installed string
		want              bool
	}{
		{"1.2.3", "1.2.3", true},
		{"1.2.3", "1.2.4", false},
		{"^1.2.3", "1.9.0", true},
		{"~1.2.3", "1.3.0", false},
		{"1", "1.9.0", true},
		{"1.x", "2.0.0", false},
		{"latest", "0.0.1", true},
		{"next", "1.0.0", false},
		{"1.2.3", "odd", false},
	} {
		if got := npm.Fits(tt.wanted, tt.installed); got != tt.want {
			t.Errorf("%s fits %s: %t", tt.installed, tt.wanted, got)
		}
	}
}
