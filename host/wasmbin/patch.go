package wasmbin

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Patch is a change of one function. Its code is written as the instructions of the
// text format in their order, such as "local.get 0 i32.load 8 local.set line":
//
//   - a number is an index of the module as it came, of a load or store its offset
//     (the alignment is the natural one);
//   - call also takes the name of one of [Patches.Imports], and local.get, local.set
//     and local.tee that of one of Locals.
type Patch struct {
	Function uint32   // its index, imports counted in
	Why      string   // for errors
	Locals   []string // new ones of type i32
	Edits    []Edit
}

// Edit replaces each place with the code Find, of which there must be so many. An
// empty Find is the function's beginning. "br_if *" fits any label; in With it is the
// one that was found, the first for the first.
type Edit struct {
	Find, With string
	Times      int
}

// Patches are changes of a module.
type Patches struct {
	Imports []Import // functions that the new code calls, with their types
	Patches []Patch
}

// Apply returns the module with the functions changed and the imports added. Text
// that does not occur as often as an edit says is an error.
func (p Patches) Apply(wasm []byte) ([]byte, error) {
	m, err := decode(wasm)
	if err != nil {
		return nil, err
	}
	for _, patch := range p.Patches {
		if err := p.patch(m, patch); err != nil {
			return nil, fmt.Errorf("patch function %d (%s): %w", patch.Function, patch.Why, err)
		}
	}
	own, count, added := m.imported[KindFunction], uint32(m.count(KindFunction)), uint32(len(p.Imports))
	move := func(index uint32) uint32 {
		switch {
		case index < own:
			return index
		case index >= count: // new code calls the imports by numbers behind all others
			return own + index - count
		}
		return index + added
	}
	for _, i := range p.Imports {
		i.typeIndex = m.addType(i.Type)
		m.imports = append(slices.Clip(m.imports), i)
		m.foreign = append(slices.Clip(m.foreign), i.Type)
	}
	m.present[SectionImport] = len(m.imports) > 0
	m.imported[KindFunction] += added
	m.moveFunctions(move)
	for i := range m.bodies {
		m.bodies[i].raw, err = renumbered(m.bodies[i].raw, func(s space, index uint32) uint32 {
			if s == spaceFunction {
				return move(index)
			}
			return index
		})
		if err != nil {
			return nil, fmt.Errorf("own function %d: %w", i, err)
		}
	}
	for i, c := range m.customs {
		if c.name == "name" {
			m.customs[i].raw = m.names.encode(move, false)
		}
	}
	return m.encode(), nil
}

// patch changes one function, before anything is renumbered.
func (p Patches) patch(m *module, patch Patch) error {
	own := int64(patch.Function) - int64(m.imported[KindFunction])
	if own < 0 || own >= int64(len(m.bodies)) {
		return errors.New("the module has no code of it")
	}
	raw := m.bodies[own].raw
	a := assembler{names: map[string]uint32{}}
	for i, f := range p.Imports {
		a.names[f.Name] = uint32(m.count(KindFunction) + i)
	}
	count := uint32(len(m.typeOf(patch.Function).Params)) + declared(raw)
	for i, name := range patch.Locals {
		a.names[name] = count + uint32(i)
	}
	for _, e := range patch.Edits {
		var err error
		if raw, err = a.edit(raw, e); err != nil {
			return err
		}
	}
	m.bodies[own].raw = withLocals(raw, len(patch.Locals))
	return nil
}

// declared returns how many locals a body declares.
func declared(raw []byte) (n uint32) {
	r := &reader{data: raw}
	for range r.u32() {
		n += r.u32()
		r.byte()
	}
	return n
}

// withLocals adds locals of type i32 behind those of a body.
func withLocals(raw []byte, n int) []byte {
	if n == 0 {
		return raw
	}
	w := &walker{reader: reader{data: raw}}
	w.skipLocals()
	r := &reader{data: raw}
	out := appendU32(nil, r.u32()+1)
	out = append(out, raw[r.at:w.at]...)
	out = append(appendU32(out, uint32(n)), TypeI32)
	return append(out, raw[w.at:]...)
}

// assembler encodes the code of patches.
type assembler struct {
	names map[string]uint32 // of imports and locals
}

// piece is the code before a label that may be any, or up to the end.
type piece []byte

// edit returns a body with an edit.
func (a assembler) edit(raw []byte, e Edit) ([]byte, error) {
	find, err := a.assemble(e.Find)
	if err != nil {
		return nil, err
	}
	with, err := a.assemble(e.With)
	if err != nil {
		return nil, err
	}
	w := &walker{reader: reader{data: raw}}
	w.skipLocals()
	out, done, times := slices.Clone(raw[:w.at]), w.at, 0
	if e.Find == "" {
		out = append(out, with[0]...)
		return append(out, raw[done:]...), nil
	}
	for w.err == nil && w.at < len(raw) {
		if labels, end := fits(raw, w.at, find); end > 0 && w.at >= done {
			out = append(out, raw[done:w.at]...)
			if out, err = fill(out, with, labels); err != nil {
				return nil, fmt.Errorf("%q: %w", e.With, err)
			}
			done = end
			times++
		}
		w.next()
	}
	if times != e.Times {
		return nil, fmt.Errorf("it has %q %d times, not %d", e.Find, times, e.Times)
	}
	return append(out, raw[done:]...), w.err
}

// fits returns the labels that the code at a place has where find has any, and where it
// ends; 0 when the code does not fit.
func fits(raw []byte, at int, find []piece) (labels []uint32, end int) {
	for i, p := range find {
		if i > 0 {
			r := &reader{data: raw, at: at}
			labels = append(labels, r.u32())
			if at = r.at; r.err != nil {
				return nil, 0
			}
		}
		if !bytes.HasPrefix(raw[at:], p) {
			return nil, 0
		}
		at += len(p)
	}
	return labels, at
}

// fill appends code, with labels where it has any.
func fill(out []byte, with []piece, labels []uint32) ([]byte, error) {
	if len(with)-1 != len(labels) {
		return nil, fmt.Errorf("it has %d labels, and what it replaces has %d", len(with)-1, len(labels))
	}
	for i, p := range with {
		if i > 0 {
			out = appendU32(out, labels[i-1])
		}
		out = append(out, p...)
	}
	return out, nil
}

// operation is an instruction that patches may use.
type operation struct {
	op      byte
	operand shape // plain for none
	align   byte
}

var operations = map[string]operation{
	"block":     {op: opBlock, operand: block},
	"if":        {op: opIf, operand: block},
	"end":       {op: opEnd, operand: plain},
	"br_if":     {op: opBrIf, operand: depth},
	"call":      {op: opCall, operand: function},
	"local.get": {op: opLocalGet, operand: local},
	"local.set": {op: opLocalSet, operand: local},
	"local.tee": {op: opLocalTee, operand: local},
	"i32.load":  {op: opLoad, operand: access, align: 2},
	"i32.store": {op: opI32Store, operand: access, align: 2},
	"i32.const": {op: opI32Const, operand: int32s},
	"i32.eqz":   {op: opI32Eqz, operand: plain},
	"i32.eq":    {op: opI32Eq, operand: plain},
	"i32.add":   {op: opI32Add, operand: plain},
	"i32.and":   {op: opI32And, operand: plain},
}

// assemble encodes code, cut where it has a label that may be any.
func (a assembler) assemble(code string) ([]piece, error) {
	pieces := []piece{{}}
	words := strings.Fields(code)
	for i := 0; i < len(words); i++ {
		o, known := operations[words[i]]
		if !known {
			return nil, fmt.Errorf("%q: %q is not an instruction that patches may use", code, words[i])
		}
		last := len(pieces) - 1
		pieces[last] = append(pieces[last], o.op)
		switch o.operand {
		case plain:
			continue
		case block:
			pieces[last] = append(pieces[last], blockVoid)
			continue
		}
		if i++; i == len(words) {
			return nil, fmt.Errorf("%q: %s has no operand", code, words[i-1])
		}
		if o.operand == depth && words[i] == "*" {
			pieces = append(pieces, piece{})
			continue
		}
		n, err := a.operand(words[i])
		if err != nil {
			return nil, fmt.Errorf("%q: %w", code, err)
		}
		switch o.operand {
		case access:
			pieces[last] = appendU32(append(pieces[last], o.align), n)
		case int32s:
			pieces[last] = appendSigned(pieces[last], int64(int32(n)))
		default:
			pieces[last] = appendU32(pieces[last], n)
		}
	}
	return pieces, nil
}

func (a assembler) operand(word string) (uint32, error) {
	if n, ok := a.names[word]; ok {
		return n, nil
	}
	n, err := strconv.ParseUint(word, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%q is neither a number nor a name", word)
	}
	return uint32(n), nil
}
