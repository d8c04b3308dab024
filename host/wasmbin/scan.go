package wasmbin

import (
	"errors"
	"fmt"
)

// event is an instruction that shapes control, that the rewriter changes, or that
// facts depend on; the others are counted in plain.
type event struct {
	op    byte
	sub   byte   // behind opPrefixMisc
	at    uint32 // where it begins in the body
	next  uint32 // where the next instruction begins
	plain uint32 // how many plain instructions follow before the next event
	arg   uint32 // function; event that opened the label's block, or that an end or else belongs to; 1 for a loop that calls nothing
	first uint32 // of br_table: its targets are targets[first:first+arg]
	wide  uint32 // the cost of passing many parameters and results: see [FuncType.wide]
	depth uint32 // of an event that opens a block: how many are open around it, the body counted in
}

// scanner reads bodies. It reuses its slices from body to body.
type scanner struct {
	module   *module
	events   []event
	targets  []uint32 // events that opened the blocks which br_tables name
	open     []uint32 // events of the blocks that are open
	locals   uint64   // declared ones
	code     uint32   // where the instructions begin
	loops    int      // open now
	maxLoops int      // deepest nesting
	blocks   int      // blocks, loops and ifs
	maxTable int      // targets of the largest br_table
	head     uint32   // plain instructions before the first event
	calls    int      // instructions that call, in the metered module at least
	before   []int    // calls before each open loop
	tight    bool     // a loop calls nothing
	params   uint32
	results  uint32 // the wide of the body's own
	uses     []use  // of locals, when flow is set
	flow     *flow
}

// wholeBody stands for the body itself as a block.
const wholeBody = ^uint32(0)

// scan reads the body of own function i and fills in events. Its errors name
// the byte's offset.
func (s *scanner) scan(i int) error {
	b, own := s.module.bodies[i], s.module.types[s.module.functions[i]]
	*s = scanner{module: s.module, params: uint32(len(own.Params)), results: own.wide(), events: s.events[:0], targets: s.targets[:0], open: append(s.open[:0], wholeBody), before: s.before[:0], uses: s.uses[:0], flow: s.flow}
	r := &reader{data: b.raw}
	s.readLocals(r)
	s.code = uint32(r.at)
	at := r.at
	for len(s.open) > 0 && r.err == nil {
		at = r.at
		s.instruction(r)
	}
	if r.err == nil && r.at != len(b.raw) {
		at = r.at
		r.fail(fmt.Errorf("%d bytes after its end", len(b.raw)-r.at))
	}
	if r.err != nil {
		return fmt.Errorf("at byte %d: %w", b.offset+at, r.err)
	}
	return nil
}

func (s *scanner) readLocals(r *reader) {
	for range r.u32() {
		s.locals += uint64(r.u32())
		if err := unknownType(r.byte()); err != nil {
			r.fail(fmt.Errorf("a local: %w", err))
		}
		if r.err == nil && s.locals > 1<<32-1 {
			r.fail(fmt.Errorf("%d locals", s.locals))
		}
		if r.err != nil {
			return
		}
	}
}

func (s *scanner) instruction(r *reader) {
	at := r.at
	op := r.byte()
	switch shapes[op] {
	case plain:
		s.plain(r, op, at)
	case block:
		s.openBlock(r, op, at)
	case depth:
		target := s.label(r)
		s.event(event{op: op, at: uint32(at), next: uint32(r.at), arg: target, wide: s.wide(target)})
	case targets:
		s.branchTable(r, at)
	case function:
		s.function(r, op, at)
	case local: // one beyond the guest's own would be the one that metering adds
		l := r.index("local", int(uint64(s.params)+s.locals))
		if s.flow != nil && r.err == nil {
			s.uses = append(s.uses, use{uint32(len(s.events)), l, op != opLocalGet})
		}
		s.count()
	case access, int32s, int64s, bytes4, bytes8:
		r.immediate(shapes[op])
		s.count()
	case prefixed:
		s.prefixed(r, op, at)
	case unknown:
		s.refuse(r, op)
	default:
		s.indexed(r, op, at)
	}
}

// function reads an instruction that names one: a call, or a reference.
func (s *scanner) function(r *reader, op byte, at int) {
	f := r.index("function", s.module.count(KindFunction))
	e := event{op: op, at: uint32(at), next: uint32(r.at), arg: f}
	if op == opCall {
		s.calls++
		if r.err == nil {
			e.wide = s.module.typeOf(f).wide()
		}
	}
	s.event(e)
}

// immediate reads the bytes after the opcode of an instruction of a shape.
func (r *reader) immediate(s shape) {
	switch s {
	case access:
		r.access()
	case int32s:
		r.signed(32)
	case int64s:
		r.signed(64)
	case bytes4:
		r.bytes(4)
	case bytes8:
		r.bytes(8)
	default:
	}
}

func (s *scanner) plain(r *reader, op byte, at int) {
	switch op {
	case opNop:
	case opUnreachable, opReturn:
		s.event(event{op: op, at: uint32(at), next: uint32(r.at), wide: s.results})
	case opElse:
		opener := s.open[len(s.open)-1]
		if opener == wholeBody || s.events[opener].op != opIf || s.events[opener].first != 0 {
			r.fail(errors.New("an else without its if"))
			return
		}
		s.events[opener].first = uint32(len(s.events))
		s.event(event{op: op, at: uint32(at), next: uint32(r.at), arg: opener})
	case opEnd:
		opener := s.open[len(s.open)-1]
		s.open = s.open[:len(s.open)-1]
		if opener != wholeBody && s.events[opener].op == opLoop {
			s.closeLoop(opener)
		}
		s.event(event{op: op, at: uint32(at), next: uint32(r.at), arg: opener})
	default:
		s.count()
	}
}

// maxLocals keeps the local that metering adds within the format's bounds.
const maxLocals = 50_000

func (s *scanner) closeLoop(opener uint32) {
	s.loops--
	if s.before[s.loops] == s.calls && s.locals < maxLocals {
		s.events[opener].arg = 1
		s.tight = true
	}
	s.before = s.before[:s.loops]
}

// wide returns the cost of branching to a label.
func (s *scanner) wide(opener uint32) uint32 {
	if opener == wholeBody {
		return s.results
	}
	return s.events[opener].wide
}

func (s *scanner) openBlock(r *reader, op byte, at int) {
	wide := uint32(0)
	switch t := r.signed(33); {
	case t >= 0:
		if t >= int64(len(s.module.types)) {
			r.fail(fmt.Errorf("there is no type %d", t))
			return
		}
		wide = s.module.types[t].wide()
	case t == -64, t >= -5, t == -16, t == -17:
	default:
		r.fail(fmt.Errorf("block type %d", t))
	}
	if s.blocks++; op == opLoop {
		s.loops++
		s.before = append(s.before, s.calls)
		s.maxLoops = max(s.maxLoops, s.loops)
	}
	s.event(event{op: op, at: uint32(at), next: uint32(r.at), wide: wide, depth: uint32(len(s.open))})
	s.open = append(s.open, uint32(len(s.events)-1))
}

// label reads a label and returns the event that opened its block.
func (s *scanner) label(r *reader) uint32 {
	d := r.u32()
	if r.err == nil && int64(d) >= int64(len(s.open)) {
		r.fail(fmt.Errorf("there is no label %d", d))
	}
	if r.err != nil {
		return wholeBody
	}
	return s.open[len(s.open)-1-int(d)]
}

func (s *scanner) branchTable(r *reader, at int) {
	first := len(s.targets)
	s.targets = append(s.targets, vector(r, 1, s.label)...)
	s.targets = append(s.targets, s.label(r))
	n := len(s.targets) - first
	s.maxTable = max(s.maxTable, n)
	s.event(event{op: opBrTable, at: uint32(at), next: uint32(r.at), first: uint32(first), arg: uint32(n), wide: s.wide(s.targets[first])})
}

func (r *reader) access() {
	if align := r.u32(); align >= 0x20 && r.err == nil {
		r.fail(severalMemories.found("an alignment of 2^%d", align))
	}
	r.u32()
}

func (r *reader) zero() {
	if r.byte() != 0 {
		r.fail(severalMemories.found("a memory other than 0"))
	}
}

// indexed reads the instructions that name a table, global, type or memory.
func (s *scanner) indexed(r *reader, op byte, at int) {
	wide := uint32(0)
	switch shapes[op] {
	case indirect:
		if t := r.index("type", len(s.module.types)); r.err == nil {
			wide = s.module.types[t].wide()
		}
		r.index("table", s.module.count(KindTable))
	case globalIndex:
		r.index("global", s.module.count(KindGlobal))
	case tableIndex:
		r.index("table", s.module.count(KindTable))
	case zero:
		r.zero()
	case types:
		r.bytes(r.u32())
	case reference:
		r.byte()
	}
	if op == opCallIndirect || op == opMemoryGrow {
		s.calls++
	}
	if op == opCallIndirect || op == opTableSet || op == opMemoryGrow {
		s.event(event{op: op, at: uint32(at), next: uint32(r.at), wide: wide})
		return
	}
	s.count()
}

func (s *scanner) prefixed(r *reader, op byte, at int) {
	start := r.at
	sub := r.u32()
	if op == opPrefixVector {
		if r.err == nil && sub <= 255 && r.at-start != 1+int(sub>>7) {
			r.fail(errors.New("a vector opcode that is not in its shortest form")) // the engine reads one byte
		}
		lanes, memory, known := vectorImmediates(sub)
		if !known {
			r.fail(unknownVector(sub))
		}
		if memory {
			r.access()
		}
		r.bytes(lanes)
		s.count()
		return
	}
	if sub < miscMemoryInit {
		s.count()
		return
	}
	s.calls++
	table := s.misc(r, sub)
	s.event(event{op: op, sub: byte(sub), at: uint32(at), next: uint32(r.at), arg: table})
}

// misc returns the table of an instruction that names one.
func (s *scanner) misc(r *reader, sub uint32) (table uint32) {
	m := s.module
	switch sub {
	case miscMemoryInit, miscDataDrop:
		if !m.present[SectionDataCount] {
			r.fail(errors.New("a data segment is used without a data count section"))
		}
		r.index("data segment", int(m.dataCount))
		if sub == miscMemoryInit {
			r.zero()
		}
	case miscMemoryCopy:
		r.zero()
		r.zero()
	case miscMemoryFill:
		r.zero()
	case miscTableInit, miscElemDrop:
		r.index("element segment", len(m.elements))
		if sub == miscTableInit {
			r.index("table", m.count(KindTable))
		}
	case miscTableCopy:
		r.index("table", m.count(KindTable))
		r.index("table", m.count(KindTable))
	case miscTableGrow, miscTableSize, miscTableFill:
		table = r.index("table", m.count(KindTable))
	default:
		r.fail(fmt.Errorf("unknown instruction 0xfc 0x%x", sub))
	}
	return table
}

func (s *scanner) refuse(r *reader, op byte) {
	feature := Unsupported{Feature: "unknown instruction", Hint: "compile it again for WebAssembly 2.0"}
	switch {
	case op >= opReturnCall && op <= 0x15:
		feature = tailCalls
	case op == opPrefixAtomic:
		feature = threads
	case op >= 0x06 && op <= 0x0a, op == 0x18, op == 0x19, op == 0x1f:
		feature = exceptions
	case op == 0xfb, op >= 0xd3 && op <= 0xd6:
		feature = collected
	}
	r.fail(feature.found("0x%02x", op))
}

func unknownVector(sub uint32) error {
	if sub >= 0x100 && sub < 0x140 {
		return relaxedSIMD.found("instruction 0xfd 0x%x", sub)
	}
	return fmt.Errorf("unknown vector instruction 0x%x", sub)
}

func (s *scanner) event(e event) { s.events = append(s.events, e) }

// count adds a plain instruction.
func (s *scanner) count() {
	if n := len(s.events); n > 0 {
		s.events[n-1].plain++
		return
	}
	s.head++
}
