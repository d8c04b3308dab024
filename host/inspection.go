package host

// Inspection is what can be told of a module before it runs.
type Inspection struct {
	Digest      string    `json:"digest"` // "sha256:" and 64 hex digits
	SizeBytes   int64     `json:"size_bytes"`
	Triggers    []Trigger `json:"triggers"`           // whose entry it exports
	Exports     []string  `json:"exports"`            // functions
	Imports     []Import  `json:"imports"`            // functions
	MemoryBytes int64     `json:"memory_bytes"`       // at start
	Problems    []Problem `json:"problems,omitempty"` // why it does not fit; none when it does
}

// Import is one function that a module asks of the host.
type Import struct {
	Module string `json:"module"`
	Name   string `json:"name"`
	Served bool   `json:"served"`
}

// Problem is one reason why a module can't be an action, with what to do.
type Problem struct {
	Detail string `json:"detail"`
	Hint   string `json:"hint,omitempty"`
}
