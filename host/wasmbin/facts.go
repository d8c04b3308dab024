package wasmbin

import (
	"fmt"
	"time"
)

// Facts are the properties of a module that matter for pooling and restoring its
// instances.
type Facts struct {
	Start           bool          // it has a start function
	Functions       int           // own ones
	Memory          *Limits       // its own memory, in pages, before any clamping; nil: it has none
	Globals         []GlobalFact  // own mutable ones
	ImportsState    bool          // it imports a memory, table or mutable global
	MutatesTables   bool          // table.set, grow, fill, copy or init, or elem.drop
	PassiveSegments bool          // data or element segments that code uses, which it can drop
	MemoryGrows     int           // places with memory.grow
	TableGrows      int           // places with table.grow
	Largest         FunctionFacts // the maximum of each over all functions
	InstanceBytes   uint64        // of an instance besides its memory: initial tables, passive element segments and globals
}

// GlobalFact is an own mutable global. Index counts imports in; Export is the
// name that Options.ExportGlobals gives it.
type GlobalFact struct {
	Index  uint32
	Type   byte
	Export string
}

// FunctionFacts are the numbers that a function's compile time depends on.
type FunctionFacts struct {
	BodyBytes    int
	Locals       int // parameters counted in
	Blocks       int // blocks, loops and ifs
	LoopDepth    int
	TableTargets int // of its largest br_table

	// CompileTime estimates how long the engine takes for it at worst, without the
	// part that is proportional to its bytes. Only [Check] computes it.
	CompileTime time.Duration
}

// Obstacles returns why an instance can't be restored by setting its memory and its
// numeric globals alone; nothing when it can.
func (f *Facts) Obstacles() (why []string) {
	if f.ImportsState {
		why = append(why, "it imports a memory, table or mutable global")
	}
	if f.MutatesTables {
		why = append(why, "it changes tables")
	}
	if f.PassiveSegments {
		why = append(why, "it uses passive segments")
	}
	for _, g := range f.Globals {
		switch g.Type {
		case TypeI32, TypeI64, TypeF32, TypeF64:
		default:
			return append(why, fmt.Sprintf("its mutable global %d holds a vector or reference", g.Index))
		}
	}
	return why
}

// facts scans all code.
func (m *module) facts(s *scanner) (Facts, error) {
	f := Facts{Start: m.present[SectionStart], Functions: len(m.functions)}
	if len(m.memories) > 0 {
		l := m.memories[0]
		f.Memory = &l
	}
	for _, i := range m.imports {
		f.ImportsState = f.ImportsState || i.Kind == KindTable || i.Kind == KindMemory || i.Mutable
	}
	for i, g := range m.globals {
		if index := m.imported[KindGlobal] + uint32(i); g.mutable {
			f.Globals = append(f.Globals, GlobalFact{index, g.valueType, fmt.Sprintf("%s%d", GlobalStem, index)})
		}
	}
	f.InstanceBytes = m.instanceBytes()
	for i := range m.bodies {
		if err := s.scan(i); err != nil {
			return f, fmt.Errorf("%s %w", m.functionName(m.imported[KindFunction]+uint32(i)), err)
		}
		f.note(s)
		f.Largest.raise(m.measureFunction(i, s))
	}
	return f, nil
}

// The engine's memory for each of these in an instance.
const (
	ReferenceBytes = 8 // in a table or segment
	globalBytes    = 64
)

func (m *module) instanceBytes() uint64 {
	n := globalBytes * uint64(len(m.globals))
	for _, t := range m.tables {
		n += ReferenceBytes * uint64(t.limits.Min)
	}
	for _, e := range m.elements {
		if e.flags&3 == 1 { // passive; active ones are in a table, and in no instance besides
			n += ReferenceBytes * uint64(len(e.functions)+len(e.values))
		}
	}
	return n
}

// note adds the facts of a body.
func (f *Facts) note(s *scanner) {
	for i := range s.events {
		switch e := &s.events[i]; e.op {
		case opTableSet:
			f.MutatesTables = true
		case opMemoryGrow:
			f.MemoryGrows++
		case opPrefixMisc:
			f.noteMisc(e.sub)
		}
	}
}

func (f *Facts) noteMisc(sub byte) {
	switch sub {
	case miscMemoryInit, miscDataDrop:
		f.PassiveSegments = true
	case miscTableInit, miscElemDrop:
		f.PassiveSegments, f.MutatesTables = true, true
	case miscTableGrow:
		f.TableGrows++
		f.MutatesTables = true
	case miscTableCopy, miscTableFill:
		f.MutatesTables = true
	}
}

// measureFunction returns the measures of own function i, which s has scanned.
func (m *module) measureFunction(i int, s *scanner) FunctionFacts {
	locals := int(s.locals) + len(m.types[m.functions[i]].Params)
	f := FunctionFacts{
		BodyBytes:    len(m.bodies[i].raw),
		Locals:       locals,
		Blocks:       s.blocks,
		LoopDepth:    s.maxLoops,
		TableTargets: s.maxTable,
	}
	if s.flow != nil && locals <= maxFlowLocals {
		f.CompileTime = s.flow.estimate(s)
	}
	return f
}

// maxFlowLocals is how many locals a function has at most whose compile time is
// estimated: as many as the engine takes.
const maxFlowLocals = 50_000

func (f *FunctionFacts) raise(g FunctionFacts) {
	f.BodyBytes = max(f.BodyBytes, g.BodyBytes)
	f.Locals = max(f.Locals, g.Locals)
	f.Blocks = max(f.Blocks, g.Blocks)
	f.LoopDepth = max(f.LoopDepth, g.LoopDepth)
	f.TableTargets = max(f.TableTargets, g.TableTargets)
	f.CompileTime = max(f.CompileTime, g.CompileTime)
}
