package jsbuild_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/internal/jstest"
	"github.com/usherhost/usher/host/jsbuild/bundle"
)

// TestAProfileOfCodeHasItsLines profiles an action that computes in its own loop, in a
// package's and in native code.
func TestAProfileOfCodeHasItsLines(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	folder := filepath.Join(dir, "node_modules", "sums")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	const sums = "exports.sum = function sum(n) {\n  let s = 0;\n  for (let i = 0; i < n; i++) {\n    s = (s + i) % 7;\n  }\n  return s;\n};\n"
	if err := os.WriteFile(filepath.Join(folder, "index.js"), []byte(sums), 0o644); err != nil {
		t.Fatal(err)
	}
	const code = `const { sum } = require("sums");
async function heavy() {
  await null;
  return sum(200000);
}
exports.onExecutePostUserRegistration = async function handler() {
  await heavy();
  "x".repeat(1e5).split("").reverse().join("");
};
`
	kit := jstest.Shared(t)
	built, err := kit.Builder.Build(t.Context(), bundle.Source{Name: "action.js", Code: []byte(code), Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	profile := func() (host.Result, []guest.Spot) {
		result, spots, err := kit.ProfileCode(t.Context(), built.Module)
		if err != nil {
			t.Fatal(err)
		}
		return result, spots
	}
	result, spots := profile()
	if !result.Succeeded {
		t.Fatalf("error %+v", result.Error)
	}
	total, ofPackage, ofNative := int64(0), int64(0), int64(0)
	for _, s := range spots {
		total += s.Fuel
		switch stack := strings.Join(s.Stack, " "); {
		case strings.HasPrefix(stack, "sum (node_modules/sums/index.js:") && strings.Contains(stack, " heavy (action.js:4:") && strings.Contains(stack, "async handler (action.js:7:"):
			ofPackage += s.Fuel
		case strings.HasPrefix(stack, "handler (action.js:8:"):
			ofNative += s.Fuel
		}
	}
	if total != result.Stats.Fuel {
		t.Errorf("the spots have %d units of fuel, the run %d", total, result.Stats.Fuel)
	}
	if 10*ofPackage < total || 10*ofNative < total || 10*(ofPackage+ofNative) < 9*total {
		t.Errorf("of %d units the package has %d, native code %d: %v", total, ofPackage, ofNative, spots[:min(len(spots), 5)])
	}
	if _, again := profile(); !reflect.DeepEqual(spots, again) {
		t.Error("two profiles of one run differ")
	}
}
