package sourcemap_test

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/usherhost/usher/host/jsbuild/sourcemap"
)

func TestApplyLeavesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "no position", "usher-bundle.js", "usher-bundle.js:99999999:1", "usher-bundle.js:1:1", "other.js:2:3", "usher-bundle.js:99999999999999999999:1",
	} {
		if got := sourcemap.Apply(small, text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
	for _, broken := range []string{"", "{}", "[]", `{"version":3,"sections":[{"map":null}]}`, `{"version":3,"sources":[],"names":[],"mappings":"AAAA"}`} {
		if got, text := sourcemap.Apply([]byte(broken), "at f (usher-bundle.js:1:1)"), "at f (usher-bundle.js:1:1)"; got != text {
			t.Errorf("with the map %s, %q became %q", broken, text, got)
		}
	}
}

// small maps line 2 of a bundle, column 1, to a.js:1:1.
var small = []byte(`{"version":3,"sources":["a.js"],"names":["n"],"mappings":";AAAAA,CCCDD"}`)

// moduleWith is a module of custom sections.
func moduleWith(sections ...[2]string) []byte {
	module := []byte("\x00asm\x01\x00\x00\x00")
	for _, s := range sections {
		body := binary.AppendUvarint(nil, uint64(len(s[0])))
		body = append(append(body, s[0]...), s[1]...)
		module = append(binary.AppendUvarint(append(module, 0), uint64(len(body))), body...)
	}
	return append(module, 1, 1, 0) // a type section follows
}

func TestModulesReadTheMapInAModule(t *testing.T) {
	t.Parallel()
	module := append(moduleWith([2]string{"name", "x"}), sourcemap.Carry(small)...)
	var asked []string
	s := &sourcemap.Modules{Max: 2, Module: func(_ context.Context, digest string) ([]byte, error) {
		asked = append(asked, digest)
		switch {
		case strings.HasPrefix(digest, "js"):
			return module, nil
		case digest == "broken":
			return module[:len(module)/2], nil
		case digest == "plain":
			return moduleWith(), nil
		}
		return nil, errors.New("there is no such module")
	}}
	text := "at f (usher-bundle.js:2:1)"
	for _, step := range []struct {
		digest, text, want string
	}{
		{"js1", "no position", "no position"},
		{"js1", text, "at f (a.js:1:1)"},
		{"js1", text, "at f (a.js:1:1)"},
		{"plain", text, text},
		{"plain", text, text},
		{"gone", text, text},
		{"broken", text, text},
		{"js1", text, "at f (a.js:1:1)"},
	} {
		if got := s.Map(t.Context(), step.digest, step.text); got != step.want {
			t.Errorf("%s: %q became %q, want %q", step.digest, step.text, got, step.want)
		}
	}
	if want := []string{"js1", "plain", "gone", "broken", "js1"}; !slices.Equal(asked, want) {
		t.Errorf("asked for %v, want %v", asked, want)
	}
}

func FuzzModules(f *testing.F) {
	f.Add(append(moduleWith(), sourcemap.Carry(small)...), "usher-bundle.js:2:1")
	f.Add(moduleWith([2]string{sourcemap.Section, string(small)}), "usher-bundle.js:2")
	f.Add([]byte("\x00asm\x01\x00\x00\x00\x00\xff\xff\xff\xff\x0f"), "usher-bundle.js:1:1 usher-bundle.js:0:0")
	f.Fuzz(func(t *testing.T, module []byte, text string) {
		s := &sourcemap.Modules{Module: func(context.Context, string) ([]byte, error) { return module, nil }}
		if got := s.Map(t.Context(), "x", text); !strings.Contains(text, sourcemap.BundleName) && got != text {
			t.Errorf("%q became %q", text, got)
		}
	})
}

func FuzzApply(f *testing.F) {
	f.Add([]byte(`{"version":3,"sources":["a.js"],"names":["n"],"mappings":";AAAAA,CCCDD"}`), "usher-bundle.js:2:1")
	f.Add([]byte(`{"version":3,"sections":[{"offset":{"line":0,"column":0},"map":{"version":3,"sources":[],"mappings":"AAAA"}}]}`), "usher-bundle.js:1:1")
	f.Fuzz(func(t *testing.T, sourceMap []byte, text string) {
		sourcemap.Apply(sourceMap, text)
	})
}
