package intl

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
)

var (
	// A tag with a region is a locale anywhere.
	regional = regexp.MustCompile("[\"'`]([a-z]{2,3}(?:-[A-Z][a-z]{3})?-(?:[A-Z]{2}|[0-9]{3}))[\"'`]")
	// A bare language is one only where a locale is expected: "is" and "no" are words too.
	bare = regexp.MustCompile("(?:toLocale\\w*|localeCompare\\([^()]*,|Intl\\.\\w+|[sS]etLocale|getCanonicalLocales|(?i:locales?|lang|language|lng)[\"']?\\s*[:=(])\\s*\\(?\\s*\\[?\\s*[\"'`]([a-z]{2,3}(?:-[A-Z][a-z]{3})?)[\"'`]")
	// Anything that looks like a zone's name, within a string too: "[Europe/Vienna]", "TZID=Asia/Tokyo".
	zoneLike = regexp.MustCompile(`(?:^|[^\w/.-])([A-Z][A-Za-z_]+(?:/[A-Za-z0-9_+-]+){1,2})`)
	// Code that passes a zone which is only known in a run.
	zoneUse = regexp.MustCompile("\\b(?:timeZone\\b|setZone\\b|formatInTimeZone\\b|toZonedTime\\b|fromZonedTime\\b|utcToZonedTime\\b|zonedTimeToUtc\\b|ZonedDateTime\\b|toZonedDateTime(?:ISO)?\\b|withTimeZone\\b|supportedValuesOf\\b)[\"']?\\s*[:=(,]?\\s*(?:[\"'`](?:UTC|Etc/UTC|GMT|utc)[\"'`])?")
)

// named returns the languages that code names.
func (a *archive) named(code []byte) []string {
	var tags []string
	for _, pattern := range []*regexp.Regexp{regional, bare} {
		for _, m := range pattern.FindAllSubmatch(code, -1) {
			found := a.language(string(m[1]))
			if found != "" && string(m[1]) != "en-US" {
				tags = append(tags, found)
			}
		}
	}
	return tags
}

// zonesOf returns the zones that package.json lists, or all of them when it asks
// for all or when code formats with any. Bad are the names of no zone.
func (a *archive) zonesOf(code []byte, asked json.RawMessage) (zones, bad []string) {
	var list []string
	var wanted bool
	switch {
	case json.Unmarshal(asked, &wanted) == nil && string(asked) != "null":
		if wanted {
			return []string{AllTimeZones}, nil
		}
		return nil, nil
	case string(asked) == `"all"`:
		return []string{AllTimeZones}, nil
	case json.Unmarshal(asked, &list) == nil && list != nil:
		for _, name := range list {
			if a.zones[name] {
				zones = append(zones, name)
			} else {
				bad = append(bad, name)
			}
		}
		return zones, bad
	}
	if a.usesZones(code) {
		zones = []string{AllTimeZones}
	}
	return zones, nil
}

// namedZones returns the zones that code names.
func (a *archive) namedZones(code []byte) []string {
	var names []string
	for _, m := range zoneLike.FindAllSubmatch(code, -1) {
		if a.zones[string(m[1])] && !universal[string(m[1])] {
			names = append(names, string(m[1]))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// ready lists, in JSON, the zones that code names among those that are added.
func (a *archive) ready(n Needs) []byte {
	names := []string{}
	for _, name := range n.named {
		if slices.Contains(n.TimeZones, AllTimeZones) || slices.Contains(n.TimeZones, name) {
			names = append(names, name)
		}
	}
	text, _ := json.Marshal(names) // strings can always be encoded
	return text
}

func (a *archive) usesZones(code []byte) bool {
	if len(a.namedZones(code)) > 0 {
		return true
	}
	for _, m := range zoneUse.FindAll(code, -1) {
		if !bytes.HasSuffix(m, []byte{'"'}) && !bytes.HasSuffix(m, []byte{'\''}) && !bytes.HasSuffix(m, []byte{'`'}) {
			return true
		}
	}
	return false
}

// universal are the names of UTC that look like a zone's. Every action has UTC.
var universal = map[string]bool{"UTC": true, "GMT": true, "UCT": true, "Etc/UTC": true, "Etc/GMT": true, "Etc/UCT": true}
