package jsbuild_test

import (
	"testing"

	"github.com/usherhost/usher/host/internal/jstest"
)

// TestPackingALittleCostsLittle packs a few letters, for which tables of 33,000
// numbers are cleared.
func TestPackingALittleCostsLittle(t *testing.T) {
	t.Parallel()
	result, _ := run(t, handling(`
		const { gzipSync, gunzipSync } = require("node:zlib");
		console.log(gunzipSync(gzipSync("Ada, Ada, Ada")).toString());`), jstest.Run{})
	if got := messages(result); got != "Ada, Ada, Ada" {
		t.Errorf("got %q, error %+v", got, result.Error)
	}
	if result.Stats.Fuel > 90_000_000 {
		t.Errorf("it used %d units of fuel", result.Stats.Fuel)
	}
	t.Logf("%d units of fuel", result.Stats.Fuel)
}
