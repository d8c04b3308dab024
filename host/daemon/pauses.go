package daemon

import (
	"context"
	"log/slog"

	"github.com/usherhost/usher/host"
)

// Pauser pauses triggers, and knows what is paused.
type Pauser interface {
	Pause(ctx context.Context, target, reason string) (p host.Pause, paused bool, err error)
	Pauses(ctx context.Context) ([]host.Pause, error)
}

// ReportPauses logs what is paused when the host starts; with all it pauses every trigger
// first.
func ReportPauses(ctx context.Context, pauser Pauser, all bool, log *slog.Logger) error {
	if all {
		for _, trigger := range host.Triggers() {
			if _, _, err := pauser.Pause(ctx, string(trigger), "the host was started with --paused"); err != nil {
				return err
			}
		}
	}
	pauses, err := pauser.Pauses(ctx)
	for i := range pauses {
		p := &pauses[i]
		if p.Action == "" {
			log.Warn("the trigger is paused: none of its actions runs until it is resumed",
				"trigger", p.Trigger, "since", p.At, "reason", p.Reason, "next", "usher resume "+string(p.Trigger))
		} else {
			log.Warn("the action is paused: it does not run until it is resumed",
				"action", p.Action, "since", p.At, "reason", p.Reason, "next", "usher resume "+p.Action)
		}
	}
	return err
}
