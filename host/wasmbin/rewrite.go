package wasmbin

import (
	"fmt"
	"slices"
	"strings"
)

// Options are the changes that [Rewrite] makes. The zero value changes nothing: a
// module in canonical form is returned byte for byte.
type Options struct {
	// Meter makes the code count its fuel down and call the host when it is used
	// up. See [Rewrite].
	Meter bool
	// Strip removes all custom sections except "sourceMappingURL" and "name", which
	// keeps the names of the module and its functions.
	Strip bool
	// MergeData joins active data segments that lie near one another.
	MergeData bool
	// MaxMemoryPages lowers the maximum of the module's own memory. 0 leaves it.
	MaxMemoryPages uint32
	// MaxTableElements lowers the maximum of each own table. 0 leaves them.
	MaxTableElements uint32
	// ExportStart turns the start function into the export [StartExport].
	ExportStart bool
	// ExportGlobals exports each own mutable global as [GlobalStem] and its
	// index, imports counted in.
	ExportGlobals bool
	// RenameImport, if set, returns the module from which an import comes instead.
	RenameImport func(module, name string) string
	// KeepExport, if set, reports which exports stay.
	KeepExport func(name string) bool
	// CountTables makes the code call the imported function [MeterModule]
	// [MeterTable] with the number of elements before it grows a table. That returns
	// the number, or -1 to refuse. It needs Meter.
	CountTables bool
	// State, if set, is the state that the module begins with.
	State *State
}

// State is the state of an instance whose start function has run.
type State struct {
	// Pages is the size of the memory.
	Pages uint32
	// Grown makes the memory begin with one page at most: the host grows it to
	// Pages when it instantiates the module. Modules whose states differ only in
	// size are then equal.
	Grown bool
	// Memory is the content of the memory, from its beginning; the rest is zero.
	// With nil the module gets no data: the host provides a memory that holds it
	// already.
	Memory []byte
	// Globals are the values of the own mutable globals, by index, imports
	// counted in; those of floats are their bits. Others keep their initialisers.
	Globals map[uint32]uint64
}

// Rewritten is a module after [Rewrite].
type Rewritten struct {
	Wasm []byte
	// Facts describe the module before the changes.
	Facts Facts
	// MovedFunctions is how much the indexes of its own functions grew.
	MovedFunctions uint32
	// ChargePoints is the number of places in the code that count fuel.
	ChargePoints int
}

// Rewrite reads a whole module and writes it with the changes of o. It does not
// validate types; the engine does. An error describes what is wrong with the
// module, with the function and the byte.
//
// With o.Meter the code counts down the global [FuelExport] at the entry of
// functions, at the head of loops and after some forward labels, before the code
// that is charged for runs:
//
//   - One unit is one instruction (block, loop, else, end and nop are free), and a
//     charge is for the worst-case path to the next charge.
//   - Bulk operations also pay for their size: see [BytesPerFuel], [FuelPerPage];
//     on tables a unit an element. Those on memory run in pieces of [PieceBytes].
//   - Calls and branches that pass 16 values or more pay for them, a unit for four.
//
// The cost of a path is the same on every machine, and in the interpreter. When the
// global is below zero at an entry or a loop's head, the imported function
// [MeterModule] [MeterRefuel] is called: it adds fuel and returns, or ends the run
// by a panic. Labels charge without this check, so a run can end below zero. The
// global begins at 0, so the first charge of an instance calls the function, in the
// start function too.
//
// Untrusted modules must pass [Check] first: the engine trusts some counts, and a
// module of 16 bytes that is given to it unchecked can end the process.
//
// The module may not use names that begin with "usher:" for its exports, nor
// import from [MeterModule].
func Rewrite(wasm []byte, o Options) (*Rewritten, error) {
	m, err := decode(wasm)
	if err != nil {
		return nil, err
	}
	if err := m.checkReserved(o); err != nil {
		return nil, err
	}
	original := *m // what the code may refer to
	s := &scanner{module: &original}
	facts, err := original.facts(s)
	if err != nil {
		return nil, err
	}
	w := &Rewritten{Facts: facts}
	if err := m.apply(o, &w.Facts); err != nil {
		return nil, err
	}
	if o.Meter {
		if w.ChargePoints, err = m.meter(s, &w.Facts, o); err != nil {
			return nil, err
		}
		w.MovedFunctions = m.imported[KindFunction] - original.imported[KindFunction]
	} else if o.Strip {
		m.strip(func(i uint32) uint32 { return i })
	}
	w.Wasm = m.encode()
	return w, nil
}

func (m *module) checkReserved(o Options) error {
	for _, i := range m.imports {
		if i.Module == MeterModule {
			return fmt.Errorf("import %q.%q is reserved for the host", i.Module, i.Name)
		}
	}
	for _, e := range m.exports {
		if strings.HasPrefix(e.Name, reservedFor) && (o.Meter || o.ExportStart || o.ExportGlobals) {
			return fmt.Errorf("export %q: names that begin with %q are reserved for the host", e.Name, reservedFor)
		}
	}
	return nil
}

// apply makes all changes but to the code.
func (m *module) apply(o Options, f *Facts) error {
	m.exports = slices.Clip(m.exports)
	if o.RenameImport != nil {
		m.imports = slices.Clone(m.imports)
		for i := range m.imports {
			m.imports[i].Module = o.RenameImport(m.imports[i].Module, m.imports[i].Name)
		}
	}
	if o.KeepExport != nil {
		m.exports = slices.DeleteFunc(slices.Clone(m.exports), func(e Export) bool { return !o.KeepExport(e.Name) })
	}
	if err := m.clamp(o); err != nil {
		return err
	}
	if o.State != nil {
		if err := m.setState(o.State, f); err != nil {
			return err
		}
	} else if o.MergeData {
		m.mergeData(f)
	}
	if o.ExportStart && m.present[SectionStart] {
		m.addExport(Export{Name: StartExport, Kind: KindFunction, Index: m.start})
		m.present[SectionStart] = false
	}
	if o.ExportGlobals {
		for _, g := range f.Globals {
			m.addExport(Export{Name: g.Export, Kind: KindGlobal, Index: g.Index})
		}
	}
	return nil
}

func (m *module) addExport(e Export) {
	m.present[SectionExport] = true
	m.exports = append(m.exports, e)
}

func (m *module) clamp(o Options) error {
	for i := range m.tables {
		if err := m.tables[i].limits.clamp(o.MaxTableElements); err != nil {
			return fmt.Errorf("table %d: %w elements", i, err)
		}
	}
	for i := range m.memories {
		if err := m.memories[i].clamp(o.MaxMemoryPages); err != nil {
			return fmt.Errorf("memory: %w pages of 64 KiB", err)
		}
	}
	return nil
}

func (l *Limits) clamp(limit uint32) error {
	if limit == 0 {
		return nil
	}
	if l.Min > limit {
		return fmt.Errorf("it begins with %d, and the limit is %d", l.Min, limit)
	}
	if !l.HasMax || l.Max > limit {
		l.Max, l.HasMax = limit, true
	}
	return nil
}

// meter rewrites the code and returns the number of charge points.
func (m *module) meter(s *scanner, f *Facts, o Options) (int, error) {
	l, err := findLeaves(s.module, s) // before addMeter renumbers what the two modules share
	if err != nil {
		return 0, err
	}
	t := addMeter(m, o.CountTables && f.TableGrows > 0)
	if err := t.meterBodies(s, l); err != nil {
		return 0, err
	}
	maxPages := uint32(1 << 16)
	if len(m.memories) > 0 && m.memories[0].HasMax {
		maxPages = m.memories[0].Max
	}
	maxElements := o.MaxTableElements
	if maxElements == 0 {
		maxElements = 1<<32 - 1
	}
	t.addHelpers(maxElements, maxPages)
	if o.Strip {
		m.strip(t.move)
		return t.points, nil
	}
	for i, c := range m.customs {
		if c.name == "name" {
			m.customs[i].raw = m.names.encode(t.move, false)
		}
	}
	return t.points, nil
}

// strip drops custom sections and lets the names follow the functions.
func (m *module) strip(move func(uint32) uint32) {
	m.customs = slices.DeleteFunc(m.customs, func(c custom) bool {
		return c.name != "name" && c.name != "sourceMappingURL"
	})
	seen := false
	m.customs = slices.DeleteFunc(m.customs, func(c custom) bool {
		again := c.name == "name" && seen
		seen = seen || c.name == "name"
		return again
	})
	for i, c := range m.customs {
		if c.name == "name" {
			m.customs[i].raw = m.names.encode(move, true)
		}
	}
}
