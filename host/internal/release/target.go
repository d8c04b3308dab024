package main

// target is a platform that a release has a binary for.
type target struct{ os, arch string }

// targets are those that a release has.
var targets = []target{{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"}}

func (t target) String() string { return t.os + "/" + t.arch }
