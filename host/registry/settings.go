package registry

import (
	"context"

	"github.com/usherhost/usher/host"
)

// Settings returns what holds now for a step: its binding's own settings over
// what its version declares. A binding that is gone, or can't be read, leaves
// the step with the settings that it was accepted with.
func (r *Registry) Settings(ctx context.Context, step host.Step) host.Settings {
	b, known, at := r.present.get(step.BindingID)
	if !known {
		var err error
		if b, err = r.Store.Binding(ctx, step.BindingID); err != nil {
			return step.Settings
		}
		r.present.put(b.ID, b, at)
	}
	return b.Settings.Over(step.Declared).Over(host.DefaultSettingsOf(b.Trigger))
}
