package check

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/usherhost/usher/host"
)

// tally adds up what the check of each run found.
type tally struct {
	compared, same, injected int
	control, found           groups
	faults                   faultGroups
	skipped                  map[string]*host.CheckSkipped
	fuel, time               host.CheckCost
	olds                     map[int]string // digests by version
}

func (t *tally) add(j *job, o *outcome) {
	if o.skipped != "" {
		if t.skipped == nil {
			t.skipped = map[string]*host.CheckSkipped{}
		}
		if t.skipped[o.skipped] == nil {
			t.skipped[o.skipped] = &host.CheckSkipped{Reason: o.skipped, Example: j.execution.ID}
		}
		t.skipped[o.skipped].Runs++
		return
	}
	if t.olds == nil {
		t.olds = map[int]string{}
	}
	t.olds[j.plan().Number] = j.plan().Digest
	t.compared++
	t.injected += o.injected
	t.control.add(j.place(), o.control, o.secrets)
	t.found.add(j.place(), o.found, o.secrets)
	t.faults.add(j.place(), o.faults, o.secrets)
	if len(o.found) == 0 && len(o.faults) == 0 {
		t.same++
	}
	addCost(&t.fuel, o.fuel[0], o.fuel[1])
	addCost(&t.time, o.time[0], o.time[1])
}

// report is what the check found.
func (k *checking) report() host.CheckReport {
	t := &k.tally
	r := host.CheckReport{
		Action: k.action.Name, Old: t.old(), New: host.CheckSide{Version: k.version.Number, Digest: k.version.Digest, Name: k.name},
		Compared: t.compared, Same: t.same, Injected: t.injected, Fuel: t.fuel, Micros: t.time,
		Skipped: []host.CheckSkipped{}, Control: t.control.list(&allowances{}), Groups: t.found.list(&k.allow), Faults: t.faults.list(&k.allow),
	}
	for _, s := range t.skipped {
		r.Skipped = append(r.Skipped, *s)
	}
	slices.SortFunc(r.Skipped, func(a, b host.CheckSkipped) int {
		return cmp.Or(cmp.Compare(b.Runs, a.Runs), cmp.Compare(a.Reason, b.Reason))
	})
	r.Unused = k.allow.unused()
	r.Passed = len(r.Control) == 0 &&
		!slices.ContainsFunc(r.Groups, func(g host.CheckGroup) bool { return g.Allowed == "" }) &&
		!slices.ContainsFunc(r.Faults, func(f host.CheckFault) bool { return f.Allowed == "" })
	switch {
	case k.query.Faults:
		r.Gate = "a fault campaign compares no versions"
	case k.query.Failures:
		r.Gate = "only failed runs were compared"
	case t.compared == 0 && (len(t.skipped) > 0 || !k.query.Since.IsZero()):
		r.Gate = "no run was compared"
	case k.full && t.compared < leastForGate:
		r.Gate = fmt.Sprintf("only %d runs were selected, and there are more", t.compared)
	}
	return r
}

// leastForGate is how many runs a check must compare to count for require_check, if there
// are so many.
const leastForGate = 100

// old names the versions that the runs were recorded with.
func (t *tally) old() host.CheckSide {
	numbers := make([]int, 0, len(t.olds))
	for n := range t.olds {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	switch len(numbers) {
	case 0:
		return host.CheckSide{Name: "no version"}
	case 1:
		return host.CheckSide{Version: numbers[0], Digest: t.olds[numbers[0]], Name: fmt.Sprintf("version %d", numbers[0])}
	}
	return host.CheckSide{Name: fmt.Sprintf("versions %d to %d", numbers[0], numbers[len(numbers)-1])}
}
