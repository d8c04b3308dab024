package daemon

import (
	"context"
	"errors"
	"fmt"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/check"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/tape"
)

// TapeStore reads sealed tapes.
type TapeStore interface {
	Tape(ctx context.Context, executionID string, step, attempt int) ([]byte, error)
}

// Tapes opens the tapes of a store. It implements [check.Tapes].
type Tapes struct {
	Store TapeStore
	Box   host.Box
}

// Tape returns the tape of an attempt.
func (t Tapes) Tape(ctx context.Context, executionID string, step, attempt int) (host.Tape, error) {
	sealed, err := t.Store.Tape(ctx, executionID, step, attempt)
	if err != nil {
		return host.Tape{}, err
	}
	plaintext, err := t.Box.Open(sealed, host.TapePlace(executionID, step, attempt))
	if err != nil {
		return host.Tape{}, fmt.Errorf("open the tape of execution %s: %w", executionID, err)
	}
	return tape.Decode(plaintext)
}

// Player plays runs for checks. It implements [check.Player].
type Player struct{ Runner *guest.Runner }

// Play implements [check.Player].
func (p Player) Play(ctx context.Context, run check.Playing, from *host.Tape, outside check.Outside) (check.Run, error) {
	result, played, err := p.runner(&run).Play(ctx, runOf(&run), from, outside)
	return check.Run{Result: result, Tape: played}, err
}

// Replay implements [check.Player].
func (p Player) Replay(ctx context.Context, run check.Playing, recorded *check.Run) (string, error) {
	replayed, err := p.runner(&run).Replay(ctx, runOf(&run), &guest.Recorded{
		Result: recorded.Result, Tape: recorded.Tape, Digest: run.Step.Digest,
	}, nil)
	if refused, ok := errors.AsType[*host.Error](err); ok {
		return refused.Text, nil
	}
	if err != nil || replayed.Divergence == nil {
		return "", err
	}
	return fmt.Sprintf("%s, call %d", replayed.Divergence.Part, replayed.Divergence.Ordinal), nil
}

func runOf(p *check.Playing) guest.Run {
	return guest.Run{ExecutionID: p.ExecutionID, Index: p.Index, Attempt: p.Attempt, Step: p.Step, Event: p.Event}
}

// runner returns what runs p: the host's runner, with p's module if it is not stored.
func (p Player) runner(run *check.Playing) *guest.Runner {
	if run.Module == nil {
		return p.Runner
	}
	r := *p.Runner
	r.Modules = oneModule(run.Module)
	return &r
}

// oneModule is a module in place of the stored ones.
type oneModule []byte

func (m oneModule) Module(context.Context, string) ([]byte, error) { return m, nil }
