package main

import (
	"embed"
	"fmt"

	"github.com/usherhost/usher/host/release"
)

// Notices that the packages should have and do not.
//
//go:embed supplement
var supplement embed.FS

// inside are the parts of packages that have another author than the package, whose
// notices it does not have.
var inside = []struct{ name, license, source, file string }{
	{"QuickJS-NG, in quickjs-wasi", "MIT", "https://github.com/quickjs-ng/quickjs", "quickjs-ng.txt"},
	{"musl, in quickjs-wasi", "MIT", "https://musl.libc.org", "musl.txt"},
	{"Unicode's data, in quickjs-wasi and @formatjs", "Unicode-3.0", "https://cldr.unicode.org", "unicode.txt"},
}

// parts returns these parts as components.
func parts() (list []release.Component, err error) {
	for _, p := range inside {
		text, err := supplement.ReadFile("supplement/" + p.file)
		if err != nil {
			return nil, fmt.Errorf("read the notice of %s: %w", p.name, err)
		}
		list = append(list, release.Component{
			Kind: "part", Name: p.name, License: p.license, Source: p.source, Notices: []release.Notice{{File: p.file, Text: string(text)}},
		})
	}
	return list, nil
}
