package jsbuild

import (
	"os"
	"path/filepath"
	"regexp"
)

// useStrict is the directive in front of a bundle all of whose code is strict.
const useStrict = `"use strict";`

// strict reports whether the action is an ES module, which is strict code, and
// so is everything that it is bundled with: ES modules, and CommonJS that says
// so. One file of CommonJS that does not leaves the bundle sloppy, as all of it
// shares one scope and strictness can't be taken back within.
func (j *job) strict(meta metafile) bool {
	if !j.reexports() {
		return false
	}
	for _, out := range meta.Outputs {
		for name, share := range out.Inputs {
			if share.Bytes > 0 && meta.Inputs[name].Format == "cjs" && !madeUp.MatchString(name) && !j.opensStrict(name) {
				return false
			}
		}
	}
	return true
}

// strictDirective finds the directive at the beginning of a file, after
// comments.
var strictDirective = regexp.MustCompile(`^(?:#![^\n]*)?(?:\s|//[^\n]*\n|/\*(?s:.*?)\*/)*(?:"use strict"|'use strict')`)

func (j *job) opensStrict(name string) bool {
	code, err := os.ReadFile(filepath.Join(j.root, filepath.FromSlash(name)))
	return err == nil && strictDirective.Match(code)
}
