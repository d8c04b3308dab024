// Package check runs recorded executions against another version of their action, all
// from their tapes, and reports what differs. How a guest runs from a tape is package
// guest's business, and which version may be deployed the registry's.
package check

import "github.com/usherhost/usher/host"

// Class is a kind of difference.
type Class string

// The classes.
const (
	Missing   Class = "missing"   // an effect that the old version had, and the new one has not
	New       Class = "new"       // an effect that the old version did not have: no tape has its answer
	Changed   Class = "changed"   // an effect with other content
	Reordered Class = "reordered" // an effect at another place in the order
	Fault     Class = "fault"     // it fails, no longer fails, or fails in another way
	Output    Class = "result"    // other output
	Logs      Class = "logs"      // other log lines
)

// classes are all of them, in the order of a report.
var classes = []Class{Missing, New, Changed, Reordered, Fault, Output, Logs}

// Run is what one run of an action did.
type Run struct {
	Result host.Result
	Tape   host.Tape
}

// Difference is one difference between two runs. Old and New are the values in these
// two, as they are: they may hold secrets.
type Difference struct {
	Class  Class
	Target string // the effect: "POST https://api.example.com/users/{}", "cache_set plan"; "" without one
	What   string // "header x-trace added", "body $.items[*].id"
	Old    string
	New    string
}

// Key names the kind of difference on one line, the same for other runs that have it.
func (d Difference) Key() string {
	key := string(d.Class)
	if d.Target != "" {
		key += " " + d.Target
	}
	if d.What != "" {
		key += ": " + d.What
	}
	return key
}
