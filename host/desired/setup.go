// Package desired keeps a host's actions and bindings as files: it reads and
// writes a folder of them, tells what it takes to make a host like the folder,
// and does that through the API's client. What the files say is checked by the
// host; this package checks their form alone.
package desired

import (
	"github.com/usherhost/usher/host"
)

// Setup is what a host runs, or what it is to run.
type Setup struct {
	Actions []Action

	// Bindings are the order of each trigger, the first to run first. A trigger
	// that is missing is left as it is; one with an empty list runs nothing.
	Bindings map[host.Trigger][]Binding
}

// Action is one action: built from a source, or from a module that was
// uploaded, or neither, when it has no version yet.
type Action struct {
	Name    string
	Trigger host.Trigger

	// Secrets are all that it has, by name. While the host lacks the value of
	// one with an empty reference, the action is not deployed.
	Secrets map[string]Reference

	Source *host.Source // of its shared modules, name and number count

	Module   []byte
	Digest   string        // of Module; it may stand for one that is not read
	Manifest host.Manifest // of Module

	// Undeployed says that nothing needs to run of it yet.
	Undeployed bool
}

// Binding is one place in the order of a trigger.
type Binding struct {
	Action      string        `json:"action"` // name
	DisplayName string        `json:"display_name,omitempty"`
	Settings    host.Settings `json:"settings,omitzero"`

	// KeepSettings leaves the settings of a binding that the host has as they
	// are.
	KeepSettings bool `json:"-"`
}

// bindingOf makes of a host's binding what a file says. A display name that is
// the action's is none of its own.
func bindingOf(b host.Binding) Binding {
	out := Binding{Action: b.Action, DisplayName: b.DisplayName, Settings: b.Settings}
	if out.DisplayName == b.Action {
		out.DisplayName = ""
	}
	return out
}

// Bindings makes of a host's bindings what a file says.
func Bindings(list []host.Binding) []Binding {
	out := make([]Binding, len(list))
	for i, b := range list {
		out[i] = bindingOf(b)
	}
	return out
}

// Writes asks the host for exactly these bindings.
func Writes(list []Binding) []host.BindingWrite {
	out := make([]host.BindingWrite, len(list))
	for i, b := range list {
		name := b.DisplayName
		if name == "" {
			name = b.Action
		}
		out[i] = host.BindingWrite{Action: b.Action, DisplayName: &name, Settings: &b.Settings}
	}
	return out
}
