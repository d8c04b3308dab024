package sandbox

import (
	"context"
	"errors"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox/extism"
)

// TestAnErrorOfUnknownWordsIsATrapOfTheGuest is the fallback for errors of the
// engine that are worded otherwise than expected: see host/docs/upstream-internals.md.
func TestAnErrorOfUnknownWordsIsATrapOfTheGuest(t *testing.T) {
	t.Parallel()
	limits := host.DefaultSettings().Limits
	c := &Call{limits: &limits, buffer: extism.NewHostKernel(nil, &limits)}
	f := c.explain(errors.New("something new\nat frame 1"))
	if f.Kind != host.FaultGuest || f.Message != "trapped: something new\nat frame 1" || f.Trap == "" || f.Stack != "" {
		t.Errorf("fault %+v", f)
	}
	if f := c.explain(context.DeadlineExceeded); f.Kind != host.FaultLimit || f.Limit != "timeout_ms" {
		t.Errorf("fault %+v", f)
	}
}
