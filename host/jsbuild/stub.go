package jsbuild

import (
	"fmt"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// What the stub imports.
const (
	stubAction = "usher:action"
	stubTarget = "usher:target/"
)

// touchName is the wrapper's name for touch. It is unlikely enough that no
// action declares it.
const touchName = "__usher_touch"

// banner and footer make a bundle the body of a function. They stand on lines
// of their own, which its source map takes into account.
const (
	banner = "(function (module, exports, require, " + touchName + ") {"
	footer = "})"
)

// loadStub writes the module that loads the action, and tells touch what the
// action will ask for in a run.
//
// A CommonJS action is required: its "use strict" then holds for itself alone,
// and not for every package. An ES module is re-exported, so that it needs no
// wrapper of its own. With shared modules both are required, for what hands them
// their secrets must be there first.
func (j *job) loadStub(api.OnLoadArgs) (api.OnLoadResult, error) {
	var b strings.Builder
	switch {
	case len(j.src.SharedModules) > 0:
		fmt.Fprintf(&b, "require(%q); module.exports = require(%q);\n", secretsPath, stubAction)
	case j.reexports():
		fmt.Fprintf(&b, "export * from %q;\n", stubAction)
		if slices.Contains(j.survey.exports, "default") {
			fmt.Fprintf(&b, "export { default } from %q;\n", stubAction)
		}
	default:
		fmt.Fprintf(&b, "module.exports = require(%q);\n", stubAction)
	}
	for i, t := range j.survey.targets {
		if t.dynamic {
			fmt.Fprintf(&b, "%s(() => import(%q).catch(() => {}));\n", touchName, stubTarget+fmt.Sprint(i))
		} else {
			fmt.Fprintf(&b, "%s(() => require(%q));\n", touchName, stubTarget+fmt.Sprint(i))
		}
	}
	text := b.String()
	return api.OnLoadResult{Contents: &text}, nil
}

// reexports reports whether the stub is an ES module.
func (j *job) reexports() bool { return j.survey.esm && len(j.src.SharedModules) == 0 }
