package bundle_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/usherhost/usher/host/jsbuild/bundle"
	"github.com/usherhost/usher/host/jsbuild/sourcemap"
)

// thrower is an action whose handler throws, through a package.
func thrower(t *testing.T) *bundle.Bundle {
	t.Helper()
	b, err := bundleOf(t, nil, actionOf(t, "action.ts", map[string]string{
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

func TestTheMapLeadsToTheAuthorsFiles(t *testing.T) {
	t.Parallel()
	b := thrower(t)
	var stack string
	if err := json.Unmarshal([]byte(runInNode(t, b, "return await action.onExecutePostUserRegistration().catch((e) => e.stack)")), &stack); err != nil {
		t.Fatal(err)
	}
	got := sourcemap.Apply(b.Map, stack)
	for _, want := range []string{"TypeError: no\n", "node_modules/thrower/index.js:2:9", "lib/fail.ts:3:22", "action.ts:5:18"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in:\n%s\nbefore:\n%s", want, got, stack)
		}
	}
}
