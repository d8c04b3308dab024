package wasmbin

import (
	"fmt"
	"time"

	"github.com/usherhost/usher/host"
)

// Budgets bound the modules that the engine may compile. The time and memory for
// compiling grow faster than the module. The bounds admit every module that
// compilers produce, and refuse those that were made to stop the host. 0 is no
// bound.
type Budgets struct {
	ModuleBytes   int
	Functions     int // imports counted in, as with globals and tables
	Types         int
	Globals       int
	Exports       int
	Imports       int
	Segments      int           // of data and elements, each
	Tables        int           // how many
	TableElements uint32        // of each table at its beginning, and of all element segments together
	MemoryPages   uint32        // at its beginning
	CompileTime   time.Duration // of all functions, by estimate: FunctionFacts.CompileTime

	// Of each function.
	BodyBytes    int
	Parameters   int // and results, each
	Locals       int // parameters counted in
	LoopDepth    int // loops in loops
	TableTargets int // of each br_table
}

// DefaultBudgets returns the bounds for untrusted modules.
func DefaultBudgets() Budgets {
	return Budgets{
		ModuleBytes:   host.MaxModuleBytes,
		Functions:     100_000,
		Types:         20_000,
		Globals:       10_000,
		Exports:       20_000,
		Imports:       2_000,
		Segments:      100_000,
		Tables:        100,
		TableElements: 100_000,
		MemoryPages:   1 << 16,
		CompileTime:   5 * time.Second,
		BodyBytes:     1 << 20, // the engine needs about a thousand times as much memory
		Parameters:    1_000,
		Locals:        maxFlowLocals,
		LoopDepth:     256,
		TableTargets:  10_000,
	}
}

// maxProblems is how many problems are reported at once.
const maxProblems = 20

// Check reads a module and returns why it should not be compiled: the part that
// can't be read, or each bound that it exceeds, with the function. It returns at
// most 20 problems, and no problem for a good module.
func Check(wasm []byte, b Budgets) []host.Problem {
	c := &checker{budgets: b}
	if !c.bound("the module", len(wasm), b.ModuleBytes, "bytes", "strip debug information (wasm-opt --strip-debug, or -ldflags='-s -w' for Go)") {
		return c.problems
	}
	if c.declared(wasm); len(c.problems) > 0 {
		return c.problems
	}
	m, err := decode(wasm)
	if err != nil {
		return []host.Problem{Explain(err)}
	}
	if err := m.checkReserved(Options{Meter: true}); err != nil {
		c.problems = append(c.problems, host.Problem{Detail: err.Error(), Hint: "rename it, or upload the module as it was before a host changed it"})
	}
	c.counts(m)
	if err := c.functions(m); err != nil {
		return append(c.problems, Explain(err))
	}
	return c.problems
}

type checker struct {
	budgets  Budgets
	problems []host.Problem
}

// bound records a problem when a number exceeds its limit, and reports whether it
// is within the limit.
func (c *checker) bound(whose string, n, limit int, what, hint string) bool {
	if limit == 0 || n <= limit {
		return true
	}
	if len(c.problems) < maxProblems {
		c.problems = append(c.problems, host.Problem{
			Detail: fmt.Sprintf("%s has %d %s; the limit is %d", whose, n, what, limit),
			Hint:   hint,
		})
	}
	return false
}

const (
	smallerHint = "let the linker drop what is not used (--gc-sections, -Oz), or divide the action"
	tablesHint  = "a module of this kind does not come out of a compiler; let the program build its tables in memory"
	splitHint   = "divide the function into smaller ones, or compile it with -Os and without forced inlining"
)

// declared bounds the counts at the beginning of sections before their entries are
// read.
func (c *checker) declared(wasm []byte) {
	b := c.budgets
	r := &reader{data: wasm, at: min(len(header), len(wasm))}
	for r.at < len(wasm) && r.err == nil {
		id := r.byte()
		content := &reader{data: r.bytes(r.u32())}
		var limit int
		var what string
		switch id {
		case SectionType:
			limit, what = b.Types, "types"
		case SectionImport:
			limit, what = b.Imports, "imports"
		case SectionFunction:
			limit, what = b.Functions, "functions"
		case SectionTable:
			limit, what = b.Tables, "tables"
		case SectionGlobal:
			limit, what = b.Globals, "globals"
		case SectionExport:
			limit, what = b.Exports, "exports"
		case SectionElement:
			limit, what = b.Segments, "element segments"
		case SectionData:
			limit, what = b.Segments, "data segments"
		default:
			continue
		}
		c.bound("the module", int(content.u32()), limit, what, smallerHint)
	}
}

// counts bounds numbers that no single section declares.
func (c *checker) counts(m *module) {
	b := c.budgets
	c.bound("the module", m.count(KindFunction), b.Functions, "functions", smallerHint)
	c.bound("the module", m.count(KindGlobal), b.Globals, "globals", smallerHint)
	c.bound("the module", m.count(KindTable), b.Tables, "tables", tablesHint)
	for i, t := range m.tables {
		c.bound(fmt.Sprintf("table %d", i), int(t.limits.Min), int(b.TableElements), "elements", tablesHint)
	}
	elements := 0
	for _, e := range m.elements {
		elements += len(e.functions) + len(e.values)
	}
	c.bound("the module", elements, int(b.TableElements), "elements in its element segments", tablesHint)
	for _, l := range m.memories {
		c.bound("the memory", int(l.Min), int(b.MemoryPages), "pages of 64 KiB", "let the memory begin smaller and grow")
	}
	for i, t := range m.types {
		whose := fmt.Sprintf("type %d", i)
		c.bound(whose, len(t.Params), b.Parameters, "parameters", splitHint)
		c.bound(whose, len(t.Results), b.Parameters, "results", splitHint)
	}
}

func (c *checker) functions(m *module) error {
	s := &scanner{module: m, flow: &flow{}}
	var total, worst time.Duration
	slowest := uint32(0)
	for i := range m.bodies {
		if len(c.problems) >= maxProblems {
			return nil
		}
		index := m.imported[KindFunction] + uint32(i)
		if err := s.scan(i); err != nil {
			return fmt.Errorf("%s %w", m.functionName(index), err)
		}
		f := m.measureFunction(i, s)
		c.function(m, index, f)
		if total += f.CompileTime; f.CompileTime > worst {
			worst, slowest = f.CompileTime, index
		}
	}
	if limit := c.budgets.CompileTime; limit > 0 && total > limit {
		c.problems = append(c.problems, host.Problem{
			Detail: fmt.Sprintf("the module can take the engine %v to compile, going by its forks, loops and locals (%s alone %v); the limit is %v",
				total.Round(time.Second/100), m.functionName(slowest), worst.Round(time.Second/10), limit),
			Hint: splitHint,
		})
	}
	return nil
}

func (c *checker) function(m *module, index uint32, f FunctionFacts) {
	b := c.budgets
	if f.within(b) {
		return
	}
	whose := m.functionName(index)
	c.bound(whose, f.BodyBytes, b.BodyBytes, "bytes of code", splitHint)
	c.bound(whose, f.Locals, b.Locals, "locals", splitHint)
	c.bound(whose, f.LoopDepth, b.LoopDepth, "loops inside one another", splitHint)
	c.bound(whose, f.TableTargets, b.TableTargets, "targets in one br_table", tablesHint)
}

// within reports quickly, for nearly every function, that it is within all bounds.
func (f *FunctionFacts) within(b Budgets) bool {
	ok := func(n, limit int) bool { return limit == 0 || n <= limit }
	return ok(f.BodyBytes, b.BodyBytes) && ok(f.Locals, b.Locals) && ok(f.LoopDepth, b.LoopDepth) &&
		ok(f.TableTargets, b.TableTargets)
}
