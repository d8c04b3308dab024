// Package host is the domain of Usher: triggers, events, actions, versions,
// bindings, secrets, executions, results, decisions and tapes, and the contracts
// between its services. All other packages use it; it imports the standard library
// only.
package host

import (
	"slices"
	"strings"
)

// Trigger names a moment in a registration flow to which actions are bound, in
// Auth0's spelling.
type Trigger string

// The triggers.
const (
	// PostUserRegistration fires after a user was created. Its actions run in the
	// background.
	PostUserRegistration Trigger = "post-user-registration"
	// PreUserRegistration fires before a user is created. Its actions run while the
	// sender waits, and decide whether the user may register.
	PreUserRegistration Trigger = "pre-user-registration"
)

// known is what the host knows of a trigger.
type known struct {
	name    Trigger
	entry   string // the export that serves it
	resume  string // an export of Auth0's for it that may be there and is never called; "" for none
	decides bool   // its actions run in the request and answer allow or deny
}

// triggers has a row for every trigger. Beside it, a trigger has an event in proto and
// an api object in the JavaScript runtime.
var triggers = []known{
	{name: PostUserRegistration, entry: "onExecutePostUserRegistration"},
	{name: PreUserRegistration, entry: "onExecutePreUserRegistration", resume: "onContinuePreUserRegistration", decides: true},
}

// row returns what the host knows of t, the zero value when it does not serve t.
func (t Trigger) row() known {
	for _, k := range triggers {
		if k.name == t {
			return k
		}
	}
	return known{}
}

// Triggers lists every trigger that this host serves, in the order of this list.
func Triggers() []Trigger {
	names := make([]Trigger, len(triggers))
	for i := range triggers {
		names[i] = triggers[i].name
	}
	return names
}

// TriggerNames lists every trigger for an error: "a, b".
func TriggerNames() string {
	names := make([]string, len(triggers))
	for i := range triggers {
		names[i] = string(triggers[i].name)
	}
	return strings.Join(names, ", ")
}

// Entries lists the entry of every trigger, in the order of [Triggers].
func Entries() []string {
	names := make([]string, len(triggers))
	for i := range triggers {
		names[i] = triggers[i].entry
	}
	return names
}

// TriggerOf returns the trigger that an export serves, "" for none.
func TriggerOf(entry string) Trigger {
	for i := range triggers {
		if triggers[i].entry == entry {
			return triggers[i].name
		}
	}
	return ""
}

// TriggersOf returns the triggers whose entry is one of the exports, in the order of
// [Triggers].
func TriggersOf(exports []string) []Trigger {
	var found []Trigger
	for i := range triggers {
		if slices.Contains(exports, triggers[i].entry) {
			found = append(found, triggers[i].name)
		}
	}
	return found
}

// Valid reports whether t is a trigger that this host serves.
func (t Trigger) Valid() bool { return t.Entry() != "" }

// Entry returns the export that a module must have to be bound to t, in Auth0's
// spelling; "" when the host does not serve t.
func (t Trigger) Entry() string { return t.row().entry }

// Resume returns the export with which Auth0 resumes an action of t after a
// redirect, "" for none. An action may have it; this host never calls it.
func (t Trigger) Resume() string { return t.row().resume }

// Decides reports whether the actions of t run in the request and answer allow or
// deny. Such a trigger has no retries and no dead letters.
func (t Trigger) Decides() bool { return t.row().decides }
