// Package bundle makes one script of an action: it finds what the action's files
// and packages import, checks it, and joins it with esbuild. Its error messages are
// in the author's terms.
//
// [Make] goes through an action ([Source]) in these steps, one file each:
//
//  1. survey.go has esbuild read the author's own files, without packages: what
//     they import and export.
//  2. handler.go checks that they export a handler.
//  3. install.go has the listed packages installed.
//  4. resolve.go answers every import while esbuild joins the files, and describes
//     the order of its steps. load.go reads the files, except those that the code
//     must not read. quirks.go is the table of the packages that need special
//     treatment.
//  5. inventory.go looks at the result: its packages, and its size.
//
// translate.go, unresolved.go and warning.go turn esbuild's messages into ours.
package bundle

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/jsbuild/dist"
	"github.com/usherhost/usher/host/jsbuild/intl"
	"github.com/usherhost/usher/host/jsbuild/npm"
)

// Source is an action as its author wrote it.
type Source struct {
	Name          string                  // of the entry file, as messages name it: "action.js", "index.ts"; "" is "action.js"
	Code          []byte                  // of the entry file
	Dir           string                  // the entry's folder, where relative imports, package.json and node_modules are looked up; "" for code without a folder, such as code from the API
	Dependencies  []host.Dependency       // Auth0's list; nil: Dir's own package.json and node_modules
	SharedModules map[string]SharedModule // that the code may import as "actions:NAME", by name
}

// Bundle is an action and all that it needs in one script.
type Bundle struct {
	Code     []byte              // a script whose value is function (module, exports, require, touch)
	Map      []byte              // its source map (version 3), with the sources' names as the author knows them
	Packages []Package           // the npm packages in it, by name and version
	Forms    []PackageForm       // which build of each package is in it, by name and version
	Builtins []string            // the modules of Node that it requires, without "node:"
	Handlers []string            // the handlers that its author's code names; empty when the code does not show which it exports
	Warnings []host.BuildMessage // about code that may fail in a run
	UsesIntl bool                // it formats with locales: Intl, or toLocaleString and localeCompare with arguments
	Intl     []byte              // a script that adds its languages and time zones to Intl, to be evaluated before Code; nil for none
}

// Package is an npm package in a bundle.
type Package struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// PackageForm says which of a package's builds is in a bundle.
type PackageForm struct {
	Package

	Form string `json:"form"`          // node; or other: for workers and browsers
	Why  string `json:"why,omitempty"` // "" for Node's, unless that was in question
}

// Options is what [Make] works with.
type Options struct {
	Installer Installer               // nil when no source lists packages
	Stage     func(name string) error // is called before each stage, with its name; an error ends the bundling; nil for none
}

// Installer puts packages into a folder. [npm.Packages] is one.
type Installer interface {
	Install(ctx context.Context, all []npm.Requirement) (dir string, err error)
}

// Make resolves, checks and joins an action's modules. An error in them is a
// [*host.BuildFailure]; other errors are the machine's or ctx's.
//
// The bundle calls touch, its fourth argument, with one function for each
// require and import() in the author's own files: calling the function loads
// the module that is imported there.
func Make(ctx context.Context, src Source, o Options) (*Bundle, error) {
	if o.Stage == nil {
		o.Stage = func(string) error { return nil }
	}
	j, err := newJob(src)
	if err != nil {
		return nil, err
	}
	if err := o.Stage("reading the action's code"); err != nil {
		return nil, err
	}
	if err := j.look(ctx); err != nil {
		return nil, err
	}
	if err := j.checkHandler(); err != nil {
		return nil, err
	}
	if err := j.install(ctx, o.Installer); err != nil {
		return nil, err
	}
	if err := o.Stage("bundling the action with its packages"); err != nil {
		return nil, err
	}
	bundle, err := j.join(ctx)
	if err != nil {
		return nil, err
	}
	if err := bundle.nameSecrets(); err != nil {
		return nil, err
	}
	bundle.Handlers = j.handlers()
	if !bundle.UsesIntl {
		return bundle, nil
	}
	return bundle, j.addIntl(bundle)
}

// join makes the bundle. Each pass may show that a package needs its other form, that
// one of a package's imports finds nothing, or that sloppy code needs a script of its
// own: then there is another pass.
func (j *job) join(ctx context.Context) (*Bundle, error) {
	o := j.joinOptions()
	o.Plugins = []api.Plugin{j.plugin()}
	var meta metafile
	var warnings []api.Message
	passes := 0
	r, err := run(ctx, o, func(r api.BuildResult) bool {
		if passes++; passes > maxPasses || j.split != nil {
			return false
		}
		if len(r.Errors) > 0 {
			return j.excuse(r.Errors) || j.revert()
		}
		meta, warnings = metafile{}, r.Warnings
		if json.Unmarshal([]byte(r.Metafile), &meta) != nil {
			return false
		}
		if j.reconsider(meta) {
			return true
		}
		j.split = j.splitOff(meta)
		return j.split != nil
	})
	if err != nil {
		return nil, err
	}
	if len(r.Errors) > 0 {
		return nil, failure(j.messages(r.Errors)...)
	}
	made, err := scriptOf(r)
	if err != nil {
		return nil, err
	}
	if j.split != nil || j.strict(meta) {
		made.code = bytes.Replace(made.code, []byte(banner), []byte(banner+useStrict), 1)
	}
	if j.split != nil {
		if made, err = j.withSloppy(ctx, made, r, &meta); err != nil {
			return nil, err
		}
	}
	return j.finish(made, warnings, meta)
}

// withSloppy adds the script of the sloppy files to the strict one, whose result is r,
// and sets meta to what is in both.
func (j *job) withSloppy(ctx context.Context, strict script, r api.BuildResult, meta *metafile) (script, error) {
	*meta = metafile{}
	if err := json.Unmarshal([]byte(r.Metafile), meta); err != nil {
		return script{}, fmt.Errorf("read esbuild's metafile: %w", err)
	}
	r, err := j.sloppyScript(ctx)
	if err != nil {
		return script{}, err
	}
	if len(r.Errors) > 0 {
		return script{}, failure(j.messages(r.Errors)...)
	}
	var ofSloppy metafile
	if err := json.Unmarshal([]byte(r.Metafile), &ofSloppy); err != nil {
		return script{}, fmt.Errorf("read esbuild's metafile: %w", err)
	}
	sloppy, err := scriptOf(r)
	if err != nil {
		return script{}, err
	}
	return joinScripts(sloppy, strict, meta, ofSloppy)
}

// maxPasses bounds the passes of esbuild over one action.
const maxPasses = 12

// joinOptions are those for a bundle.
func (j *job) joinOptions() api.BuildOptions {
	o := j.options()
	o.Format = api.FormatCommonJS
	o.Platform = api.PlatformNode
	o.Conditions = []string{"module-sync"}
	o.MainFields = []string{"main"}
	o.Supported["dynamic-import"] = false // the runtime's modules come by require
	o.EntryPoints = []string{j.entry}
	o.Sourcemap = api.SourceMapExternal
	o.SourcesContent = api.SourcesContentExclude
	o.MinifyWhitespace = true
	o.KeepNames = true
	o.LegalComments = api.LegalCommentsNone
	o.Banner = map[string]string{"js": banner}
	o.Footer = map[string]string{"js": footer}
	return o
}

// finish makes a bundle of esbuild's output.
func (j *job) finish(made script, warnings []api.Message, meta metafile) (*Bundle, error) {
	b := &Bundle{Code: made.code, Map: made.sourceMap}
	var err error
	if b.Map, err = j.nameSources(b.Map); err != nil {
		return nil, err
	}
	found := j.inventory(meta)
	b.Forms = j.packageForms(found)
	b.Packages, b.Builtins = found.packages, slices.Concat(found.builtins, named(b.Code))
	slices.Sort(b.Builtins)
	b.Builtins = slices.Compact(b.Builtins)
	b.Warnings = slices.Concat(j.warnings(warnings, found.bytes), j.lacking(meta), found.heavy(len(b.Code)))
	b.UsesIntl = formats.Match(b.Code)
	return b, found.limit(len(b.Code))
}

var errNoOutput = errors.New("esbuild wrote no bundle")

// formats finds code that formats with locales. It does not match calls without
// arguments: they use the default locale, which needs no data.
var formats = regexp.MustCompile(`\bIntl\b|\.toLocale(?:Date|Time)?String\([^)\s]|\.localeCompare\([^,()]*(?:\([^()]*\)[^,()]*)*,`)

// generated finds the names of sources that are no files.
var generated = regexp.MustCompile(`^usher-[a-z]+:`)

// nameSources replaces the names of the sources in a map by those that the author
// knows.
func (j *job) nameSources(sourceMap []byte) ([]byte, error) {
	var m sourceMapJSON
	if err := json.Unmarshal(sourceMap, &m); err != nil {
		return nil, fmt.Errorf("read esbuild's source map: %w", err)
	}
	for i, s := range m.Sources {
		m.Sources[i] = j.title(s)
		if _, shared := sharedModuleTitle(s); !shared && generated.MatchString(s) {
			m.Sources[i] = "" // it is not the author's
		}
	}
	return json.Marshal(m)
}

// addIntl adds the languages and time zones that the action needs to its bundle,
// and a warning for each one in its package.json that does not exist.
func (j *job) addIntl(b *Bundle) error {
	var manifest []byte
	if !j.closed() {
		manifest, _ = os.ReadFile(filepath.Join(j.root, "package.json")) // without one, none are listed
	}
	need, warnings, err := intl.Find([]byte(j.authorsCode()), manifest)
	b.Warnings = append(b.Warnings, warnings...)
	need.Names = intl.UsesNames(b.Code)
	if errors.Is(err, dist.ErrNoEngine) || err == nil && need.Empty() {
		return nil
	}
	if err != nil {
		return err
	}
	script, err := need.Script()
	b.Intl = []byte(script)
	return err
}
