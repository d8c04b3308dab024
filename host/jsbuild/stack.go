package jsbuild

import "context"

// BundleName is the file that an action's stack traces name before they are
// mapped to the author's files.
const BundleName = "usher-bundle.js"

// MapSection is the custom section of a module that carries its source map.
const MapSection = "usher:source-map"

// MapStack replaces every position in a bundle (usher-bundle.js:12:34) in text by
// the author's file, line and column. What the map does not know stays.
func MapStack(sourceMap []byte, text string) string {
	return text
}

// Stacks maps stack traces by the source maps in modules. It is safe for
// concurrent use.
type Stacks struct {
	Module func(ctx context.Context, digest string) ([]byte, error) // returns a module's bytes
	Max    int                                                     // of maps that are kept parsed; 0 is 8
}

// Map maps the positions in text by the source map of the module. Text without
// positions, or from a module without a map, comes back as it is.
func (s *Stacks) Map(ctx context.Context, digest, text string) string {
	return text
}

// sectionFor returns what the section [MapSection] of a module holds for a
// source map.
func sectionFor(sourceMap []byte) []byte {
	return sourceMap
}
