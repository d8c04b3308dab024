package jsbuild

import "github.com/usherhost/usher/host/child"

// Limit bounds the subprocesses of a builder.
func (b *Builder) Limit(l child.Limits) { b.limits = l }
