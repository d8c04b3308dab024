package wasmbin

import (
	"bytes"
	"fmt"
	"slices"
)

// Input is a module to link.
type Input struct {
	Name string // from which the others import what it exports
	Wasm []byte
}

// Link joins modules to one: an import from a module of this name is what that exports.
// Imports from elsewhere stay. The result exports what the inputs export under the given
// names, and has nothing that is reached neither from there nor by the start function.
// Names of functions are kept; other custom sections are not.
func Link(inputs []Input, exports []string) ([]byte, error) {
	l := &linker{
		exports: exports, byName: map[string]int{}, resolved: map[item]item{}, shared: map[string]item{},
		reached: map[item]bool{}, moved: map[item]uint32{}, exported: map[string]item{},
	}
	for _, i := range inputs {
		m, err := decode(i.Wasm)
		if err != nil {
			return nil, fmt.Errorf("link %s: %w", i.Name, err)
		}
		l.byName[i.Name] = len(l.inputs)
		l.inputs = append(l.inputs, m)
		l.names = append(l.names, i.Name)
	}
	for of := range l.inputs {
		if err := l.resolve(of); err != nil {
			return nil, fmt.Errorf("link %s: %w", l.names[of], err)
		}
	}
	if err := l.reachExports(); err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	return l.write()
}

// item is a part of an input that an index stands for.
type item struct {
	input int
	space space
	index uint32
}

// linker links decoded modules.
type linker struct {
	inputs   []*module
	names    []string
	byName   map[string]int
	exports  []string
	resolved map[item]item // imports that are another input's export, or the same import
	shared   map[string]item
	reached  map[item]bool
	queue    []item
	out      module
	moved    map[item]uint32 // the index in out
	exported map[string]item
}

// resolve finds what an input imports from others.
func (l *linker) resolve(of int) error {
	var counts [4]uint32
	for _, i := range l.inputs[of].imports {
		at := item{of, space(i.Kind), counts[i.Kind]}
		counts[i.Kind]++
		from, ours := l.byName[i.Module]
		if !ours {
			l.share(at, i)
			continue
		}
		found, err := l.export(from, i.Name, i.Kind)
		if err != nil {
			return err
		}
		if i.Kind == KindFunction && !sameType(i.Type, l.inputs[from].typeOf(found.index)) {
			return fmt.Errorf("it imports %q.%q with another type", i.Module, i.Name)
		}
		l.resolved[at] = found
	}
	return nil
}

// share makes a function that inputs import alike one import.
func (l *linker) share(at item, i Import) {
	if i.Kind != KindFunction {
		return
	}
	key := fmt.Sprintf("%q %q %x %x", i.Module, i.Name, i.Type.Params, i.Type.Results)
	if first, again := l.shared[key]; again {
		l.resolved[at] = first
		return
	}
	l.shared[key] = at
}

func sameType(a, b FuncType) bool {
	return bytes.Equal(a.Params, b.Params) && bytes.Equal(a.Results, b.Results)
}

func (l *linker) export(from int, name string, kind byte) (item, error) {
	for _, e := range l.inputs[from].exports {
		if e.Name == name && e.Kind == kind {
			return item{from, space(kind), e.Index}, nil
		}
	}
	return item{}, fmt.Errorf("%s exports no %s %q", l.names[from], kindNames[kind], name)
}

// settled follows imports to what they are.
func (l *linker) settled(at item) item {
	for range l.inputs { // a ring of imports ends too
		next, ok := l.resolved[at]
		if !ok {
			break
		}
		at = next
	}
	return at
}

// reachExports marks what the exports and start functions need.
func (l *linker) reachExports() error {
	for of, m := range l.inputs {
		if m.present[SectionStart] {
			return fmt.Errorf("%s has a start function, which can't be joined", l.names[of])
		}
		for _, e := range m.exports {
			if _, taken := l.exported[e.Name]; !taken && slices.Contains(l.exports, e.Name) {
				l.exported[e.Name] = l.settled(item{of, space(e.Kind), e.Index})
			}
		}
	}
	for _, name := range l.exports {
		at, ok := l.exported[name]
		if !ok {
			return fmt.Errorf("no module exports %q", name)
		}
		l.reach(at)
	}
	for len(l.queue) > 0 {
		at := l.queue[0]
		l.queue = l.queue[1:]
		if err := l.follow(at); err != nil {
			return err
		}
	}
	return nil
}

// reach marks an item, and those that are there with it.
func (l *linker) reach(at item) {
	at = l.settled(at)
	if !l.reached[at] {
		l.reached[at] = true
		l.queue = append(l.queue, at)
	}
}

// follow marks what an item refers to.
func (l *linker) follow(at item) error {
	m := l.inputs[at.input]
	switch at.space {
	case spaceFunction:
		own := int(at.index) - int(m.imported[KindFunction])
		if own < 0 {
			return nil
		}
		_, err := renumbered(m.bodies[own].raw, func(s space, index uint32) uint32 {
			if s != spaceType {
				l.reach(item{at.input, s, index})
			}
			return index
		})
		if err != nil {
			return fmt.Errorf("%s: %s: %w", l.names[at.input], m.functionName(at.index), err)
		}
	case spaceGlobal:
		if own := int(at.index) - int(m.imported[KindGlobal]); own >= 0 {
			l.followConstant(at.input, m.globals[own].init)
		}
	case spaceTable, spaceMemory:
		l.followSegments(at)
	case spaceElement:
		e := m.elements[at.index]
		l.followConstant(at.input, e.offset)
		for _, f := range e.functions {
			l.reach(item{at.input, spaceFunction, f})
		}
		for _, v := range e.values {
			l.followConstant(at.input, v)
		}
	case spaceData:
		l.followConstant(at.input, m.data[at.index].offset)
	}
	return nil
}

// followSegments marks the active segments of a table or memory, of every input.
func (l *linker) followSegments(at item) {
	for of, m := range l.inputs {
		for i, e := range m.elements {
			if at.space == spaceTable && e.active() && l.settled(item{of, spaceTable, e.table}) == at {
				l.reach(item{of, spaceElement, uint32(i)})
			}
		}
		for i, s := range m.data {
			if at.space == spaceMemory && s.flags != 1 && l.settled(item{of, spaceMemory, s.memory}) == at {
				l.reach(item{of, spaceData, uint32(i)})
			}
		}
	}
}

func (l *linker) followConstant(of int, c constant) {
	switch c.op {
	case opRefFunc:
		l.reach(item{of, spaceFunction, c.index})
	case opGlobalGet:
		l.reach(item{of, spaceGlobal, c.index})
	}
}
