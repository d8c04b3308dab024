package host

import (
	"slices"
	"time"
)

// ResultQuery selects results in the order in which they were recorded. Zero fields do
// not filter.
type ResultQuery struct {
	After       int64 // a [SeqResult]'s Seq: only later ones
	Trigger     Trigger
	ActionID    string
	ExecutionID string
	UserID      string
	Where       []FieldValue // of their events, all of them: searchable fields
	Failed      bool         // only of attempts that failed
	Level       string       // only with a line of this level or above, and of attempts that failed
	Since       time.Time    // recorded at that time or later
	Until       time.Time    // recorded before
	Limit       int          // 1 to 500; 0 is 50
}

// LogLevels returns the levels of a [Log], the lowest first.
func LogLevels() []string { return []string{"trace", "debug", "info", "warn", "error"} }

// LevelsFrom returns a level and those above it, all for one that is not known.
func LevelsFrom(level string) []string {
	all := LogLevels()
	return all[max(slices.Index(all, level), 0):]
}
