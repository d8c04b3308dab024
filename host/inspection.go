package host

// Inspection is what can be told of a module before it runs.
type Inspection struct {
	Digest      string    `json:"digest"` // "sha256:" and 64 hex digits
	SizeBytes   int64     `json:"size_bytes"`
	Triggers    []Trigger `json:"triggers"`              // whose entry it exports
	Exports     []string  `json:"exports"`               // functions
	Imports     []Import  `json:"imports"`               // functions
	MemoryBytes int64     `json:"memory_bytes"`          // at start
	Isolation   Isolation `json:"isolation,omitempty"`   // what its runs get
	Reasons     []string  `json:"reasons,omitempty"`     // why they get no better one
	InitRandom  bool      `json:"init_random,omitempty"` // it took random bytes before its image was made: every run has the same
	WarmedUp    bool      `json:"warmed_up,omitempty"`   // its warm-up export ran before the image was made
	ImageBytes  int64     `json:"image_bytes,omitempty"` // of that image
	Problems    []Problem `json:"problems,omitempty"`    // why it does not fit; none when it does
	Warnings    []Problem `json:"warnings,omitempty"`    // what a module that fits needs of its settings
}

// Import is one function that a module asks of the host.
type Import struct {
	Module string `json:"module"`
	Name   string `json:"name"`
	Served bool   `json:"served"`
}

// Problem is one reason why a module can't be an action, or what it needs to be
// one, with what to do.
type Problem struct {
	Detail string `json:"detail"`
	Hint   string `json:"hint,omitempty"`
	Fix    *Fix   `json:"fix,omitempty"` // as in [ResultError]
}
