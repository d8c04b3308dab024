package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// tally is what the runs of an action came to.
type tally struct {
	runs   int
	faults map[string]int
	took   []time.Duration
	wrong  string // the first that came out otherwise than it must
}

// report prints what everything came to, and returns an error when a promise is
// broken.
func (s *soak) report(p *pressure) error {
	tallies := map[*action]*tally{}
	var alone, beside, began []time.Duration
	for _, r := range s.sent {
		t := tallies[r.action]
		if t == nil {
			t = &tally{faults: map[string]int{}}
			tallies[r.action] = t
		}
		t.add(r)
		switch {
		case r.action.hostile() || r.unmeasured || len(r.Results) == 0:
		case r.alone:
			alone = append(alone, took(r))
		default:
			beside = append(beside, took(r))
			began = append(began, r.Results[len(r.Results)-1].StartedAt.Sub(r.CreatedAt))
		}
	}
	wrong := s.printTable(tallies)
	before, after := percentile(alone, 99), percentile(beside, 99)
	hostBytes, allBytes := s.memory.most()
	p.mu.Lock()
	defer p.mu.Unlock()
	limit := s.memoryBytes + s.memoryBytes/5
	fmt.Printf("\n%d events were accepted, and none was lost\n", len(s.sent))
	fmt.Printf("%d bombs were compiled; uploads beside them took %v at most\n", p.bombs, percentile(p.uploads, 100).Round(time.Millisecond))
	ok := verdict(wrong == 0, "%d actions came out otherwise than they must", wrong)
	ok = verdict(allBytes <= limit, "the host held %d MiB at most, with subprocesses %d MiB (limit %d MiB)", hostBytes>>20, allBytes>>20, limit>>20) && ok
	times := float64(after) / max(float64(before), 1)
	ok = verdict(s.slower == 0 || times <= s.slower, "good actions took %v alone and %v beside hostile ones at the 99th percentile: %.1f times (limit %.1f; 0 is none)",
		before.Round(time.Millisecond), after.Round(time.Millisecond), times, s.slower) && ok
	fmt.Printf("       (half of them within %v alone and %v beside; beside they began after %v, at the 99th percentile %v)\n",
		percentile(alone, 50).Round(time.Millisecond), percentile(beside, 50).Round(time.Millisecond),
		percentile(began, 50).Round(time.Millisecond), percentile(began, 99).Round(time.Millisecond))
	if !ok {
		return errMissed
	}
	return nil
}

// took is how long after its accept an action had ended.
func took(r *run1) time.Duration {
	return r.Results[len(r.Results)-1].EndedAt.Sub(r.CreatedAt)
}

func (t *tally) add(r *run1) {
	t.runs++
	if len(r.Results) == 0 {
		t.wrong = "no result: " + r.id
		return
	}
	last := r.Results[len(r.Results)-1]
	fault := faultOf(last)
	t.faults[fault]++
	t.took = append(t.took, took(r))
	switch {
	case t.wrong != "":
	case r.action.hostile() && !slices.Contains(r.action.want, fault), !r.action.hostile() && fault != succeeded:
		t.wrong = fmt.Sprintf("%s: %s", r.id, fault)
		if last.Error != nil {
			t.wrong += " " + firstBytes(last.Error.Message)
		}
	case !bytes.Contains(last.Output, []byte(r.action.output)):
		t.wrong = fmt.Sprintf("%s: it got another's answer: %s", r.id, firstBytes(string(last.Output)))
	}
}

func firstBytes(text string) string {
	return fmt.Sprintf("%.120q", text)
}

// printTable prints a line for each action and returns how many came out wrong.
func (s *soak) printTable(tallies map[*action]*tally) (wrong int) {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\naction\twhat it does\truns\tmust end with\tended with\tp50\tp99\t")
	for _, a := range append(slices.Clone(s.good), s.bad...) {
		t := tallies[a]
		if t == nil {
			continue
		}
		kind, want := "good", succeeded
		if a.hostile() {
			kind, want = a.kind, strings.Join(a.want, " or ")
		}
		var ended []string
		for _, fault := range slices.Sorted(maps.Keys(t.faults)) {
			ended = append(ended, fmt.Sprintf("%d %s", t.faults[fault], fault))
		}
		mark := ""
		if t.wrong != "" {
			wrong++
			mark = "WRONG " + t.wrong
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%v\t%v\t%s\n", a.name, kind, t.runs, want, strings.Join(ended, ", "),
			percentile(t.took, 50).Round(time.Millisecond), percentile(t.took, 99).Round(time.Millisecond), mark)
	}
	_ = w.Flush()
	return wrong
}

func verdict(ok bool, format string, args ...any) bool {
	word := "ok    "
	if !ok {
		word = "MISSED"
	}
	fmt.Printf("%s "+format+"\n", append([]any{word}, args...)...)
	return ok
}

func percentile(all []time.Duration, p int) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(len(sorted)*p/100, len(sorted)-1)]
}
