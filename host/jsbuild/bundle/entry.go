package bundle

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// entrySpace is the namespace of the entry: a generated module that loads the
// action.
const entrySpace = "usher-entry"

// The entry's imports.
const (
	entryAction = "usher:action"
	entryTarget = "usher:target/" // and the number of a target of the survey
)

// touchName is the wrapper's name for touch. It is so unlikely that no action
// declares it.
const touchName = "__usher_touch"

// banner and footer make a bundle the body of a function. They are on lines of their
// own, and esbuild counts these in the source map.
const (
	banner = "(function (module, exports, require, " + touchName + ") {"
	footer = "})"
)

// loadEntry writes the entry: it loads the action, and calls touch with a function
// for each module that the action imports in a run.
//
// It requires a CommonJS action, whose "use strict" then holds for itself and not
// for every package. It re-exports an ES module, which then needs no wrapper of its
// own. With shared modules it requires both, because the module that gives them
// their secrets must be loaded first.
func (j *job) loadEntry(api.OnLoadArgs) (api.OnLoadResult, error) {
	var b strings.Builder
	switch {
	case len(j.src.SharedModules) > 0:
		fmt.Fprintf(&b, "require(%q); module.exports = require(%q);\n", secretsPath, entryAction)
	case j.reexports():
		if j.split != nil && len(j.split.strict) > 0 {
			fmt.Fprintf(&b, "import %q;\n", givePath)
		}
		fmt.Fprintf(&b, "export * from %q;\n", entryAction)
		if slices.Contains(j.survey.exports, "default") {
			fmt.Fprintf(&b, "export { default } from %q;\n", entryAction)
		}
	default:
		fmt.Fprintf(&b, "module.exports = require(%q);\n", entryAction)
	}
	for i, t := range j.survey.targets {
		if t.dynamic {
			fmt.Fprintf(&b, "%s(() => import(%q).catch(() => {}));\n", touchName, entryTarget+fmt.Sprint(i))
		} else {
			fmt.Fprintf(&b, "%s(() => require(%q));\n", touchName, entryTarget+fmt.Sprint(i))
		}
	}
	text := b.String()
	return api.OnLoadResult{Contents: &text}, nil
}

// reexports reports whether the entry is an ES module.
func (j *job) reexports() bool { return j.survey.esm && len(j.src.SharedModules) == 0 }

// useStrict is the directive in front of a bundle all of whose code is strict.
const useStrict = `"use strict";`

// strict reports whether all code of the bundle is strict: the action is an ES
// module, and its packages are ES modules, or CommonJS with the directive. Else the
// bundle of an ES module is made of two scripts: see sloppy.go.
func (j *job) strict(meta metafile) bool {
	if !j.reexports() {
		return false
	}
	for _, out := range meta.Outputs {
		for name, share := range out.Inputs {
			if share.Bytes > 0 && j.sloppy(meta, name) {
				return false
			}
		}
	}
	return true
}

// sloppy reports whether a file is CommonJS without the directive.
func (j *job) sloppy(meta metafile, name string) bool {
	return meta.Inputs[name].Format == "cjs" && !generated.MatchString(name) && !j.opensStrict(name)
}

// strictDirective finds the directive at the beginning of a file, after
// comments.
var strictDirective = regexp.MustCompile(`^(?:#![^\n]*)?(?:\s|//[^\n]*\n|/\*(?s:.*?)\*/)*(?:"use strict"|'use strict')`)

func (j *job) opensStrict(name string) bool {
	code, err := os.ReadFile(filepath.Join(j.root, filepath.FromSlash(name)))
	return err == nil && strictDirective.Match(code)
}
