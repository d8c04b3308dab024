// Package jsbuild turns JavaScript and TypeScript actions into Wasm modules.
// It knows sources and modules; what runs them is somebody else's business.
package jsbuild

// Builder builds actions.
type Builder struct {
	Packages *Packages // installs lists of dependencies; nil refuses them
}
