package wasmbin

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"unicode/utf8"
)

// Custom returns the name and the content of a custom section. It reports false
// when the section is not a custom one, or is malformed.
func (s Section) Custom() (name string, content []byte, ok bool) {
	if s.ID != SectionCustom {
		return "", nil, false
	}
	r := &reader{data: s.Body}
	name = r.name()
	return name, s.Body[r.at:], r.err == nil
}

// CustomSection returns the content of a module's first custom section with
// this name, nil when the module has none. It reads no other section, and stops
// at the first one that is malformed. The result shares wasm's memory.
func CustomSection(wasm []byte, name string) []byte {
	if !bytes.HasPrefix(wasm, header) {
		return nil
	}
	r := &reader{data: wasm, at: len(header)}
	for r.at < len(wasm) {
		s := Section{ID: r.byte(), Body: r.bytes(r.u32())}
		if r.err != nil {
			return nil
		}
		if found, content, ok := s.Custom(); ok && found == name {
			return content
		}
	}
	return nil
}

// AppendCustom appends a custom section to a module, which it may write to
// where the slice has room.
func AppendCustom(wasm []byte, name string, content []byte) []byte {
	body := append(appendSized(nil, []byte(name)), content...)
	return appendSized(append(wasm, SectionCustom), body)
}

// The subsections of the name section that contain function indexes.
const (
	namesModule    = 0
	namesFunctions = 1
	namesLocals    = 2
	namesLabels    = 3
)

// maxNameBytes is the longest name of a function, or of the module, that is not cut:
// the engine writes them into the stack trace of every trap, one a frame.
const maxNameBytes = 1 << 10

// nameSection is the custom section "name". It has no effect on how a module runs,
// so parts that can't be read are left out, and long names are cut.
type nameSection struct {
	functions []functionName // by ascending index
	parts     []namePart
	broken    bool // something was left out or cut
}

type functionName struct {
	index uint32
	name  []byte
}

type namePart struct {
	id   byte
	body []byte
	by   []namedFunction // of locals and labels
}

type namedFunction struct {
	index uint32
	rest  []byte // a name map
}

func readNames(content []byte) nameSection {
	var n nameSection
	r := &reader{data: content}
	for r.at < len(content) {
		p := namePart{id: r.byte()}
		p.body = r.bytes(r.u32())
		switch {
		case r.err != nil:
			n.broken = true
			return n
		case n.add(&p):
			n.parts = append(n.parts, p)
		default:
			n.broken = true
		}
	}
	return n
}

// add adds a part and reports whether it is well formed.
func (n *nameSection) add(p *namePart) bool {
	r := &reader{data: p.body}
	switch p.id {
	case namesModule:
		if name := r.name(); len(name) > maxNameBytes && r.err == nil && r.at == len(p.body) {
			p.body = appendName(nil, string(n.cut([]byte(name))))
			return true
		}
	case namesFunctions:
		names := vector(r, 2, func(r *reader) functionName { return functionName{r.u32(), r.text()} })
		if !slices.IsSortedFunc(names, func(a, b functionName) int { return cmp.Compare(a.index, b.index) }) {
			return false
		}
		for i := range names {
			names[i].name = n.cut(names[i].name)
		}
		n.functions = names
	case namesLocals, namesLabels:
		p.by = vector(r, 2, func(r *reader) namedFunction {
			index, start := r.u32(), r.at
			for range r.u32() {
				r.u32()
				r.text()
				if r.err != nil {
					return namedFunction{}
				}
			}
			return namedFunction{index, r.data[start:r.at]}
		})
	default:
		return true
	}
	return r.err == nil && r.at == len(p.body)
}

// cut returns the beginning of a name that is too long.
func (n *nameSection) cut(name []byte) []byte {
	end := maxNameBytes
	if len(name) <= end {
		return name
	}
	n.broken = true
	for end > 0 && !utf8.RuneStart(name[end]) {
		end--
	}
	return name[:end:end]
}

// encode writes the section's content with function indexes passed through
// move. Brief leaves out all but the names of the module and its functions.
func (n *nameSection) encode(move func(uint32) uint32, brief bool) []byte {
	out := appendName(nil, "name")
	for _, p := range n.parts {
		content := p.body
		switch p.id {
		case namesModule:
		case namesFunctions:
			content = encodeFunctionNames(n.functions, move)
		case namesLocals, namesLabels:
			content = binary.AppendUvarint(nil, uint64(len(p.by)))
			for _, f := range p.by {
				content = append(binary.AppendUvarint(content, uint64(move(f.index))), f.rest...)
			}
		}
		if p.id > namesFunctions && brief {
			continue
		}
		out = append(appendU32(append(out, p.id), uint32(len(content))), content...)
	}
	return out
}

func encodeFunctionNames(names []functionName, move func(uint32) uint32) []byte {
	out := appendU32(nil, uint32(len(names)))
	for _, f := range names {
		out = appendSized(appendU32(out, move(f.index)), f.name)
	}
	return out
}

// function returns a function's name, "" when it has none.
func (n *nameSection) function(index uint32) string {
	i, found := slices.BinarySearchFunc(n.functions, index, func(f functionName, index uint32) int {
		return cmp.Compare(f.index, index)
	})
	if !found {
		return ""
	}
	return string(n.functions[i].name)
}

func appendU32(out []byte, v uint32) []byte { return binary.AppendUvarint(out, uint64(v)) }

func appendName(out []byte, name string) []byte {
	return append(appendU32(out, uint32(len(name))), name...)
}

func appendSigned(out []byte, v int64) []byte {
	for {
		b := byte(v & 0x7f)
		v >>= 7
		if v == 0 && b&0x40 == 0 || v == -1 && b&0x40 != 0 {
			return append(out, b)
		}
		out = append(out, b|0x80)
	}
}
