package wasmbin

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
)

// The value types of the binary format.
const (
	TypeI32       byte = 0x7f
	TypeI64       byte = 0x7e
	TypeF32       byte = 0x7d
	TypeF64       byte = 0x7c
	TypeV128      byte = 0x7b
	TypeFuncref   byte = 0x70
	TypeExternref byte = 0x6f
)

// module is a whole module: everything that the rewriter may change. The slices
// share the input's memory.
type module struct {
	types     []FuncType
	imports   []Import
	foreign   []FuncType // of the imported functions
	functions []uint32   // type index of each own function
	tables    []table
	memories  []Limits
	globals   []global
	exports   []Export
	start     uint32 // valid when present[SectionStart]
	elements  []element
	bodies    []body
	data      []segment
	customs   []custom
	names     nameSection // as far as it could be read
	dataCount uint32      // valid when present[SectionDataCount]

	present  [SectionDataCount + 1]bool
	imported [4]uint32 // how many imports of each kind
}

type table struct {
	element byte
	limits  Limits
}

type global struct {
	valueType byte
	mutable   bool
	init      constant
}

// constant is a constant expression: one instruction, without its end.
type constant struct {
	op    byte
	index uint32 // of global.get and ref.func
	raw   []byte // the instruction as it came
}

// element is an element segment in one of the eight forms that flags distinguishes:
// bit 0 is passive or declarative, bit 1 explicit or declarative, bit 2 expressions
// in place of indexes.
type element struct {
	flags     uint32
	table     uint32
	offset    constant
	kind      byte // element kind or type, in the forms that have one
	functions []uint32
	values    []constant
}

type segment struct {
	flags  uint32 // 0 active, 1 passive, 2 active with a memory index
	memory uint32
	offset constant
	bytes  []byte
}

// custom is a custom section and where it stood: after the section of rank.
type custom struct {
	name string
	rank int
	body []byte // without the name
	raw  []byte // with it
}

// body is a function's code: its locals and instructions.
type body struct {
	raw    []byte
	offset int // of raw in the module, for messages
}

// order is the rank of each section id: the data count precedes the code.
var order = [...]int{
	SectionType: 1, SectionImport: 2, SectionFunction: 3, SectionTable: 4, SectionMemory: 5, SectionGlobal: 6,
	SectionExport: 7, SectionStart: 8, SectionElement: 9, SectionDataCount: 10, SectionCode: 11, SectionData: 12,
}

// decode reads a whole module except the instructions, and checks that every index
// is valid, so that no index that was invalid before can refer to what the rewriter
// adds.
func decode(wasm []byte) (*module, error) {
	if len(wasm) >= 8 && bytes.Equal(wasm[:4], header[:4]) && wasm[6] == 1 {
		return nil, ErrComponent
	}
	if !bytes.HasPrefix(wasm, header) {
		return nil, notWasm(wasm)
	}
	m := &module{}
	r := &reader{data: wasm, at: len(header)}
	for rank := 0; r.at < len(wasm); {
		start := r.at
		id := r.byte()
		content := r.bytes(r.u32())
		err := r.err
		if err == nil {
			rank, err = m.section(id, rank, content, r.at-len(content))
		}
		if err != nil {
			return nil, fmt.Errorf("section %d at byte %d: %w", id, start, err)
		}
	}
	return m, m.complete()
}

func (m *module) section(id byte, rank int, content []byte, offset int) (int, error) {
	if id > SectionDataCount {
		return rank, unknownSection(id)
	}
	r := &reader{data: content}
	if id == SectionCustom {
		m.customs = append(m.customs, custom{name: r.name(), rank: rank, body: content[r.at:], raw: content})
		return rank, r.err
	}
	if order[id] <= rank {
		return rank, errors.New("it is out of order or comes twice")
	}
	m.present[id] = true
	m.read(id, r, offset)
	if r.err == nil && r.at != len(content) {
		r.fail(fmt.Errorf("%d bytes too many", len(content)-r.at))
	}
	return order[id], r.err
}

func (m *module) read(id byte, r *reader, offset int) {
	switch id {
	case SectionType:
		m.types = vector(r, 3, (*reader).funcType)
	case SectionImport:
		m.imports = vector(r, 4, func(r *reader) Import { return r.importEntry(m.types) })
		for _, i := range m.imports {
			m.imported[i.Kind&3]++
			if i.Kind == KindFunction {
				m.foreign = append(m.foreign, i.Type)
			}
		}
	case SectionFunction:
		m.functions = vector(r, 1, func(r *reader) uint32 { return r.index("type", len(m.types)) })
	case SectionTable:
		m.tables = vector(r, 3, func(r *reader) table { return table{r.byte(), r.limits()} })
	case SectionMemory:
		m.memories = vector(r, 2, (*reader).limits)
	case SectionGlobal:
		m.globals = vector(r, 4, m.global)
	case SectionExport:
		m.exports = vector(r, 3, m.export)
	case SectionStart:
		m.start = r.index("function", m.count(KindFunction))
	case SectionElement:
		m.elements = vector(r, 2, m.element)
	case SectionDataCount:
		m.dataCount = r.u32()
	case SectionCode:
		m.bodies = vector(r, 3, func(r *reader) body {
			raw := r.bytes(r.u32())
			return body{raw: raw, offset: offset + r.at - len(raw)}
		})
	case SectionData:
		m.data = vector(r, 2, m.segment)
	}
}

// typeOf returns the type of a function, which must exist.
func (m *module) typeOf(function uint32) FuncType {
	if function >= m.imported[KindFunction] {
		return m.types[m.functions[function-m.imported[KindFunction]]]
	}
	return m.foreign[function]
}

// wideValues is the number of parameters and results from which on the values that a
// call or a branch passes are paid for, one unit for four: ordinary compilers pass
// fewer.
const wideValues = 16

func (t FuncType) wide() uint32 {
	if n := len(t.Params) + len(t.Results); n >= wideValues {
		return uint32(n) / 4
	}
	return 0
}

// count returns how many functions, tables, memories or globals there are,
// imports counted in.
func (m *module) count(kind byte) int {
	own := [...]int{len(m.functions), len(m.tables), len(m.memories), len(m.globals)}[kind]
	return int(m.imported[kind]) + own
}

var kindNames = [...]string{"function", "table", "memory", "global"}

// index reads an index that must be less than count.
func (r *reader) index(what string, count int) uint32 {
	i := r.u32()
	if r.err == nil && int64(i) >= int64(count) {
		r.fail(fmt.Errorf("there is no %s %d", what, i))
	}
	return i
}

func (m *module) export(r *reader) Export {
	e := Export{Name: r.name(), Kind: r.byte()}
	if r.err == nil && e.Kind == kindTag {
		r.fail(exceptions.found("it exports the tag %q", e.Name))
	}
	if r.err == nil && e.Kind > KindGlobal {
		r.fail(fmt.Errorf("export %q: unknown kind 0x%02x", e.Name, e.Kind))
	}
	if r.err == nil {
		e.Index = r.index(kindNames[e.Kind], m.count(e.Kind))
	}
	return e
}

func (m *module) global(r *reader) global {
	g := global{valueType: r.byte()}
	switch flag := r.byte(); flag {
	case 0, 1:
		g.mutable = flag == 1
	default:
		r.fail(fmt.Errorf("mutability 0x%02x of a global", flag))
	}
	g.init = m.constant(r)
	return g
}

// constant reads a constant expression. Only imported globals may be got.
func (m *module) constant(r *reader) constant {
	start := r.at
	c := constant{op: r.byte()}
	switch c.op {
	case opI32Const:
		r.signed(32)
	case opI64Const:
		r.signed(64)
	case opF32Const:
		r.bytes(4)
	case opF64Const:
		r.bytes(8)
	case opGlobalGet:
		c.index = r.index("imported global", int(m.imported[KindGlobal]))
	case opRefNull:
		r.byte()
	case opRefFunc:
		c.index = r.index("function", m.count(KindFunction))
	case opPrefixVector:
		if r.byte() != vectorConst {
			r.fail(errors.New("a vector instruction in a constant expression"))
		}
		r.bytes(16)
	default:
		r.fail(fmt.Errorf("instruction 0x%02x in a constant expression", c.op))
	}
	if r.err == nil {
		c.raw = r.data[start:r.at]
	}
	if r.byte() != opEnd {
		r.fail(extendedConst.found("one is"))
	}
	return c
}

func (m *module) element(r *reader) element {
	e := element{flags: r.u32()}
	if e.flags > 7 {
		r.fail(fmt.Errorf("element segment of form %d", e.flags))
		return e
	}
	if e.active() {
		if e.flags&2 != 0 {
			e.table = r.u32()
		}
		if r.err == nil && int(e.table) >= m.count(KindTable) {
			r.fail(fmt.Errorf("there is no table %d", e.table))
		}
		e.offset = m.constant(r)
	}
	if e.flags&3 != 0 {
		e.kind = r.byte()
	}
	if e.flags&4 != 0 {
		e.values = vector(r, 3, m.constant)
		return e
	}
	e.functions = vector(r, 1, func(r *reader) uint32 { return r.index("function", m.count(KindFunction)) })
	return e
}

func (e *element) active() bool { return e.flags&1 == 0 }

func (m *module) segment(r *reader) segment {
	s := segment{flags: r.u32()}
	switch s.flags {
	case 0, 2:
		if s.flags == 2 {
			s.memory = r.u32()
		}
		if r.err == nil && int(s.memory) >= m.count(KindMemory) {
			r.fail(fmt.Errorf("there is no memory %d", s.memory))
		}
		s.offset = m.constant(r)
	case 1:
	default:
		r.fail(fmt.Errorf("data segment of form %d", s.flags))
	}
	s.bytes = r.bytes(r.u32())
	return s
}

func (m *module) complete() error {
	if len(m.bodies) != len(m.functions) {
		return fmt.Errorf("%d functions are declared and %d have code", len(m.functions), len(m.bodies))
	}
	if m.present[SectionDataCount] && int64(m.dataCount) != int64(len(m.data)) {
		return fmt.Errorf("%d data segments are counted and %d are there", m.dataCount, len(m.data))
	}
	if n := m.count(KindMemory); n > 1 {
		return severalMemories.found("it has %d", n)
	}
	m.completeNames()
	return nil
}

// completeNames reads the names, without malformed parts: for these the engine would
// refuse the module, or trust their counts.
func (m *module) completeNames() {
	i := slices.IndexFunc(m.customs, func(c custom) bool { return c.name == "name" })
	if i < 0 {
		return
	}
	if m.names = readNames(m.customs[i].body); m.names.broken {
		m.customs[i].raw = m.names.encode(func(i uint32) uint32 { return i }, false)
	}
}

// functionName names a function for messages.
func (m *module) functionName(index uint32) string {
	if name := m.names.function(index); name != "" {
		return fmt.Sprintf("function %d (%s)", index, name)
	}
	for _, e := range m.exports {
		if e.Kind == KindFunction && e.Index == index {
			return fmt.Sprintf("function %d (exported as %.*s)", index, maxNameBytes, e.Name)
		}
	}
	return fmt.Sprintf("function %d", index)
}
