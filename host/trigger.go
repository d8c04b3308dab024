// Package host is the domain of Usher: triggers, events, actions, versions,
// bindings, secrets, executions, results and tapes, and the contracts between
// its services. All other packages use it; it imports the standard library only.
package host

// Trigger names a moment in a registration flow to which actions are bound, in
// Auth0's spelling.
type Trigger string

// PostUserRegistration fires after a user was created.
const PostUserRegistration Trigger = "post-user-registration"

// Triggers lists every trigger that this host serves.
func Triggers() []Trigger { return []Trigger{PostUserRegistration} }

// Valid reports whether t is a trigger that this host serves.
func (t Trigger) Valid() bool { return t == PostUserRegistration }
