package jsbuild

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/usherhost/usher/host"
)

// Intl says which languages and time zones an action formats with, beyond the
// English and UTC that every action has. Its zero value adds nothing.
type Intl struct {
	Locales   []string // BCP 47 tags, such as "de" and "pt-BR"
	TimeZones []string // names of the tz database; "all" for all of them

	named []string // zones that the code names: the image holds them unpacked
}

// AllTimeZones in [Intl.TimeZones] stands for every zone.
const AllTimeZones = "all"

// Empty reports whether nothing is to be added.
func (n Intl) Empty() bool { return len(n.Locales) == 0 && len(n.TimeZones) == 0 }

// manifestIntl is what an action's package.json says about Intl, in "usher".
type manifestIntl struct {
	Usher struct {
		Locales   []string        `json:"locales"`
		TimeZones json.RawMessage `json:"timeZones"` // "all", a list of names, or false
	} `json:"usher"`
}

// IntlOf tells what an action needs: what its author's own code names, which
// is the text of code, and what its package.json asks for; manifest may be nil.
// A warning says which of what was asked for is not to be had.
func IntlOf(code, manifest []byte) (Intl, []host.BuildMessage, error) {
	data, err := intlData()
	if err != nil {
		return Intl{}, nil, err
	}
	var asked manifestIntl
	if len(manifest) > 0 && json.Unmarshal(manifest, &asked) != nil {
		asked = manifestIntl{}
	}
	var need Intl
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
func (n Intl) Script() (string, error) {
	data, err := intlData()
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
	b.WriteString("})();\n")
	return b.String(), nil
}

func (a *intlArchive) writeLanguages(b *strings.Builder, tags []string) error {
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

// addIntl adds the languages and time zones that the action needs to its
// bundle, and warnings about what its package.json asks for in vain.
func (j *job) addIntl(b *Bundle) error {
	var manifest []byte
	if !j.closed() {
		manifest, _ = os.ReadFile(filepath.Join(j.root, "package.json")) // none, none asked for
	}
	need, warnings, err := IntlOf(j.authorsCode(), manifest)
	b.Warnings = append(b.Warnings, warnings...)
	if errors.Is(err, ErrNoEngine) || err == nil && need.Empty() {
		return nil
	}
	if err != nil {
		return err
	}
	script, err := need.Script()
	b.Intl = []byte(script)
	return err
}

// authorsCode joins the text of the author's own files.
func (j *job) authorsCode() []byte {
	code := slices.Clone(j.src.Code)
	for _, file := range j.survey.files {
		if file == j.entry {
			continue
		}
		text, _ := os.ReadFile(file) // esbuild has read it, or the build has failed
		code = append(append(code, '\n'), text...)
	}
	return code
}

// quote writes JSON as a JavaScript string.
func quote(text []byte) []byte {
	quoted, _ := json.Marshal(string(text)) // a string always can be
	return quoted
}

// intlArchive is what the set-up step has gathered about languages and zones.
type intlArchive struct {
	files     *zip.Reader
	languages map[string]string // by lower-case tag, as it is spelt
	zones     map[string]bool
	all       zoneFile
}

// zoneFile is the archive's zones.json.
type zoneFile struct {
	Version string          `json:"version"`
	Zones   []string        `json:"zones"` // "name|…"
	Links   []string        `json:"links"` // "name|other name"
	Groups  json.RawMessage `json:"groups"`
	Names   json.RawMessage `json:"names"`
}

var intlData = sync.OnceValues(func() (*intlArchive, error) {
	packed, err := dist.ReadFile("dist/intl.zip")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoEngine
	}
	if err != nil {
		return nil, err
	}
	return openIntl(packed)
})

func openIntl(packed []byte) (*intlArchive, error) {
	files, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		return nil, fmt.Errorf("open the languages that usher embeds: %w", err)
	}
	a := &intlArchive{files: files, languages: map[string]string{}, zones: map[string]bool{}}
	for _, f := range files.File {
		if tag, ok := strings.CutSuffix(path.Base(f.Name), ".json"); ok && path.Dir(f.Name) == "languages" {
			a.languages[strings.ToLower(tag)] = tag
		}
	}
	text, err := a.read("zones.json")
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &a.all); err != nil {
		return nil, fmt.Errorf("read the time zones that usher embeds: %w", err)
	}
	for _, zone := range a.all.Zones {
		name, _, _ := strings.Cut(zone, "|")
		a.zones[name] = true
	}
	for _, link := range a.all.Links {
		_, name, _ := strings.Cut(link, "|")
		a.zones[name] = true
	}
	return a, nil
}

func (a *intlArchive) read(name string) ([]byte, error) {
	f, err := a.files.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read %s of the languages that usher embeds: %w", name, err)
	}
	defer func() { _ = f.Close() }() // nothing was written
	return io.ReadAll(f)
}

// language returns the language that serves a tag: the tag's own, or the
// longest that it begins with; "" when there is none.
func (a *intlArchive) language(tag string) string {
	tag = strings.ToLower(tag)
	switch tag {
	case "zh-tw":
		tag = "zh-hant"
	case "zh-hk", "zh-mo":
		tag = "zh-hant-" + tag[3:]
	}
	for tag != "" {
		if found := a.languages[tag]; found != "" {
			return found
		}
		tag = parent(tag)
	}
	return ""
}

func parent(tag string) string { return tag[:max(strings.LastIndexByte(tag, '-'), 0)] }

// complete returns the languages with those that they are told as differences
// from, in the order in which they must be added.
func (a *intlArchive) complete(tags []string) []string {
	var all []string
	for _, tag := range tags {
		for ; tag != ""; tag = parent(tag) {
			if found := a.languages[strings.ToLower(tag)]; found != "" && found != "en" {
				all = append(all, found)
			}
			if tag == "en" && slices.ContainsFunc(tags, func(t string) bool { return strings.HasPrefix(t, "en-") }) {
				all = append(all, tag)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (a *intlArchive) writeLanguage(b *strings.Builder, tag string) error {
	text, err := a.read("languages/" + tag + ".json")
	if err != nil {
		return err
	}
	categories := []byte("undefined")
	if fn, err := a.read("languages/" + tag + ".js"); err == nil {
		categories = fn
	}
	fmt.Fprintf(b, "usherIntl.addLanguage(Object.assign(JSON.parse(%s), { categories: %s }));\n", quote(text), categories)
	return nil
}

var (
	// A tag with a region is a locale wherever it stands.
	regional = regexp.MustCompile("[\"'`]([a-z]{2,3}(?:-[A-Z][a-z]{3})?-(?:[A-Z]{2}|[0-9]{3}))[\"'`]")
	// A bare language is one only where a locale is expected: "is" and "no" are words too.
	bare = regexp.MustCompile("(?:toLocale\\w*|localeCompare\\([^()]*,|Intl\\.\\w+|[sS]etLocale|getCanonicalLocales|(?i:locales?|lang|language)[\"']?\\s*[:=(])\\s*\\(?\\s*\\[?\\s*[\"'`]([a-z]{2,3}(?:-[A-Z][a-z]{3})?)[\"'`]")
	// Anything quoted that looks like a zone's name.
	zoneLike = regexp.MustCompile("[\"'`]([A-Z][A-Za-z_]+(?:/[A-Za-z0-9_+-]+){1,2})[\"'`]")
	// Code that gives a zone which only a run knows.
	zoneUse = regexp.MustCompile("\\b(?:timeZone\\b|setZone\\b|formatInTimeZone\\b|toZonedTime\\b|fromZonedTime\\b|utcToZonedTime\\b|zonedTimeToUtc\\b)[\"']?\\s*[:=(,]?\\s*(?:[\"'`](?:UTC|Etc/UTC|GMT|utc)[\"'`])?")
)

// named returns the languages that code names.
func (a *intlArchive) named(code []byte) []string {
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

// zonesOf returns the zones that package.json lists, or all when it wants all
// or code formats with any.
func (a *intlArchive) zonesOf(code []byte, asked json.RawMessage) (zones, bad []string) {
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
func (a *intlArchive) namedZones(code []byte) []string {
	var names []string
	for _, m := range zoneLike.FindAllSubmatch(code, -1) {
		if a.zones[string(m[1])] && !universal[string(m[1])] {
			names = append(names, string(m[1]))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// ready lists, in JSON, the zones that the action brings and its code names.
func (a *intlArchive) ready(n Intl) []byte {
	names := []string{}
	for _, name := range n.named {
		if slices.Contains(n.TimeZones, AllTimeZones) || slices.Contains(n.TimeZones, name) {
			names = append(names, name)
		}
	}
	text, _ := json.Marshal(names) // strings always can be
	return text
}

func (a *intlArchive) usesZones(code []byte) bool {
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

// universal are the names of UTC that look like a zone's. English has it anyway.
var universal = map[string]bool{"UTC": true, "GMT": true, "UCT": true, "Etc/UTC": true, "Etc/GMT": true, "Etc/UCT": true}

// cutZones returns the archive's zones.json with no more than what is wanted.
func (a *intlArchive) cutZones(wanted []string) ([]byte, error) {
	if slices.Contains(wanted, AllTimeZones) {
		return a.read("zones.json")
	}
	keep := map[string]bool{}
	cut := a.all
	cut.Zones, cut.Links = nil, nil
	for _, name := range wanted {
		keep[name] = true
	}
	for _, link := range a.all.Links {
		if target, name, _ := strings.Cut(link, "|"); keep[name] {
			keep[target] = true
			cut.Links = append(cut.Links, link)
		}
	}
	for _, zone := range a.all.Zones {
		if name, _, _ := strings.Cut(zone, "|"); keep[name] {
			cut.Zones = append(cut.Zones, zone)
		}
	}
	return json.Marshal(cut)
}
