package jsbuild

import (
	"context"

	"github.com/evanw/esbuild/pkg/api"
)

// supplement is code that stands in front of an action which asks for it.
type supplement struct {
	path   string     // the stub imports this, before the action
	plugin api.Plugin // finds and loads it
}

// supplements are asked, in turn, what a bundle needs in front of it. What
// needs nothing costs nothing: only then is the action joined a second time.
var supplements = []func(j *job, b *Bundle) (supplement, bool, error){(*job).offerIntl}

// supplement joins the action again with what its bundle asks for.
func (j *job) supplement(ctx context.Context, b *Bundle) (*Bundle, error) {
	var with []supplement
	for _, offer := range supplements {
		s, ok, err := offer(j, b)
		if err != nil {
			return nil, err
		}
		if ok {
			with = append(with, s)
		}
	}
	if with == nil {
		return b, nil
	}
	joined, err := j.join(ctx, with)
	if err == nil {
		joined.Warnings = b.Warnings // which offers may have added to
	}
	return joined, err
}
