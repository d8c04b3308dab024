package author

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/sandbox"
)

// profileFlags are the flags of `usher profile`.
type profileFlags struct {
	runFlags
	pprof, svg string
	engine     bool
	top        int
}

func newProfile(env *command.Env) *cobra.Command {
	var f profileFlags
	cmd := &cobra.Command{
		Use:   "profile FILE|DIR --event FILE",
		Short: "Show which of an action's packages, functions and lines use its fuel",
		Long: `Run one action on one event as 'usher run' does, and print what used its fuel, how
long its host calls took, and how much memory it had at most. FUEL is what a function
used itself; ALL includes the functions that it called. timeout_ms applies only when
--limit sets it; the fuel is that of any other run.

Of an action in JavaScript it shows packages, functions and lines of the sources. The
stack is looked at about every 20,000 units of fuel, so small shares are estimates; the
same run always has the same profile. The work of Usher's own JavaScript is that of the
line that called it, and what no line called is (runtime).

Of other actions, and with --engine, it shows the functions of the module, each call of
which is traced: the time is not representative. It includes the initialisation, which
most runs don't repeat. A small function that calls none may be counted in its callers.
Functions have the names of the module's name section, or their index when the build
removed it.

--pprof writes a file for 'go tool pprof -http=: FILE', --svg a flame graph for a
browser.`,
		Example: `  usher profile notify-slack --secret SLACK_WEBHOOK_URL=http://127.0.0.1:9000/hook \
    --allow http://127.0.0.1:9000 --allow-network 127.0.0.0/8 --pprof fuel.pb.gz`,
		GroupID: command.GroupAuthor,
		Args:    command.Exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if meansProfiles(args[0]) {
				return term.UsageError{
					Err:  fmt.Errorf("no file or folder at %s; 'usher profile' shows what an action's fuel is used for", args[0]),
					Hint: "the profiles of hosts are those of 'usher profiles " + args[0] + "'",
				}
			}
			return profileAction(cmd, env, args[0], f)
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&f.pprof, "pprof", "", "file to write the profile to, for pprof")
	cmd.Flags().StringVar(&f.svg, "svg", "", "file to write a flame graph to, of an action in JavaScript")
	cmd.Flags().BoolVar(&f.engine, "engine", false, "show the functions of the module also of an action in JavaScript")
	cmd.Flags().IntVar(&f.top, "top", 20, "how many functions, packages and lines to print; 0 is all")
	return cmd
}

// meansProfiles reports whether a word that is no file is a subcommand of `usher
// profiles`, whose name differs by a letter.
func meansProfiles(word string) bool {
	return slices.Contains([]string{"list", "ls", "use", "show", "rm"}, word) && !exists(word)
}

// profileAnswer is what `usher profile --json` prints.
type profileAnswer struct {
	runAnswer
	InitialFuel     int64          `json:"initial_fuel"` // used before the entry
	PeakMemoryBytes int64          `json:"peak_memory_bytes"`
	Functions       []functionCost `json:"functions"`
	HostFunctions   []hostCost     `json:"host_functions"`
}

// functionCost is what one of the module's functions used in all.
type functionCost struct {
	Function string `json:"function"`
	Calls    int64  `json:"calls"`
	Fuel     int64  `json:"fuel"`     // itself
	AllFuel  int64  `json:"all_fuel"` // with what it called
}

// hostCost is what the calls of one host function took.
type hostCost struct {
	Function   string `json:"function"`
	Calls      int64  `json:"calls"`
	TookMicros int64  `json:"took_us"`
}

func profileAction(cmd *cobra.Command, env *command.Env, module string, f profileFlags) error {
	ctx := cmd.Context()
	if err := f.takeBeside(cmd, env.Term, module); err != nil {
		return err
	}
	b := newToolchain(env, f.ScriptFlags)
	defer b.close(ctx)
	r, err := f.open(ctx, env, b, module)
	if err != nil {
		return err
	}
	defer r.network.close()
	job := r.job
	if !slices.ContainsFunc(f.limits, func(pair string) bool { return strings.HasPrefix(pair, "timeout_ms=") }) {
		job.settings.Limits.TimeoutMillis = host.MaxTimeoutMillis
	}
	if isCode(job.wasm) && !f.engine {
		return profileCode(ctx, env, r, f)
	}
	if f.svg != "" {
		return &host.Error{Code: host.Invalid, Text: "--svg is for actions in JavaScript, without --engine", Hint: "use --pprof, and then go tool pprof -http=: FILE"}
	}
	result, used, err := r.runner.Profile(ctx, job.run())
	if err != nil {
		return fmt.Errorf("profile %s: %w", module, err)
	}
	result = job.fixes().result(result)
	if err := r.network.report(env.Term, job); err != nil {
		return err
	}
	if err := f.save(used); err != nil {
		return err
	}
	answer := profileAnswer{
		runAnswer: r.answer(result), PeakMemoryBytes: result.Stats.MemoryBytes,
		Functions: functionCosts(used), HostFunctions: hostCosts(result.Calls),
	}
	for _, u := range used {
		if u.Initial {
			answer.InitialFuel += u.Fuel
		}
	}
	if err := env.Term.Answer(answer, func(w io.Writer) { printProfile(env.Term, w, answer, f) }); err != nil {
		return err
	}
	if !result.Succeeded {
		return term.SilentExit(term.ExitAction)
	}
	return nil
}

// save writes the profile to the file of --pprof.
func (f profileFlags) save(used []sandbox.FunctionFuel) error {
	return writeFile(f.pprof, func(w io.Writer) error { return writePprof(w, "calls", samplesOf(used)) })
}

// samplesOf returns the samples for pprof.
func samplesOf(used []sandbox.FunctionFuel) (samples []pprofSample) {
	for _, u := range used {
		s := pprofSample{calls: u.Calls, fuel: u.Fuel, initial: u.Initial}
		for _, name := range u.Stack {
			s.stack = append(s.stack, frame{function: name})
		}
		samples = append(samples, s)
	}
	return samples
}

// writeFile writes a file of the profile; path is "" for none.
func writeFile(path string, write func(io.Writer) error) error {
	if path == "" {
		return nil
	}
	var b bytes.Buffer
	err := write(&b)
	if err == nil {
		err = os.WriteFile(path, b.Bytes(), 0o644)
	}
	if err != nil {
		return fmt.Errorf("write the profile: %w", err)
	}
	return nil
}

// next prints what to do with the files.
func (f profileFlags) next(w io.Writer) {
	if f.pprof != "" {
		term.Fprintf(w, "next: go tool pprof -http=: %s\n", f.pprof)
	}
	if f.svg != "" {
		term.Fprintf(w, "next: open %s in a browser\n", f.svg)
	}
}

// functionCosts adds up what each function used, however it was called: the
// most expensive first.
func functionCosts(used []sandbox.FunctionFuel) []functionCost {
	costs := map[string]*functionCost{}
	cost := func(name string) *functionCost {
		if costs[name] == nil {
			costs[name] = &functionCost{Function: name}
		}
		return costs[name]
	}
	for _, u := range used {
		own := cost(u.Stack[0])
		own.Calls += u.Calls
		own.Fuel += u.Fuel
		for i, name := range u.Stack {
			if !slices.Contains(u.Stack[:i], name) { // a function that calls itself counts once
				cost(name).AllFuel += u.Fuel
			}
		}
	}
	list := make([]functionCost, 0, len(costs))
	for _, c := range costs {
		list = append(list, *c)
	}
	slices.SortFunc(list, func(a, b functionCost) int {
		return cmp.Or(cmp.Compare(b.Fuel, a.Fuel), cmp.Compare(b.AllFuel, a.AllFuel), strings.Compare(a.Function, b.Function))
	})
	return list
}

// hostCosts adds up the host calls by function: the slowest first.
func hostCosts(calls []host.CallNote) []hostCost {
	list := []hostCost{}
	for _, c := range calls {
		at := slices.IndexFunc(list, func(h hostCost) bool { return h.Function == c.Function })
		if at < 0 {
			at = len(list)
			list = append(list, hostCost{Function: c.Function})
		}
		list[at].Calls++
		list[at].TookMicros += c.TookMicros
	}
	slices.SortStableFunc(list, func(a, b hostCost) int { return cmp.Compare(b.TookMicros, a.TookMicros) })
	return list
}

func printProfile(t term.Terminal, w io.Writer, p profileAnswer, f profileFlags) {
	t.Result(w, p.Result)
	t.Pairs(w,
		"fuel", term.Amount(p.Stats.Fuel)+", of it "+term.Amount(p.InitialFuel)+" for initialisation",
		"peak memory", term.ByteSize(p.PeakMemoryBytes),
	)
	hostTable(t, w, p.HostFunctions)
	term.Fprintln(w)
	functionTable(t, w, p, f.top)
	switch {
	case isEngine(p.Functions):
		term.Fprintln(w, "note: these are the JavaScript engine's functions, few of which have names")
	case nameless(p.Functions):
		term.Fprintln(w, "hint: the module has no function names; build it without stripping them to see names (Go: without -ldflags=-s)")
	}
	f.next(w)
}

func hostTable(t term.Terminal, w io.Writer, costs []hostCost) {
	if len(costs) == 0 {
		return
	}
	term.Fprintln(w)
	var rows [][]string
	for _, h := range costs {
		rows = append(rows, []string{h.Function, term.Amount(h.Calls), term.Micros(h.TookMicros)})
	}
	t.Table(w, []string{"HOST FUNCTION", "CALLS", "TIME"}, rows)
}

func functionTable(t term.Terminal, w io.Writer, p profileAnswer, top int) {
	shown := p.Functions
	if top > 0 && len(shown) > top {
		shown = shown[:top]
	}
	var rows [][]string
	for _, c := range shown {
		rows = append(rows, []string{term.Amount(c.Fuel), share(c.Fuel, p.Stats.Fuel), term.Amount(c.AllFuel), term.Amount(c.Calls), c.Function})
	}
	t.Table(w, []string{"FUEL", "SHARE", "ALL", "CALLS", "FUNCTION"}, rows)
	if more := len(p.Functions) - len(shown); more > 0 {
		term.Fprintf(w, "%d more: --top 0 prints all\n", more)
	}
}

// isEngine reports whether the functions are those of the engine that a script
// was built into.
func isEngine(list []functionCost) bool {
	return slices.ContainsFunc(list, func(c functionCost) bool { return strings.HasPrefix(c.Function, "JS_") })
}

// nameless reports whether most functions have an index for a name.
func nameless(list []functionCost) bool {
	unnamed := 0
	for _, c := range list {
		if strings.HasPrefix(c.Function, "function[") {
			unnamed++
		}
	}
	return 2*unnamed > len(list)
}

// share writes a part in per cent.
func share(part, whole int64) string {
	if whole == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f%%", 100*float64(part)/float64(whole))
}
