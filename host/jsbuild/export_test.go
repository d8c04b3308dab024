package jsbuild

import "context"

// BundleOf bundles an action without an engine.
func BundleOf(ctx context.Context, p *Packages, src Source) (*Bundle, error) {
	return (&Builder{Packages: p}).bundle(ctx, src)
}

// SectionFor returns the content of the section for a source map.
var SectionFor = sectionFor

// Fits reports whether an installed version is one that an import asks for.
var Fits = fits

// SpecifierOf takes an import's path apart.
func SpecifierOf(path string) (name, version, sub string) {
	s, _ := specifierOf(path)
	return s.name, s.version, s.sub
}
