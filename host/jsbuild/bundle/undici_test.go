package bundle_test

import (
	"slices"
	"strings"
	"testing"
)

func TestUndiciIsTheRuntimesOwn(t *testing.T) {
	t.Parallel()
	b, err := bundleOf(t, nil, actionOf(t, "action.js", map[string]string{
		"action.js":                        `const { request } = require("undici"); exports.onExecutePostUserRegistration = async () => { await request("https://a.example/"); };`,
		"node_modules/undici/index.js":     `require("node:net"); exports.request = () => {};`,
		"node_modules/undici/package.json": `{"name":"undici","version":"6.0.0","main":"index.js"}`,
	}))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b.Code), `require("usher:undici")`) || strings.Contains(string(b.Code), "node:net") || !slices.Contains(b.Builtins, "usher:undici") {
		t.Errorf("code %s\nbuiltins %v", b.Code, b.Builtins)
	}
}

func TestOnlyStandInsImportTheRuntimesOwnModules(t *testing.T) {
	t.Parallel()
	_, err := bundleOf(t, nil, actionOf(t, "action.js", map[string]string{
		"action.js": `require("usher:undici"); exports.onExecutePostUserRegistration = async () => {};`,
	}))
	if err == nil || !strings.Contains(err.Error(), "usher:undici") {
		t.Errorf("error %v", err)
	}
}
