package host

// Inspection describes a module before it runs.
type Inspection struct {
	Digest      string    `json:"digest"` // "sha256:" and 64 hex digits
	SizeBytes   int64     `json:"size_bytes"`
	Triggers    []Trigger `json:"triggers"`              // whose entry it exports
	Exports     []string  `json:"exports"`               // functions
	Imports     []Import  `json:"imports"`               // functions
	MemoryBytes int64     `json:"memory_bytes"`          // at start
	Isolation   Isolation `json:"isolation,omitempty"`   // of its runs
	Reasons     []string  `json:"reasons,omitempty"`     // why no faster isolation is possible
	InitRandom  bool      `json:"init_random,omitempty"` // it read random bytes before its snapshot was taken: all runs share them
	WarmedUp    bool      `json:"warmed_up,omitempty"`   // its warm-up export ran before the snapshot was taken
	ImageBytes  int64     `json:"image_bytes,omitempty"` // of the snapshot
	Problems    []Problem `json:"problems,omitempty"`    // why it can't be an action; none when it can
	Warnings    []Problem `json:"warnings,omitempty"`    // what it needs of its settings
}

// Import is one function that a module imports.
type Import struct {
	Module string `json:"module"`
	Name   string `json:"name"`
	Served bool   `json:"served"`
}

// Problem is one reason why a module can't be an action, with a hint.
type Problem struct {
	Detail string `json:"detail"`
	Hint   string `json:"hint,omitempty"`
	Fix    *Fix   `json:"fix,omitempty"` // as in [ResultError]
}
