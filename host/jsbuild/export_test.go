package jsbuild

import "context"

// BundleOf bundles an action without an engine.
func BundleOf(ctx context.Context, p *Packages, src Source) (*Bundle, error) {
	return (&Builder{Packages: p}).bundle(ctx, src)
}

// SectionFor returns the content of the section for a source map.
var SectionFor = sectionFor
