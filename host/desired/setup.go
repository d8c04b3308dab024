// Package desired is configuration as code: it reads and writes the actions and
// bindings of a host as files, compares a host with them, and makes the host like
// them through the API. It checks the form of the files; the host checks what they
// mean, and builds the code.
//
// # Files
//
// A [Setup] is what a host runs, or what it is to run. In a folder it is
//
//	actions/NAME/action.yaml   a [File]: name, trigger, settings, secrets
//	actions/NAME/action.js     the code, or action.wasm, the module
//	bindings.yaml              what runs on each trigger, in which order
//
// An action.yaml is the same file in the folder that `usher init` begins. It names
// either code, one JavaScript file that the host builds, or a module, which is a
// .wasm file or is built here: from a script, or by the command of its key build.
// [ReadFile] reads one action, [ReadFolder] a setup, and [WriteFolder] writes one.
// The values of secrets are in no file: a [Reference] names a variable of the
// environment or a file, and [Values] reads it, as far as that is allowed.
//
// # The way of a plan
//
// [NewPlan] reads the host through a [Reader] and compares it with the setup:
//
//	Setup ──┐
//	        ├─ NewPlan ─▶ Plan{Steps, Reads, Notes} ─▶ Step.Do ─▶ host
//	host  ──┘
//
// For each action of the setup the plan has a step that creates it, a step that
// changes it, or none, and then a step for the order of each trigger that differs.
// An action is compared as text: its file, rendered from what the host has and from
// what the setup has, and the code. The two renderings are also the diff that people
// read. Deleting needs [Options].Prune; what differs and is left alone is a note.
// Everything that is wrong is found before the first step, and a plan that can't be
// carried out whole is refused. The values that were read from outside of the files
// are listed in Plan.Reads, because they are sent to the host.
//
// [Step.Do] carries a step out through a [Writer]. Steps are done in order, and the
// first failure ends them; a new plan then has the steps that are left. A second
// plan after all steps has none.
package desired

import (
	"github.com/usherhost/usher/host"
)

// Setup is what a host runs, or what it is to run.
type Setup struct {
	Actions []Action

	// Bindings are the order of each trigger, the first to run first. A trigger
	// without an entry is left as it is; one with an empty list runs nothing.
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

	// Undeployed is set when no version has to be deployed.
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

// bindingOf makes the binding of a file from a host's. A display name that is the
// action's name is left out.
func bindingOf(b host.Binding) Binding {
	out := Binding{Action: b.Action, DisplayName: b.DisplayName, Settings: b.Settings}
	if out.DisplayName == b.Action {
		out.DisplayName = ""
	}
	return out
}

// Bindings makes the bindings of a file from a host's.
func Bindings(list []host.Binding) []Binding {
	out := make([]Binding, len(list))
	for i, b := range list {
		out[i] = bindingOf(b)
	}
	return out
}

// Writes is the request for exactly these bindings.
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
