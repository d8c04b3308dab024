package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
)

// target is a platform that a release has a binary for.
type target struct{ os, arch string }

// targets are those that a release has.
var targets = []target{{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"}}

var thisMachine = target{runtime.GOOS, runtime.GOARCH}

func (t target) String() string { return t.os + "/" + t.arch }

// targetsOf reads a list such as "linux/amd64,linux/arm64"; "" is all.
func targetsOf(list string) (chosen []target, err error) {
	if list == "" {
		return targets, nil
	}
	for name := range strings.SplitSeq(list, ",") {
		at := slices.IndexFunc(targets, func(t target) bool { return t.String() == name })
		if at < 0 {
			return nil, fmt.Errorf("%q is no platform of a release: %v are", name, targets)
		}
		chosen = append(chosen, targets[at])
	}
	return chosen, nil
}
