package bundle_test

import (
	"slices"
	"testing"

	"github.com/usherhost/usher/host/jsbuild/bundle"
	"github.com/usherhost/usher/host/jsbuild/npm"
)

// TestRealPackagesAreBundled takes what most actions need from npm, as it is.
func TestRealPackagesAreBundled(t *testing.T) {
	t.Parallel()
	p := &npm.Packages{CacheDir: t.TempDir(), Log: func(line string) { t.Log(line) }}
	b, err := bundleOf(t, p, bundle.Source{
		Name: "action.js",
		Code: []byte(`
			const { IncomingWebhook } = require("@slack/webhook");
			exports.onExecutePostUserRegistration = async () => [typeof require("axios").post, typeof require("axios@1.21.1").create, typeof IncomingWebhook];`),
		Dependencies: deps("axios@1.21.1", "@slack/webhook@8.0.2"),
	})
	if err != nil {
		t.Fatal(err)
	}
	got, want := runInNode(t, b, "return await action.onExecutePostUserRegistration()"), `["function","function","function"]`
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, want := range []bundle.Package{{Name: "axios", Version: "1.21.1"}, {Name: "@slack/webhook", Version: "8.0.2"}} {
		if !slices.Contains(b.Packages, want) {
			t.Errorf("no %v among %v", want, b.Packages)
		}
	}
	if len(b.Code) > 450<<10 || len(b.Warnings) > 0 {
		t.Errorf("%d bytes of code, warnings: %v", len(b.Code), b.Warnings)
	}
}
