// Package wasmbin reads, checks and rewrites WebAssembly module binaries. It knows
// the format, not what a module is for; validation of types stays with the engine.
//
// # Types and functions
//
//   - [Parse] reads the outline of a module, a [Module]: imports, exports, types,
//     and the sections as they are. [CustomSection] reads one custom section,
//     [AppendCustom] appends one.
//   - [Check] returns why an untrusted module should not reach the engine: it is
//     malformed, uses an [Unsupported] feature, or exceeds one of the [Budgets].
//     [Explain] makes a problem with a hint of an error.
//   - [Rewrite] writes a module with the changes of [Options], and returns [Facts]
//     about it: it makes the code count its fuel, lowers maxima, exports what a host
//     needs to restore instances, and lets a module begin with a [State].
//
// # From bytes to metered code
//
//	bytes ── Check ──▶ accepted bytes ── Rewrite ──▶ metered bytes ──▶ engine
//	            │                           │
//	            ▼                           ▼
//	         problems                     Facts
//
// Rewrite decodes all sections but the code (module.go). For each function it scans
// the instructions into events (scan.go), computes the charge of each charge point
// backwards, where callers pay for small functions (cost.go), and writes the body
// again with the charges (inject.go, meter.go). Check uses the same scan to estimate
// compile times (flow.go).
//
// The package reads WebAssembly 2.0 without threads, tail calls, exceptions and
// garbage collection. Results share the input's memory, and memory is allocated in
// proportion to the input. All functions are safe for concurrent use.
package wasmbin

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// The section ids of the binary format, in the order of the core
// specification, release 2.0, section 5.5.2.
const (
	SectionCustom = iota
	SectionType
	SectionImport
	SectionFunction
	SectionTable
	SectionMemory
	SectionGlobal
	SectionExport
	SectionStart
	SectionElement
	SectionCode
	SectionData
	SectionDataCount
)

// The kinds of imports and exports.
const (
	KindFunction byte = iota
	KindTable
	KindMemory
	KindGlobal
)

// PageBytes is the size of a WebAssembly page.
const PageBytes = 1 << 16

var header = []byte{0, 'a', 's', 'm', 1, 0, 0, 0}

// Module is a module's outline: its sections as they came, and the parts of
// them that a host must know before it compiles anything.
type Module struct {
	Sections []Section
	Types    []FuncType
	Imports  []Import
	Tables   []Limits // own ones, imports left out
	Memories []Limits // own ones, in pages
	Exports  []Export

	functions []uint32 // type index of each own function
}

// Section is one section; Body is its content without id and size.
type Section struct {
	ID   byte
	Body []byte
}

// FuncType is a function's signature, in the format's type bytes.
type FuncType struct{ Params, Results []byte }

// Import is one import. Type is set for functions.
type Import struct {
	Module, Name string
	Kind         byte
	Type         FuncType
	Limits       Limits // of a table or memory
	ValueType    byte   // of a global, or of a table's elements
	Mutable      bool   // of a global

	typeIndex uint32 // of a function
}

// Export is one export. Index counts imports first.
type Export struct {
	Name  string
	Kind  byte
	Index uint32
}

// Limits are a table's or memory's size.
type Limits struct {
	Min, Max uint32
	HasMax   bool
}

// ErrNotWasm is the error of a file that does not begin as a WebAssembly module does.
var ErrNotWasm = errors.New("not a WebAssembly module: it does not begin with \\0asm and version 1")

// ErrComponent is the error of a file that is a component, which is another format.
var ErrComponent = errors.New("a WebAssembly component, not a core module")

// Parse reads the outline of a module. The result shares wasm's memory.
func Parse(wasm []byte) (*Module, error) {
	if len(wasm) >= 8 && bytes.Equal(wasm[:4], header[:4]) && wasm[6] == 1 {
		return nil, ErrComponent
	}
	if !bytes.HasPrefix(wasm, header) {
		return nil, notWasm(wasm)
	}
	m := &Module{}
	r := &reader{data: wasm, at: len(header)}
	for r.at < len(wasm) && r.err == nil {
		start := r.at
		id := r.byte()
		body := r.bytes(r.u32())
		if r.err != nil {
			return nil, fmt.Errorf("section %d at byte %d: %w", id, start, r.err)
		}
		if err := m.add(Section{ID: id, Body: body}); err != nil {
			return nil, fmt.Errorf("section %d at byte %d: %w", id, start, err)
		}
	}
	return m, r.err
}

// sectionTag declares exceptions.
const sectionTag = SectionDataCount + 1

func unknownSection(id byte) error {
	if id == sectionTag {
		return exceptions.found("a tag section (id %d)", id)
	}
	return fmt.Errorf("unknown section id %d", id)
}

func (m *Module) add(s Section) error {
	if s.ID > SectionDataCount {
		return unknownSection(s.ID)
	}
	m.Sections = append(m.Sections, s)
	r := &reader{data: s.Body}
	switch s.ID {
	case SectionType:
		m.Types = vector(r, 3, (*reader).funcType)
	case SectionImport:
		m.Imports = vector(r, 4, func(r *reader) Import { return r.importEntry(m.Types) })
	case SectionFunction:
		m.functions = vector(r, 1, (*reader).u32)
	case SectionTable:
		m.Tables = vector(r, 3, func(r *reader) Limits { r.byte(); return r.limits() })
	case SectionMemory:
		m.Memories = vector(r, 2, (*reader).limits)
	case SectionExport:
		m.Exports = vector(r, 3, (*reader).export)
	default:
		return nil
	}
	if r.err == nil && r.at != len(s.Body) {
		return fmt.Errorf("%d bytes too many", len(s.Body)-r.at)
	}
	return r.err
}

// FuncType returns the signature of the function with index, imports counted first.
// It reports false when the index is too large.
func (m *Module) FuncType(index uint32) (FuncType, bool) {
	for _, i := range m.Imports {
		if i.Kind != KindFunction {
			continue
		}
		if index == 0 {
			return i.Type, true
		}
		index--
	}
	if int64(index) >= int64(len(m.functions)) || int64(m.functions[index]) >= int64(len(m.Types)) {
		return FuncType{}, false
	}
	return m.Types[m.functions[index]], true
}

// Function returns the signature of the exported function name.
func (m *Module) Function(name string) (FuncType, bool) {
	for _, e := range m.Exports {
		if e.Name == name && e.Kind == KindFunction {
			return m.FuncType(e.Index)
		}
	}
	return FuncType{}, false
}

func (l Limits) append(body []byte) []byte {
	flag := byte(0)
	if l.HasMax {
		flag = 1
	}
	body = binary.AppendUvarint(append(body, flag), uint64(l.Min))
	if l.HasMax {
		body = binary.AppendUvarint(body, uint64(l.Max))
	}
	return body
}
