package wasmbin

import (
	"fmt"
	"slices"
)

// write writes what was reached as one module: the imports of all inputs first, then the
// rest, each in the order of the inputs.
func (l *linker) write() ([]byte, error) {
	l.number()
	for of := range l.inputs {
		l.addParts(of)
		if err := l.addBodies(of); err != nil {
			return nil, err
		}
	}
	for _, name := range l.exports {
		at := l.exported[name]
		l.out.exports = append(l.out.exports, Export{Name: name, Kind: byte(at.space), Index: l.moved[at]})
	}
	o := &l.out
	o.dataCount = uint32(len(o.data))
	for id, has := range map[int]bool{
		SectionType: len(o.types) > 0, SectionImport: len(o.imports) > 0, SectionFunction: len(o.functions) > 0,
		SectionTable: len(o.tables) > 0, SectionMemory: len(o.memories) > 0, SectionGlobal: len(o.globals) > 0,
		SectionExport: len(o.exports) > 0, SectionElement: len(o.elements) > 0, SectionCode: len(o.bodies) > 0,
		SectionData: len(o.data) > 0, SectionDataCount: len(o.data) > 0,
	} {
		o.present[id] = has
	}
	for _, kind := range []byte{KindMemory, KindTable} {
		if n := o.count(kind); n > 1 {
			return nil, fmt.Errorf("link: the result has %d of the kind %s; it may have one", n, kindNames[kind])
		}
	}
	l.addNames()
	return o.encode(), nil
}

// number gives every item that was reached its index in the result.
func (l *linker) number() {
	var next [spaces]uint32
	give := func(at item) {
		if l.reached[at] {
			l.moved[at] = next[at.space]
			next[at.space]++
		}
	}
	l.each(give, true)
	l.each(give, false)
}

// each calls do for the imports of all inputs, or for their own items.
func (l *linker) each(do func(item), imports bool) {
	for of, m := range l.inputs {
		for kind := range spaceType {
			from, to := uint32(0), m.imported[kind]
			if !imports {
				from, to = to, uint32(m.count(byte(kind)))
			}
			for i := from; i < to; i++ {
				do(item{of, kind, i})
			}
		}
		if imports {
			continue
		}
		for i := range m.data {
			do(item{of, spaceData, uint32(i)})
		}
		for i := range m.elements {
			do(item{of, spaceElement, uint32(i)})
		}
	}
}

// newIndex returns the index in the result of what an input's index stands for.
func (l *linker) newIndex(of int, s space, index uint32) uint32 {
	if s == spaceType {
		return l.out.addType(l.inputs[of].types[index])
	}
	return l.moved[l.settled(item{of, s, index})]
}

func (l *linker) constant(of int, c constant) constant {
	switch c.op {
	case opRefFunc:
		c.index = l.newIndex(of, spaceFunction, c.index)
		c.raw = appendU32([]byte{opRefFunc}, c.index)
	case opGlobalGet:
		c.index = l.newIndex(of, spaceGlobal, c.index)
		c.raw = appendU32([]byte{opGlobalGet}, c.index)
	}
	return c
}

// addParts adds all of an input but its code.
func (l *linker) addParts(of int) {
	m, o := l.inputs[of], &l.out
	var counts [4]uint32
	for _, i := range m.imports {
		if at := (item{of, space(i.Kind), counts[i.Kind]}); l.reached[at] {
			if i.Kind == KindFunction {
				i.typeIndex = o.addType(i.Type)
				o.foreign = append(o.foreign, i.Type)
			}
			o.imports = append(o.imports, i)
			o.imported[i.Kind]++
		}
		counts[i.Kind]++
	}
	own := func(kind byte, i int) bool { return l.reached[item{of, space(kind), m.imported[kind] + uint32(i)}] }
	for i, t := range m.tables {
		if own(KindTable, i) {
			o.tables = append(o.tables, t)
		}
	}
	for i, limits := range m.memories {
		if own(KindMemory, i) {
			o.memories = append(o.memories, limits)
		}
	}
	for i, g := range m.globals {
		if own(KindGlobal, i) {
			g.init = l.constant(of, g.init)
			o.globals = append(o.globals, g)
		}
	}
	l.addSegments(of)
}

func (l *linker) addSegments(of int) {
	m, o := l.inputs[of], &l.out
	for i, e := range m.elements {
		if !l.reached[item{of, spaceElement, uint32(i)}] {
			continue
		}
		e.table = l.newIndex(of, spaceTable, e.table)
		e.offset = l.constant(of, e.offset)
		e.functions, e.values = slices.Clone(e.functions), slices.Clone(e.values)
		for j, f := range e.functions {
			e.functions[j] = l.newIndex(of, spaceFunction, f)
		}
		for j, v := range e.values {
			e.values[j] = l.constant(of, v)
		}
		o.elements = append(o.elements, e)
	}
	for i, s := range m.data {
		if !l.reached[item{of, spaceData, uint32(i)}] {
			continue
		}
		s.memory = l.newIndex(of, spaceMemory, s.memory)
		s.offset = l.constant(of, s.offset)
		o.data = append(o.data, s)
	}
}

// addBodies adds the code of an input.
func (l *linker) addBodies(of int) error {
	m, o := l.inputs[of], &l.out
	for i, b := range m.bodies {
		if !l.reached[item{of, spaceFunction, m.imported[KindFunction] + uint32(i)}] {
			continue
		}
		raw, err := renumbered(b.raw, func(s space, index uint32) uint32 { return l.newIndex(of, s, index) })
		if err != nil {
			return fmt.Errorf("link %s: %w", l.names[of], err)
		}
		o.functions = append(o.functions, l.newIndex(of, spaceType, m.functions[i]))
		o.bodies = append(o.bodies, body{raw: raw})
	}
	return nil
}

// addNames adds a name section with the names of functions.
func (l *linker) addNames() {
	var names []functionName
	for of, m := range l.inputs {
		for _, f := range m.names.functions {
			at := item{of, spaceFunction, f.index}
			if l.reached[at] {
				names = append(names, functionName{l.moved[at], f.name})
			}
		}
	}
	if len(names) == 0 {
		return
	}
	slices.SortFunc(names, func(a, b functionName) int { return int(a.index) - int(b.index) })
	n := nameSection{functions: names, parts: []namePart{{id: namesFunctions}}}
	l.out.customs = []custom{{name: "name", rank: order[SectionData], raw: n.encode(func(i uint32) uint32 { return i }, true)}}
}
