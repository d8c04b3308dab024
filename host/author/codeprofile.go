package author

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/jsbuild/sourcemap"
	"github.com/usherhost/usher/host/wasmbin"
)

// codeAnswer is what `usher profile --json` prints of a JavaScript action.
type codeAnswer struct {
	runAnswer
	PeakMemoryBytes int64      `json:"peak_memory_bytes"`
	Functions       []codeCost `json:"functions"`
	Packages        []codeCost `json:"packages"`
	Lines           []codeCost `json:"lines"`
	HostFunctions   []hostCost `json:"host_functions"`
}

// codeCost is the fuel of one function, package or line.
type codeCost struct {
	Name    string `json:"name"`
	File    string `json:"file,omitempty"` // of a function
	Fuel    int64  `json:"fuel"`           // itself
	AllFuel int64  `json:"all_fuel"`       // with what it called and waited for
}

// The names of what has no own.
const (
	runtimeName = "(runtime)"    // Usher's own JavaScript, and the engine's start
	authorName  = "(the action)" // the author's own files
)

// isCode reports whether the module's engine runs JavaScript that was built here.
func isCode(wasm []byte) bool { return wasmbin.CustomSection(wasm, sourcemap.Section) != nil }

// frame is one call of a stack.
type frame struct {
	function, file string
	line           int
}

// parseFrame reads a frame as stacks have it: "async function (file:line:column)".
func parseFrame(text string) frame {
	text = strings.TrimPrefix(text, "async ")
	f, at := frame{function: "(anonymous)"}, text
	if open := strings.LastIndex(text, " ("); open >= 0 {
		f.function, at = text[:open], strings.TrimSuffix(text[open+2:], ")")
	}
	parts := strings.Split(at, ":")
	if len(parts) < 3 {
		return frame{function: text}
	}
	f.line, _ = strconv.Atoi(parts[len(parts)-2])                                         // digits
	if f.file = strings.Join(parts[:len(parts)-2], ":"); f.file == sourcemap.BundleName { // what the bundler added
		return frame{function: f.function}
	}
	return f
}

// where is the frame's line in its file.
func (f frame) where() string {
	if f.file == "" {
		return f.function
	}
	return fmt.Sprintf("%s:%d", f.file, f.line)
}

// in is what the frame's file belongs to.
func (f frame) in() string {
	if name := guest.PackageOf(f.file); name != "" {
		return name
	}
	return authorName
}

// framesOf returns the frames of a spot, the innermost first: one for the runtime.
func framesOf(s guest.Spot) []frame {
	if len(s.Stack) == 0 {
		return []frame{{function: runtimeName}}
	}
	list := make([]frame, len(s.Stack))
	for i, text := range s.Stack {
		list[i] = parseFrame(text)
	}
	return list
}

// codeCosts adds up the fuel of spots by what key returns for each frame: the most
// expensive first.
func codeCosts(spots []guest.Spot, key func(frame) codeCost) []codeCost {
	costs := map[codeCost]*codeCost{}
	for _, s := range spots {
		seen := map[codeCost]bool{}
		for i, f := range framesOf(s) {
			k := key(f)
			if costs[k] == nil {
				costs[k] = &codeCost{Name: k.Name, File: k.File}
			}
			if i == 0 {
				costs[k].Fuel += s.Fuel
			}
			if !seen[k] { // what calls itself counts once
				seen[k] = true
				costs[k].AllFuel += s.Fuel
			}
		}
	}
	list := make([]codeCost, 0, len(costs))
	for _, c := range costs {
		list = append(list, *c)
	}
	slices.SortFunc(list, func(a, b codeCost) int {
		return cmp.Or(cmp.Compare(b.Fuel, a.Fuel), cmp.Compare(b.AllFuel, a.AllFuel), strings.Compare(a.Name, b.Name), strings.Compare(a.File, b.File))
	})
	return list
}

func byFunction(f frame) codeCost { return codeCost{Name: f.function, File: f.file} }

func byPackage(f frame) codeCost {
	if f.file == "" {
		return codeCost{Name: runtimeName}
	}
	return codeCost{Name: f.in()}
}

func byLine(f frame) codeCost { return codeCost{Name: f.where()} }

// profileCode profiles an action that was built from JavaScript.
func profileCode(ctx context.Context, env *command.Env, r *localRun, f profileFlags) error {
	result, spots, err := r.runner.ProfileCode(ctx, r.job.run())
	if err != nil {
		return fmt.Errorf("profile %s: %w", r.job.name, err)
	}
	result = r.job.fixes().result(result)
	if err := r.network.report(env.Term, r.job); err != nil {
		return err
	}
	if err := f.saveCode(r.job.name, spots); err != nil {
		return err
	}
	answer := codeAnswer{
		runAnswer: r.answer(result), PeakMemoryBytes: result.Stats.MemoryBytes,
		Functions: codeCosts(spots, byFunction), Packages: codeCosts(spots, byPackage), Lines: codeCosts(spots, byLine),
		HostFunctions: hostCosts(result.Calls),
	}
	if err := env.Term.Answer(answer, func(w io.Writer) { printCode(env.Term, w, answer, f) }); err != nil {
		return err
	}
	if !result.Succeeded {
		return term.SilentExit(term.ExitAction)
	}
	return nil
}

// saveCode writes the files of --pprof and --svg.
func (f profileFlags) saveCode(name string, spots []guest.Spot) error {
	var samples []pprofSample
	for _, s := range spots {
		samples = append(samples, pprofSample{stack: framesOf(s), fuel: s.Fuel, calls: 1})
	}
	if err := writeFile(f.pprof, func(w io.Writer) error { return writePprof(w, "samples", samples) }); err != nil {
		return err
	}
	return writeFile(f.svg, func(w io.Writer) error { return writeFlames(w, name, spots) })
}

func printCode(t term.Terminal, w io.Writer, p codeAnswer, f profileFlags) {
	t.Result(w, p.Result)
	t.Pairs(w, "fuel", term.Amount(p.Stats.Fuel), "peak memory", term.ByteSize(p.PeakMemoryBytes))
	hostTable(t, w, p.HostFunctions)
	for _, part := range []struct {
		head  string
		costs []codeCost
	}{{"PACKAGE", p.Packages}, {"FUNCTION", p.Functions}, {"LINE", p.Lines}} {
		term.Fprintln(w)
		codeTable(t, w, part.head, part.costs, p.Stats.Fuel, f.top)
	}
	f.next(w)
}

func codeTable(t term.Terminal, w io.Writer, head string, costs []codeCost, all int64, top int) {
	shown := costs
	if top > 0 && len(shown) > top {
		shown = shown[:top]
	}
	var rows [][]string
	for _, c := range shown {
		name := c.Name
		if c.File != "" {
			name += " (" + c.File + ")"
		}
		rows = append(rows, []string{term.Amount(c.Fuel), share(c.Fuel, all), term.Amount(c.AllFuel), share(c.AllFuel, all), name})
	}
	t.Table(w, []string{"FUEL", "SHARE", "ALL", "SHARE", head}, rows)
	if more := len(costs) - len(shown); more > 0 {
		term.Fprintf(w, "%d more: --top 0 prints all\n", more)
	}
}
