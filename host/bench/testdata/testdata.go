// Package testdata embeds the small guests. ../guests/build makes them.
package testdata

import "embed"

// Small has the guests that are committed.
//
//go:embed *.wasm
var Small embed.FS
