package jsbuild

import (
	"context"

	"github.com/usherhost/usher/host/child"
)

// BundleOf bundles an action without an engine.
func BundleOf(ctx context.Context, p *Packages, src Source) (*Bundle, error) {
	return (&Builder{installer: p, stage: quiet}).bundle(ctx, src)
}

// Limit bounds the processes of a builder.
func (b *Builder) Limit(l child.Limits) { b.limits = l }

// SectionFor returns the content of the section for a source map.
var SectionFor = sectionFor

// Fits reports whether an installed version is one that an import asks for.
var Fits = fits

// SpecifierOf takes an import's path apart.
func SpecifierOf(path string) (name, version, sub string) {
	s, _ := specifierOf(path)
	return s.name, s.version, s.sub
}
