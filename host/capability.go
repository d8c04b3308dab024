package host

// Capabilities is what a version can do, and what its runs have done.
type Capabilities struct {
	ActionID  string    `json:"action_id"`
	VersionID string    `json:"version_id"`
	Number    int       `json:"version"`
	Digest    string    `json:"digest"`
	Triggers  []Trigger `json:"triggers"` // whose entry it exports
	Exports   []string  `json:"exports"`
	Imports   []Import  `json:"imports"`
	Egress    EgressUse `json:"egress"`
	Secrets   SecretUse `json:"secrets"`
	Functions []string  `json:"functions"`  // host functions that it called, in the executions looked at
	Looked    int       `json:"executions"` // how many of its latest executions were looked at
}

// EgressUse lists the origins that a version declares, and those that its runs
// contacted.
type EgressUse struct {
	Mode      EgressMode  `json:"mode,omitempty"` // what its manifest asks for
	Declared  []string    `json:"declared"`       // origins in its manifest
	Contacted []OriginUse `json:"contacted"`      // by all its runs, most requests first
}

// SecretUse lists the secrets that a version declares, and those that its runs
// read.
type SecretUse struct {
	Declared []string `json:"declared"`
	Read     []string `json:"read"` // with secret_get, in the executions looked at; secrets in the event are not counted
}

// EgressReport lists where an action may send requests, which origins it
// contacted, and the allow list that tightening would make.
type EgressReport struct {
	ActionID  string      `json:"action_id"`
	Action    string      `json:"action"`               // name
	BindingID string      `json:"binding_id,omitempty"` // "" when it is not bound: nothing can be tightened then
	VersionID string      `json:"version_id,omitempty"` // that is deployed
	Number    int         `json:"version,omitempty"`
	Mode      EgressMode  `json:"mode"`      // in effect
	Allow     []string    `json:"allow"`     // in effect: the binding's and the version's own
	Declared  []string    `json:"declared"`  // the version's own; tightening leaves them
	Contacted []OriginUse `json:"contacted"` // most requests first
	Tightened []string    `json:"tightened"` // the binding's list after tightening
	LeftOut   []string    `json:"left_out"`  // contacted origins that no list can name: see [OtherOrigins]
}
