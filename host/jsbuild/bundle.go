package jsbuild

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/usherhost/usher/host"
)

// Bundle is an action and all that it needs in one script.
type Bundle struct {
	Code     []byte              // a script whose value is function (module, exports, require, touch)
	Map      []byte              // its source map (version 3), with sources named as the author knows them
	Packages []Package           // the npm packages in it, by name and version
	Builtins []string            // the Node modules that it asks require for, without "node:"
	Warnings []host.BuildMessage // what may fail when it runs
	UsesIntl bool                // it formats with locales: Intl, or toLocaleString and localeCompare with arguments
	Intl     []byte              // a script that adds its languages and time zones to Intl, to be evaluated first; nil for none
}

// Package is an npm package as it was resolved.
type Package struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// bundle resolves, checks and joins an action's modules. What is wrong with
// them is a [*host.BuildFailure]; other errors are the machine's or ctx's.
//
// The bundle calls touch, its fourth argument, with one function for each
// require and import() that the author's own files name: calling the function
// loads what they ask for.
func (b *Builder) bundle(ctx context.Context, src Source) (*Bundle, error) {
	j, err := newJob(src)
	if err != nil {
		return nil, err
	}
	if err := b.stage("reading the action's code"); err != nil {
		return nil, err
	}
	if err := j.look(ctx); err != nil {
		return nil, err
	}
	if err := j.checkHandler(); err != nil {
		return nil, err
	}
	if err := j.install(ctx, b.installer); err != nil {
		return nil, err
	}
	if err := b.stage("bundling the action with its packages"); err != nil {
		return nil, err
	}
	bundle, err := j.join(ctx)
	if err != nil || !bundle.UsesIntl {
		return bundle, err
	}
	return bundle, j.addIntl(bundle)
}

// join makes the bundle.
func (j *job) join(ctx context.Context) (*Bundle, error) {
	o := j.options()
	o.Format = api.FormatCommonJS
	o.Platform = api.PlatformBrowser
	o.Conditions = []string{"workerd", "worker", "browser"}
	o.EntryPoints = []string{j.entry}
	o.Plugins = []api.Plugin{j.plugin()}
	o.Sourcemap = api.SourceMapExternal
	o.SourcesContent = api.SourcesContentExclude
	o.MinifyWhitespace = true
	o.MinifySyntax = true
	o.KeepNames = true
	o.LegalComments = api.LegalCommentsNone
	o.Banner = map[string]string{"js": banner}
	o.Footer = map[string]string{"js": footer}
	r, err := run(ctx, o)
	if err != nil {
		return nil, err
	}
	if len(r.Errors) > 0 {
		return nil, &host.BuildFailure{Messages: j.messages(r.Errors)}
	}
	return j.finish(r)
}

// finish makes a bundle of what esbuild wrote.
func (j *job) finish(r api.BuildResult) (*Bundle, error) {
	var meta metafile
	if err := json.Unmarshal([]byte(r.Metafile), &meta); err != nil {
		return nil, fmt.Errorf("read esbuild's account: %w", err)
	}
	b := &Bundle{}
	for _, f := range r.OutputFiles {
		if strings.HasSuffix(f.Path, ".map") {
			b.Map = f.Contents
		} else {
			b.Code = f.Contents
		}
	}
	if b.Code == nil || b.Map == nil {
		return nil, errNoOutput
	}
	if j.strict(meta) {
		b.Code = bytes.Replace(b.Code, []byte(banner), []byte(banner+useStrict), 1)
	}
	var err error
	if b.Map, err = j.nameSources(b.Map); err != nil {
		return nil, err
	}
	found := j.inventory(meta)
	b.Packages, b.Builtins = found.packages, found.builtins
	b.Warnings = slices.Concat(j.warnings(r.Warnings, found.bytes), found.weigh(len(b.Code)), found.tire())
	b.UsesIntl = formats.Match(b.Code)
	return b, found.limit(len(b.Code))
}

// formats finds code that formats with locales. Calls without arguments are
// left out: they ask for the default locale, which needs no data.
var formats = regexp.MustCompile(`\bIntl\b|\.toLocale(?:Date|Time)?String\([^)\s]|\.localeCompare\([^,()]*(?:\([^()]*\)[^,()]*)*,`)

// madeUp finds the sources that no file holds.
var madeUp = regexp.MustCompile(`^usher-[a-z]+:`)

// nameSources gives the sources in a map the names that their author knows.
func (j *job) nameSources(sourceMap []byte) ([]byte, error) {
	var m struct {
		Version  int      `json:"version"`
		Sources  []string `json:"sources"`
		Names    []string `json:"names"`
		Mappings string   `json:"mappings"`
	}
	if err := json.Unmarshal(sourceMap, &m); err != nil {
		return nil, fmt.Errorf("read esbuild's source map: %w", err)
	}
	for i, s := range m.Sources {
		m.Sources[i] = j.title(s)
		if _, sharedModule := sharedModuleTitle(s); !sharedModule && madeUp.MatchString(s) {
			m.Sources[i] = "" // its author knows nothing of it
		}
	}
	return json.Marshal(m)
}

// inventory is what a bundle holds.
type inventory struct {
	packages []Package
	builtins []string
	bytes    map[string]int // of each package's code in the bundle, by its folder
	names    map[string]Package
}

// inventory reads what the bundle holds from esbuild's account. Only what is
// in the bundle counts, not what was left out of it as unused.
func (j *job) inventory(meta metafile) inventory {
	inv := inventory{bytes: map[string]int{}, names: map[string]Package{}}
	for _, out := range meta.Outputs {
		for name, share := range out.Inputs {
			file := filepath.Join(j.root, filepath.FromSlash(name))
			if dir := packageDir(file); dir != "" && share.Bytes > 0 {
				inv.bytes[dir] += share.Bytes
			}
			for _, imp := range meta.Inputs[name].Imports {
				if builtin, ok := builtinOf(imp.Path); ok && imp.External && share.Bytes > 0 {
					inv.builtins = append(inv.builtins, builtin)
				}
			}
		}
	}
	slices.Sort(inv.builtins)
	inv.builtins = slices.Compact(inv.builtins)
	for dir := range inv.bytes {
		p := Package{Name: packageName(dir)}
		if m := j.pkgs.in(dir); m != nil && m.Name != "" {
			p = Package{m.Name, m.Version}
		}
		inv.names[dir] = p
		inv.packages = append(inv.packages, p)
	}
	slices.SortFunc(inv.packages, func(a, b Package) int {
		return strings.Compare(a.Name+"@"+a.Version, b.Name+"@"+b.Version)
	})
	inv.packages = slices.Compact(inv.packages)
	return inv
}
