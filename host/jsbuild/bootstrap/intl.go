package bootstrap

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// makeIntl writes the archive of what builds add to an action's Intl, from npm packages
// that hold the data of Unicode and of the tz database: more.js (a script that defines the
// variable usherIntl), zones.json, and for each language languages/TAG.json,
// names/TAG.json and, for those without a parent, languages/TAG.js: the function that
// returns a number's plural category.
func (m *maker) makeIntl(ctx context.Context) error {
	l := locales{filepath.Join(m.runtime, "node_modules")}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	a := archiver{locales: l, add: func(name, text string) error {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		return errors.Join(err, ctx.Err())
	}}
	if err := a.all(m.runtime); err != nil {
		return fmt.Errorf("collect languages and time zones: %w", err)
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("write intl.zip: %w", err)
	}
	return m.write("intl.zip", b.Bytes())
}

// archiver collects the files of the archive.
type archiver struct {
	locales
	add   func(name, text string) error
	glues *object
	zones []string // one of each group: see partition
	above []tagged // the languages that the last one belongs to
}

// tagged is what the archive has for a tag.
type tagged struct {
	tag         string
	data, names *object
}

func (a *archiver) all(runtime string) error {
	text, err := os.ReadFile(filepath.Join(runtime, "glues.json"))
	if err != nil {
		return err
	}
	glues, err := (&parser{text: text}).value()
	if err != nil {
		return err
	}
	a.glues, _ = glues.(*object)
	more, err := bundleMore(runtime)
	if err != nil {
		return err
	}
	if err := a.add("more.js", more); err != nil {
		return err
	}
	if err := a.addZones(); err != nil {
		return err
	}
	tags, err := a.tags()
	if err != nil {
		return err
	}
	for _, tag := range tags {
		if err := a.addLanguage(tag); err != nil {
			return err
		}
	}
	return nil
}

// addLanguage adds the files of a tag; the languages that it belongs to came before.
func (a *archiver) addLanguage(tag string) error {
	data, plurals, err := a.language(tag, a.zones, a.glues)
	if err != nil {
		return err
	}
	names, err := a.names(tag)
	if err != nil {
		return err
	}
	for len(a.above) > 0 && !strings.HasPrefix(tag, a.above[len(a.above)-1].tag+"-") {
		a.above = a.above[:len(a.above)-1]
	}
	head := newObject().set("tag", tag)
	file := func(base func(tagged) *object, own *object) string {
		if len(a.above) == 0 {
			return stringify(newObject().with(head).with(own))
		}
		parent := a.above[len(a.above)-1]
		f := newObject().with(head).set("parent", parent.tag)
		if d, ok := difference(base(parent), own).(*object); ok {
			f.with(d)
		}
		return stringify(f)
	}
	err = errors.Join(
		a.add("languages/"+tag+".json", file(func(t tagged) *object { return t.data }, data)),
		a.add("names/"+tag+".json", file(func(t tagged) *object { return t.names }, names)),
	)
	if err == nil && len(a.above) == 0 {
		err = a.add("languages/"+tag+".js", string(plurals))
	}
	a.above = append(a.above, tagged{tag, data, names})
	return err
}

// bundleMore bundles what adds languages to Intl.
func bundleMore(runtime string) (string, error) {
	root, err := filepath.Abs(runtime)
	if err != nil {
		return "", err
	}
	built := api.Build(api.BuildOptions{
		EntryPoints:       []string{filepath.Join(root, "src", "intl", "more.js")},
		AbsWorkingDir:     root,
		Bundle:            true,
		MinifyWhitespace:  true,
		MinifySyntax:      true,
		MinifyIdentifiers: true,
		Format:            api.FormatIIFE,
		Alias:             map[string]string{"@formatjs/intl-localematcher": filepath.Join(root, "src", "intl", "matcher.js")},
		GlobalName:        "usherIntl",
		Target:            api.ES2023,
		LegalComments:     api.LegalCommentsNone,
		LogLevel:          api.LogLevelSilent,
	})
	if len(built.Errors) > 0 {
		return "", errors.New("bundle more.js: " + built.Errors[0].Text)
	}
	return string(built.OutputFiles[0].Contents), nil
}

// addZones adds the time zones, and their names in English.
func (a *archiver) addZones() error {
	text, err := os.ReadFile(filepath.Join(a.modules, "moment-timezone", "data", "packed", "latest.json"))
	if err != nil {
		return err
	}
	var tz struct {
		Version      string
		Zones, Links []string
	}
	if err := json.Unmarshal(text, &tz); err != nil {
		return fmt.Errorf("read the time zones: %w", err)
	}
	groups, err := a.partition()
	if err != nil {
		return err
	}
	english, _, err := a.language("en", a.zones, a.glues)
	if err != nil {
		return err
	}
	zones, links := make([]any, len(tz.Zones)), make([]any, len(tz.Links))
	for i, entry := range tz.Zones {
		if zones[i], err = upTo2037(entry); err != nil {
			return err
		}
	}
	ofTargets := newObject() // CLDR keeps to a zone's oldest name: others get its group
	for i, link := range tz.Links {
		links[i] = link
		if target, name, _ := strings.Cut(link, "|"); !groups.has(target) && groups.has(name) {
			ofTargets.set(target, groups.get(name))
		}
	}
	return a.add("zones.json", stringify(newObject().set("version", tz.Version).set("zones", zones).set("links", links).
		set("groups", groups.with(ofTargets)).set("names", english.object("dates").get("zones"))))
}
