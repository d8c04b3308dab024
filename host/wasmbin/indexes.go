package wasmbin

import (
	"errors"
	"fmt"
)

// space is what an index in an instruction counts.
type space byte

const (
	spaceFunction space = iota // as the kinds of imports and exports
	spaceTable
	spaceMemory
	spaceGlobal
	spaceType
	spaceData
	spaceElement
	spaces
)

// walker goes through the instructions of a body, one by one. It is for modules that
// the engine has accepted: it checks no index, and knows no labels.
type walker struct {
	reader
	renumber func(space, uint32) uint32 // nil leaves all indexes as they are
	out      []byte                     // the instructions with their new indexes; unused without renumber
}

// renumbered returns a body's code with its indexes renumbered.
func renumbered(raw []byte, renumber func(space, uint32) uint32) ([]byte, error) {
	w := &walker{reader: reader{data: raw}, renumber: renumber, out: make([]byte, 0, len(raw)+len(raw)/8)}
	w.skipLocals()
	w.out = append(w.out, raw[:w.at]...)
	for w.err == nil && w.at < len(raw) {
		w.next()
	}
	return w.out, w.err
}

func (w *walker) skipLocals() {
	for range w.u32() {
		w.u32()
		w.byte()
		if w.err != nil {
			return
		}
	}
}

// next goes over one instruction.
func (w *walker) next() {
	start := w.at
	op := w.byte()
	switch shapes[op] {
	case block:
		w.blockType(start)
		return
	case function, indirect, globalIndex, tableIndex, zero:
		w.copy(start)
		for _, s := range operands[shapes[op]] {
			w.index(s)
		}
	case prefixed:
		w.prefixed(start, op)
	case targets:
		for n := w.u32() + 1; n > 0 && w.err == nil; n-- {
			w.u32()
		}
		w.copy(start)
	case depth, local:
		w.u32()
		w.copy(start)
	case access:
		w.access()
		w.copy(start)
		w.touchMemory()
	case reference:
		w.byte()
		w.copy(start)
	case types:
		w.bytes(w.u32())
		w.copy(start)
	case unknown:
		w.fail(fmt.Errorf("unknown instruction 0x%02x", op))
	default:
		w.immediate(shapes[op])
		w.copy(start)
	}
}

// copy writes the bytes from start to here.
func (w *walker) copy(start int) {
	if w.renumber != nil && w.err == nil {
		w.out = append(w.out, w.data[start:w.at]...)
	}
}

// touchMemory reports the memory that a load or store does not name: the first.
func (w *walker) touchMemory() {
	if w.renumber != nil {
		w.renumber(spaceMemory, 0)
	}
}

// operands are the index spaces of the operands of instructions that have no others.
var operands = map[shape][]space{
	function: {spaceFunction}, indirect: {spaceType, spaceTable}, globalIndex: {spaceGlobal}, tableIndex: {spaceTable}, zero: {spaceMemory},
}

// index reads an index and writes it in its new form.
func (w *walker) index(s space) {
	old := w.u32()
	if w.renumber != nil && w.err == nil {
		w.out = appendU32(w.out, w.renumber(s, old))
	}
}

func (w *walker) blockType(start int) {
	at := w.at
	if t := w.signed(33); t < 0 {
		w.copy(start)
		return
	}
	w.at = at
	before := w.at
	if w.renumber == nil {
		w.u32()
		return
	}
	w.out = append(w.out, w.data[start:before]...)
	w.out = appendSigned(w.out, int64(w.renumber(spaceType, w.u32())))
}

// miscOperands are the index spaces of the operands of instructions behind
// opPrefixMisc, in order.
var miscOperands = map[uint32][]space{
	miscMemoryInit: {spaceData, spaceMemory},
	miscDataDrop:   {spaceData},
	miscMemoryCopy: {spaceMemory, spaceMemory},
	miscMemoryFill: {spaceMemory},
	miscTableInit:  {spaceElement, spaceTable},
	miscElemDrop:   {spaceElement},
	miscTableCopy:  {spaceTable, spaceTable},
	miscTableGrow:  {spaceTable},
	miscTableSize:  {spaceTable},
	miscTableFill:  {spaceTable},
}

func (w *walker) prefixed(start int, op byte) {
	sub := w.u32()
	if op == opPrefixVector {
		lanes, memory, known := vectorImmediates(sub)
		if !known {
			w.fail(errors.New("unknown vector instruction"))
		}
		if memory {
			w.access()
			w.touchMemory()
		}
		w.bytes(lanes)
		w.copy(start)
		return
	}
	w.copy(start)
	for _, s := range miscOperands[sub] {
		w.index(s)
	}
}
