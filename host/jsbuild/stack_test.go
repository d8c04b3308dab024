package jsbuild_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/usherhost/usher/host/jsbuild"
)

// thrower is an action whose handler throws, through a package.
func thrower(t *testing.T) *jsbuild.Bundle {
	t.Helper()
	b, err := jsbuild.BundleOf(t.Context(), nil, actionOf(t, "action.ts", map[string]string{
		"action.ts": `import { fail } from "./lib/fail";
interface Unused { a: number }

export async function onExecutePostUserRegistration(event: any) {
  const ä = "ä"; fail();
}`,
		"lib/fail.ts":                   "export function fail() {\n\n  require(\"thrower\").now(1);\n}",
		"node_modules/thrower/index.js": "exports.now = function (n) {\n  throw new TypeError(\"no\");\n};",
	}))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestMapStackLeadsToTheAuthorsFiles(t *testing.T) {
	t.Parallel()
	b := thrower(t)
	var stack string
	if err := json.Unmarshal([]byte(runInNode(t, b, "return await action.onExecutePostUserRegistration().catch((e) => e.stack)")), &stack); err != nil {
		t.Fatal(err)
	}
	got := jsbuild.MapStack(b.Map, stack)
	for _, want := range []string{"TypeError: no\n", "node_modules/thrower/index.js:2:9", "lib/fail.ts:3:22", "action.ts:5:18"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in:\n%s\nbefore:\n%s", want, got, stack)
		}
	}
}

func TestMapStackLeavesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	b := thrower(t)
	for _, text := range []string{
		"", "no position", "usher-bundle.js", "usher-bundle.js:99999999:1", "usher-bundle.js:1:1", "other.js:2:3", "usher-bundle.js:99999999999999999999:1",
	} {
		if got := jsbuild.MapStack(b.Map, text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
	for _, broken := range []string{"", "{}", "[]", `{"version":3,"sections":[{"map":null}]}`, `{"version":3,"sources":[],"names":[],"mappings":"AAAA"}`} {
		if got, text := jsbuild.MapStack([]byte(broken), "at f (usher-bundle.js:1:1)"), "at f (usher-bundle.js:1:1)"; got != text {
			t.Errorf("with the map %s, %q became %q", broken, text, got)
		}
	}
}

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

func TestStacksReadTheMapInAModule(t *testing.T) {
	t.Parallel()
	b := thrower(t)
	module := moduleWith([2]string{"name", "x"}, [2]string{jsbuild.MapSection, string(jsbuild.SectionFor(b.Map))})
	var asked []string
	s := &jsbuild.Stacks{Max: 2, Module: func(_ context.Context, digest string) ([]byte, error) {
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
	text := "at f (usher-bundle.js:" + place(t, b, "new TypeError") + ")"
	for _, step := range []struct {
		digest, text, want string
	}{
		{"js1", "no position", "no position"},
		{"js1", text, "at f (node_modules/thrower/index.js:2:9)"},
		{"js1", text, "at f (node_modules/thrower/index.js:2:9)"},
		{"plain", text, text},
		{"plain", text, text},
		{"gone", text, text},
		{"broken", text, text},
		{"js1", text, "at f (node_modules/thrower/index.js:2:9)"},
	} {
		if got := s.Map(t.Context(), step.digest, step.text); got != step.want {
			t.Errorf("%s: %q became %q, want %q", step.digest, step.text, got, step.want)
		}
	}
	if want := []string{"js1", "plain", "gone", "broken", "js1"}; !slices.Equal(asked, want) {
		t.Errorf("asked for %v, want %v", asked, want)
	}
}

// place finds text in a bundle, as an engine names it.
func place(t *testing.T, b *jsbuild.Bundle, text string) string {
	t.Helper()
	at := bytes.Index(b.Code, []byte(text))
	if at < 0 {
		t.Fatalf("no %s in the bundle", text)
	}
	before := b.Code[:at]
	return fmt.Sprintf("%d:%d", bytes.Count(before, []byte("\n"))+1, at-bytes.LastIndexByte(before, '\n'))
}

func FuzzStacks(f *testing.F) {
	small := []byte(`{"version":3,"sources":["a.js"],"names":["n"],"mappings":";AAAAA,CCCDD"}`)
	f.Add(moduleWith([2]string{jsbuild.MapSection, string(jsbuild.SectionFor(small))}), "usher-bundle.js:2:1")
	f.Add(moduleWith([2]string{jsbuild.MapSection, string(small)}), "usher-bundle.js:2")
	f.Add([]byte("\x00asm\x01\x00\x00\x00\x00\xff\xff\xff\xff\x0f"), "usher-bundle.js:1:1 usher-bundle.js:0:0")
	f.Fuzz(func(t *testing.T, module []byte, text string) {
		s := &jsbuild.Stacks{Module: func(context.Context, string) ([]byte, error) { return module, nil }}
		if got := s.Map(t.Context(), "x", text); !strings.Contains(text, jsbuild.BundleName) && got != text {
			t.Errorf("%q became %q", text, got)
		}
	})
}

func FuzzMapStack(f *testing.F) {
	f.Add([]byte(`{"version":3,"sources":["a.js"],"names":["n"],"mappings":";AAAAA,CCCDD"}`), "usher-bundle.js:2:1")
	f.Add([]byte(`{"version":3,"sections":[{"offset":{"line":0,"column":0},"map":{"version":3,"sources":[],"mappings":"AAAA"}}]}`), "usher-bundle.js:1:1")
	f.Fuzz(func(t *testing.T, sourceMap []byte, text string) {
		jsbuild.MapStack(sourceMap, text)
	})
}
