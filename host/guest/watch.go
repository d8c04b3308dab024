package guest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Frames reads the stack of a guest's own language from the guest's memory, which need
// not be trusted. It must be safe for concurrent use.
type Frames interface {
	// Stack returns the frames of what runs, the innermost first, or where nothing
	// runs, of what waits, each as "function (file:line:column)". It is nil where it
	// does not know the language.
	Stack(memory []byte) []string

	// Calls is Stack without what waits.
	Calls(memory []byte) []string
}

// samples are how many a run that uses all of its fuel is looked at: seldom enough to
// cost nothing, and never in a short run.
const (
	samples     = 200
	minInterval = 1_000_000 // units of fuel between two of them
)

// hot is the fuel of a run by the innermost frame of its samples.
type hot struct {
	fuel map[string]int64
	used int64 // until the last sample
}

// Sample implements [sandbox.Watch].
func (c *call) Sample(memory []byte, used int64) {
	spent := used - c.hot.used
	c.hot.used = used
	if c.profiled != nil {
		c.profiled.add(c, memory, spent)
		return
	}
	calls := c.runner.Frames.Calls(memory)
	if len(calls) == 0 {
		return
	}
	if c.hot.fuel == nil {
		c.hot.fuel = map[string]int64{}
	}
	c.hot.fuel[calls[0]] += spent
}

// Stack implements [sandbox.Watch].
func (c *call) Stack(memory []byte) string {
	var b strings.Builder
	for _, frame := range c.runner.Frames.Stack(memory) {
		b.WriteString("\nat " + frame)
	}
	return strings.TrimPrefix(b.String(), "\n")
}

// heaviest names where most of the run's fuel went, by the samples: the package, if it
// is one, and the line.
func (c *call) heaviest() string {
	frames := make([]string, 0, len(c.hot.fuel))
	for frame := range c.hot.fuel {
		frames = append(frames, frame)
	}
	slices.Sort(frames)
	packages, lines, all := map[string]int64{}, map[string]int64{}, int64(0)
	for i, located := range strings.Split(c.locate(strings.Join(frames, "\n")), "\n") {
		if i >= len(frames) || frames[i] == "" {
			continue
		}
		fuel := c.hot.fuel[frames[i]]
		all += fuel
		lines[lineOf(located)] += fuel
		if name := PackageOf(located); name != "" {
			packages[name] += fuel
		}
	}
	if all == 0 {
		return ""
	}
	line, most := largest(lines)
	where := fmt.Sprintf("%d %% of it in %s", 100*most/all, line)
	if name, fuel := largest(packages); 2*fuel > all {
		where = fmt.Sprintf("%d %% of it in package %s, most in %s", 100*fuel/all, name, line)
	}
	return "; about " + where
}

func largest(of map[string]int64) (name string, fuel int64) {
	for n, f := range of {
		if cmp.Or(cmp.Compare(f, fuel), cmp.Compare(name, n)) > 0 {
			name, fuel = n, f
		}
	}
	return name, fuel
}

// lineOf returns a frame without its column.
func lineOf(frame string) string {
	open := strings.TrimSuffix(frame, ")")
	colon := strings.LastIndexByte(open, ':')
	if colon < 0 {
		return frame
	}
	return open[:colon] + frame[len(open):]
}

// PackageOf returns the npm package that a frame or a file is in, "" for the author's
// own.
func PackageOf(frame string) string {
	const folder = "node_modules/"
	at := strings.LastIndex(frame, folder)
	if at < 0 {
		return ""
	}
	parts := strings.Split(frame[at+len(folder):], "/")
	if strings.HasPrefix(parts[0], "@") && len(parts) > 1 {
		return parts[0] + "/" + parts[1]
	}
	return parts[0]
}
