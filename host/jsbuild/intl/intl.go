// Package intl finds the languages and time zones that an action formats with,
// and writes the script that adds them to its Intl. Every action has English and
// UTC without it.
package intl

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/usherhost/usher/host"
)

// Needs are the languages and time zones that an action formats with, beyond
// English and UTC. The zero value is none.
type Needs struct {
	Locales   []string // BCP 47 tags, such as "de" and "pt-BR"
	TimeZones []string // names of the tz database; "all" for all of them
	Names     bool     // what Intl.DisplayNames gives, in English and in Locales

	named []string // zones that the code names: the snapshot holds them unpacked
}

// AllTimeZones in [Needs.TimeZones] stands for every zone.
const AllTimeZones = "all"

// Empty reports whether there is nothing to add.
func (n Needs) Empty() bool { return len(n.Locales) == 0 && len(n.TimeZones) == 0 && !n.Names }

// settings is the part of an action's package.json about Intl.
type settings struct {
	Usher struct {
		Locales   []string        `json:"locales"`
		TimeZones json.RawMessage `json:"timeZones"` // "all", a list of names, or false
	} `json:"usher"`
}

// Find returns the languages and zones that the author's own code names and that
// its package.json lists; manifest may be nil. There is a warning for each one
// listed that does not exist. The error is [dist.ErrNoEngine] in a binary without
// them.
func Find(code, manifest []byte) (Needs, []host.BuildMessage, error) {
	data, err := embedded()
	if err != nil {
		return Needs{}, nil, err
	}
	var asked settings
	if len(manifest) > 0 && json.Unmarshal(manifest, &asked) != nil {
		asked = settings{}
	}
	var need Needs
	var warnings []host.BuildMessage
	for _, tag := range asked.Usher.Locales {
		if found := data.language(tag); found != "" {
			need.Locales = append(need.Locales, found)
			continue
		}
		warnings = append(warnings, host.BuildMessage{File: "package.json", Text: fmt.Sprintf("there is no locale %q", tag), Hint: `"usher": {"locales": […]} takes tags such as "de" and "pt-BR"`})
	}
	need.Locales = data.complete(append(need.Locales, data.named(code)...))
	zones, bad := data.zonesOf(code, asked.Usher.TimeZones)
	for _, name := range bad {
		warnings = append(warnings, host.BuildMessage{File: "package.json", Text: fmt.Sprintf("there is no time zone %q", name), Hint: `"usher": {"timeZones": …} takes "all" or a list of names such as "Europe/Berlin"`})
	}
	need.TimeZones, need.named = zones, data.namedZones(code)
	return need, warnings, nil
}

// Script returns the script that adds the languages and time zones to Intl.
func (n Needs) Script() (string, error) {
	data, err := embedded()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("(function () {\n")
	if len(n.TimeZones) > 0 {
		zones, err := data.cutZones(n.TimeZones)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "Intl[Symbol.for(\"usher.intl\")].addTimeZones(JSON.parse(%s), %s);\n", quote(zones), data.ready(n))
	}
	if len(n.Locales) > 0 {
		if err := data.writeLanguages(&b, n.Locales); err != nil {
			return "", err
		}
	}
	if n.Names {
		if err := data.writeNames(&b, n.Locales); err != nil {
			return "", err
		}
	}
	b.WriteString("})();\n")
	return b.String(), nil
}

// UsesNames reports whether code, packages included, uses Intl.DisplayNames.
func UsesNames(code []byte) bool { return bytes.Contains(code, []byte("DisplayNames")) }

func (a *archive) writeNames(b *strings.Builder, tags []string) error {
	for _, tag := range slices.Compact(append([]string{"en"}, a.complete(tags)...)) {
		text, err := a.read("names/" + tag + ".json")
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "Intl[Symbol.for(\"usher.intl\")].addNames(JSON.parse(%s));\n", quote(text))
	}
	return nil
}

func (a *archive) writeLanguages(b *strings.Builder, tags []string) error {
	more, err := a.read("more.js")
	if err != nil {
		return err
	}
	b.Write(more)
	for _, tag := range a.complete(tags) {
		if err := a.writeLanguage(b, tag); err != nil {
			return err
		}
	}
	return nil
}

// quote writes JSON as a JavaScript string.
func quote(text []byte) []byte {
	quoted, _ := json.Marshal(string(text)) // a string can always be encoded
	return quoted
}
