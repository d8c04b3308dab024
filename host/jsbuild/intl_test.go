package jsbuild_test

import (
	"testing"

	"github.com/usherhost/usher/host/internal/jstest"
)

// TestLanguagesAreInTheMemoryOfWhatStartsFromBytecode measures the fuel that a
// run pays for its languages: evaluating them takes a hundred times as much.
func TestLanguagesAreInTheMemoryOfWhatStartsFromBytecode(t *testing.T) {
	t.Parallel()
	const body = `console.log(new Date(0).toLocaleDateString("de-DE", { dateStyle: "full", timeZone: "Europe/Berlin" }));`
	result, _ := run(t, "const began = Date.now();\n"+handling(body), jstest.Run{})
	if got := messages(result); got != "Donnerstag, 1. Januar 1970" {
		t.Errorf("got %q, error %+v", got, result.Error)
	}
	if result.Stats.Fuel > 30_000_000 {
		t.Errorf("the run used %d units of fuel", result.Stats.Fuel)
	}
	t.Logf("%d units of fuel", result.Stats.Fuel)
}
