package jsbuild_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/usherhost/usher/host/internal/jstest"
	"github.com/usherhost/usher/host/jsbuild"
)

func TestAnActionGetsTheLanguagesAndZonesThatItNames(t *testing.T) {
	t.Parallel()
	all := []string{jsbuild.AllTimeZones}
	for _, tt := range []struct {
		name, code, manifest string
		locales, zones       []string
	}{
		{name: "none for plain code", code: `api.user.setAppMetadata("is", "no"); new Date().toLocaleString()`},
		{name: "none for English in UTC", code: `d.toLocaleDateString("en-US", { timeZone: "UTC" })`},
		{name: "a locale with a region", code: `d.toLocaleDateString("de-DE")`, locales: []string{"de"}},
		{name: "a region's own way", code: `const l = 'de-AT';`, locales: []string{"de", "de-AT"}},
		{name: "English of elsewhere", code: `n.toLocaleString("en-GB")`, locales: []string{"en", "en-GB"}},
		{name: "a bare language where one is expected", code: `new Intl.NumberFormat(["fr", "ja"])`, locales: []string{"fr"}},
		{name: "luxon's setter", code: `DateTime.now().setLocale("fr")`, locales: []string{"fr"}},
		{name: "Chinese of Taiwan", code: `"zh-TW"`, locales: []string{"zh", "zh-Hant"}},
		{name: "a zone's name", code: `DateTime.now().setZone("Europe/Berlin")`, zones: all},
		{name: "a zone that a run tells", code: `d.toLocaleString("en-US", { timeZone: event.request.geoip.timeZone })`, zones: all},
		{name: "a zone without a place", code: `d.toLocaleString("en-US", { timeZone: "EST" })`, zones: all},
		{name: "a word that is a zone too", code: `if (event.user.plan === "MET") {}`},
		{name: "what only looks like a zone", code: `fetch("Content/Type")`},
		{name: "package.json", manifest: `{"usher": {"locales": ["de", "pt-BR"], "timeZones": "all"}}`, locales: []string{"de", "pt"}, zones: all},
		{name: "a list of zones", manifest: `{"usher": {"timeZones": ["Asia/Tokyo"]}}`, zones: []string{"Asia/Tokyo"}},
		{name: "no zones, whatever the code says", code: `{ timeZone: tz }`, manifest: `{"usher": {"timeZones": false}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			need, warnings, err := jsbuild.IntlOf([]byte(tt.code), []byte(tt.manifest))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(need.Locales, tt.locales) || !slices.Equal(need.TimeZones, tt.zones) {
				t.Errorf("needs %q and %q, want %q and %q", need.Locales, need.TimeZones, tt.locales, tt.zones)
			}
			if len(warnings) > 0 {
				t.Errorf("warned: %v", warnings)
			}
		})
	}
}

func TestWhatPackageJSONAsksForInVainIsTold(t *testing.T) {
	t.Parallel()
	need, warnings, err := jsbuild.IntlOf(nil, []byte(`{"usher": {"locales": ["xx"], "timeZones": ["Mars/Olympus"]}}`))
	if err != nil {
		t.Fatal(err)
	}
	if !need.Empty() {
		t.Errorf("needs %+v", need)
	}
	if len(warnings) != 2 || !strings.Contains(warnings[0].Text, `"xx"`) || !strings.Contains(warnings[1].Text, `"Mars/Olympus"`) {
		t.Errorf("warnings: %v", warnings)
	}
}

func TestTheScriptBringsWhatIsNeededAndNoMore(t *testing.T) {
	t.Parallel()
	size := func(need jsbuild.Intl) int {
		script, err := need.Script()
		if err != nil {
			t.Fatal(err)
		}
		return len(script)
	}
	one := size(jsbuild.Intl{Locales: []string{"de"}})
	zone := size(jsbuild.Intl{Locales: []string{"de"}, TimeZones: []string{"Europe/Kiev"}})
	all := size(jsbuild.Intl{Locales: []string{"de"}, TimeZones: []string{jsbuild.AllTimeZones}})
	t.Logf("script of German: %d bytes, with one time zone %d, with all %d", one, zone, all)
	if one > 220<<10 || zone < one || all < zone+100<<10 || all > 500<<10 {
		t.Errorf("German %d bytes, with a zone %d, with all %d", one, zone, all)
	}
}

func TestABundleCarriesTheLanguagesOfItsActionAlone(t *testing.T) {
	t.Parallel()
	bundle := func(body string) *jsbuild.Bundle {
		code := "exports.onExecutePostUserRegistration = async (event, api) => {" + body + "};"
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "action.js"), []byte(code), 0o600); err != nil {
			t.Fatal(err)
		}
		b, err := jsbuild.BundleOf(t.Context(), nil, jsbuild.Source{Name: "action.js", Code: []byte(code), Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	plain := bundle(`console.log(new Date().toLocaleString("en-US"))`)
	german := bundle(`console.log(new Date().toLocaleString("de-DE", { timeZone: "Europe/Berlin" }))`)
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

// TestLanguagesAreInTheImageOfWhatStartsFromBytecode measures the fuel that a
// run pays for its languages: evaluating them takes a hundred times as much.
func TestLanguagesAreInTheImageOfWhatStartsFromBytecode(t *testing.T) {
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
