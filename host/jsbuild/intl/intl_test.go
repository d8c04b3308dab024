package intl_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/usherhost/usher/host/jsbuild/intl"
)

func TestAnActionGetsTheLanguagesAndZonesThatItNames(t *testing.T) {
	t.Parallel()
	all := []string{intl.AllTimeZones}
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
		{name: "a zone that is only known in a run", code: `d.toLocaleString("en-US", { timeZone: event.request.geoip.timeZone })`, zones: all},
		{name: "a zone within a longer string", code: `Temporal.Instant.from("2026-03-29T01:30+01:00[Europe/Vienna]")`, zones: all},
		{name: "a zone of a rule", code: `"DTSTART;TZID=America/New_York:20260101T090000"`, zones: all},
		{name: "a zone in an address", code: `fetch("https://example.com/Europe/Vienna")`},
		{name: "a zone that a type has", code: `Temporal.ZonedDateTime.from(event.user.birth)`, zones: all},
		{name: "a zone without a place", code: `d.toLocaleString("en-US", { timeZone: "EST" })`, zones: all},
		{name: "a word that is a zone too", code: `if (event.user.plan === "MET") {}`},
		{name: "what only looks like a zone", code: `fetch("Content/Type")`},
		{name: "package.json", manifest: `{"usher": {"locales": ["de", "pt-BR"], "timeZones": "all"}}`, locales: []string{"de", "pt"}, zones: all},
		{name: "a list of zones", manifest: `{"usher": {"timeZones": ["Asia/Tokyo"]}}`, zones: []string{"Asia/Tokyo"}},
		{name: "no zones, whatever the code says", code: `{ timeZone: tz }`, manifest: `{"usher": {"timeZones": false}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			need, warnings, err := intl.Find([]byte(tt.code), []byte(tt.manifest))
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

func TestPackageJSONGetsAWarningForWhatDoesNotExist(t *testing.T) {
	t.Parallel()
	need, warnings, err := intl.Find(nil, []byte(`{"usher": {"locales": ["xx"], "timeZones": ["Mars/Olympus"]}}`))
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
	size := func(need intl.Needs) int {
		script, err := need.Script()
		if err != nil {
			t.Fatal(err)
		}
		return len(script)
	}
	one := size(intl.Needs{Locales: []string{"de"}})
	zone := size(intl.Needs{Locales: []string{"de"}, TimeZones: []string{"Europe/Kiev"}})
	all := size(intl.Needs{Locales: []string{"de"}, TimeZones: []string{intl.AllTimeZones}})
	t.Logf("script of German: %d bytes, with one time zone %d, with all %d", one, zone, all)
	if one > 220<<10 || zone < one || all < zone+100<<10 || all > 500<<10 {
		t.Errorf("German %d bytes, with a zone %d, with all %d", one, zone, all)
	}
}
