package bundle_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usherhost/usher/host/jsbuild/bundle"
)

func TestABundleCarriesTheLanguagesOfItsActionAlone(t *testing.T) {
	t.Parallel()
	of := func(body string) *bundle.Bundle {
		code := "exports.onExecutePostUserRegistration = async (event, api) => {" + body + "};"
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "action.js"), []byte(code), 0o600); err != nil {
			t.Fatal(err)
		}
		b, err := bundleOf(t, nil, bundle.Source{Name: "action.js", Code: []byte(code), Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	plain := of(`console.log(new Date().toLocaleString("en-US"))`)
	german := of(`console.log(new Date().toLocaleString("de-DE", { timeZone: "Europe/Berlin" }))`)
	if len(plain.Code) > 1000 {
		t.Errorf("English takes %d bytes", len(plain.Code))
	}
	if plain.Intl != nil {
		t.Errorf("English brings a script of %d bytes", len(plain.Intl))
	}
	if len(german.Code) > 1000 || len(german.Intl) < 200<<10 || !strings.Contains(string(german.Intl), "Mitteleurop") {
		t.Errorf("German takes %d bytes, and a script of %d", len(german.Code), len(german.Intl))
	}
}
