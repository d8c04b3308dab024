package intl

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/usherhost/usher/host/jsbuild/dist"
)

// archive holds the languages and zones that package bootstrap collects.
type archive struct {
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

// embedded returns the archive that came with the engine, which it reads once.
func embedded() (*archive, error) {
	if _, err := dist.Intl(); err != nil {
		return nil, err // which may pass
	}
	return opened()
}

var opened = sync.OnceValues(func() (*archive, error) {
	packed, err := dist.Intl()
	if err != nil {
		return nil, err
	}
	return openArchive(packed)
})

func openArchive(packed []byte) (*archive, error) {
	files, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		return nil, fmt.Errorf("open the languages that usher embeds: %w", err)
	}
	a := &archive{files: files, languages: map[string]string{}, zones: map[string]bool{}}
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

func (a *archive) read(name string) ([]byte, error) {
	f, err := a.files.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read %s of the languages that usher embeds: %w", name, err)
	}
	defer func() { _ = f.Close() }() // nothing was written
	return io.ReadAll(f)
}

// language returns the language for a tag: the tag itself, or its longest prefix
// that is a language; "" when there is none.
func (a *archive) language(tag string) string {
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

// complete returns the languages and those from which they are stored as
// differences, in the order in which they must be added.
func (a *archive) complete(tags []string) []string {
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

func (a *archive) writeLanguage(b *strings.Builder, tag string) error {
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

// cutZones returns the archive's zones.json with the wanted zones only.
func (a *archive) cutZones(wanted []string) ([]byte, error) {
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
