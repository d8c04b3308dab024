package bundle_test

import (
	"slices"
	"testing"
)

// TestAnESModuleHasNoModule holds for packages that look whether they are CommonJS, and
// replace what the action exports.
func TestAnESModuleHasNoModule(t *testing.T) {
	t.Parallel()
	b, err := bundleOf(t, nil, actionOf(t, "action.js", map[string]string{
		"action.js": anyHandler + `exports.got = [require("es").form, require("common").form];`,
		"node_modules/es/index.js": `if (typeof module !== "undefined" && typeof exports !== "undefined") { module.exports = exports = form; }
			export const form = typeof module === "object" ? "common" : "es";`,
		"node_modules/es/package.json":     `{"name":"es","version":"1.0.0","type":"module"}`,
		"node_modules/common/index.js":     `exports.form = typeof module === "object" && typeof exports === "object" ? "common" : "es";`,
		"node_modules/common/package.json": `{"name":"common","version":"1.0.0"}`,
	}))
	if err != nil {
		t.Fatal(err)
	}
	if got := runInNode(t, b, "return action.got"); got != `["es","common"]` {
		t.Errorf("got %s", got)
	}
}

// TestTheHandlersThatCodeNames holds for code that spreads something else than exports.
func TestTheHandlersThatCodeNames(t *testing.T) {
	t.Parallel()
	for code, want := range map[string][]string{
		`exports.onExecutePostUserRegistration = async () => [...[1]];`:                                       {"onExecutePostUserRegistration"},
		`const a = Object.assign({}, { b: 1 }); exports.onExecutePostUserRegistration = async () => a;`:       {"onExecutePostUserRegistration"},
		`const more = {}; module.exports = { onExecutePostUserRegistration: async () => {}, ...more };`:       nil,
		`exports.onExecutePostUserRegistration = async () => {}; Object.assign(exports, {});`:                 nil,
		`exports.onExecutePostUserRegistration = async () => {}; exports["on" + "Execute"] = async () => {};`: nil,
	} {
		b, err := bundleOf(t, nil, actionOf(t, "action.js", map[string]string{"action.js": code}))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(b.Handlers, want) {
			t.Errorf("%s names %v, want %v", code, b.Handlers, want)
		}
	}
}
