package jsbuild

import "context"

// Bundle is an action and all that it needs in one script.
type Bundle struct {
	Code     []byte    // a script whose value is function (module, exports, require, touch)
	Map      []byte    // its source map (version 3), with sources named as the author knows them
	Packages []Package // the npm packages in it, by name and version
	Builtins []string  // the Node modules that it asks require for, without "node:"
	Warnings []Message // what may fail when it runs
	UsesIntl bool      // it formats with locales: Intl, or toLocaleString and localeCompare with arguments
}

// Package is an npm package as it was resolved.
type Package struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// bundle resolves, checks and joins an action's modules. What is wrong with
// them is an [*Error]; other errors are the machine's or ctx's.
func (b *Builder) bundle(ctx context.Context, src Source) (*Bundle, error) {
	return nil, ctx.Err()
}
