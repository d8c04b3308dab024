package wasmbin

// encode writes a module. bodies are the functions' code, in their final form.
func (m *module) encode() []byte {
	size := 1024
	for _, b := range m.bodies {
		size += len(b.raw) + 5
	}
	for _, s := range m.data {
		size += len(s.bytes) + 12
	}
	for _, c := range m.customs {
		size += len(c.raw) + 6
	}
	out := append(make([]byte, 0, size), header...)
	out = m.appendCustoms(out, 0)
	for rank := 1; rank <= order[SectionData]; rank++ {
		for id, of := range order {
			if of == rank && m.present[id] {
				out = m.appendSection(out, byte(id))
			}
		}
		out = m.appendCustoms(out, rank)
	}
	return out
}

func (m *module) appendCustoms(out []byte, rank int) []byte {
	for _, c := range m.customs {
		if c.rank == rank {
			out = appendSized(append(out, SectionCustom), c.raw)
		}
	}
	return out
}

func appendSized(out, content []byte) []byte {
	return append(appendU32(out, uint32(len(content))), content...)
}

func (m *module) appendSection(out []byte, id byte) []byte {
	var content []byte
	switch id {
	case SectionType:
		content = appendVector(content, m.types, appendType)
	case SectionImport:
		content = appendVector(content, m.imports, appendImport)
	case SectionFunction:
		content = appendVector(content, m.functions, appendU32)
	case SectionTable:
		content = appendVector(content, m.tables, func(out []byte, t table) []byte { return t.limits.append(append(out, t.element)) })
	case SectionMemory:
		content = appendVector(content, m.memories, func(out []byte, l Limits) []byte { return l.append(out) })
	case SectionGlobal:
		content = appendVector(content, m.globals, appendGlobal)
	case SectionExport:
		content = appendVector(content, m.exports, appendExport)
	case SectionStart:
		content = appendU32(content, m.start)
	case SectionElement:
		content = appendVector(content, m.elements, appendElement)
	case SectionDataCount:
		content = appendU32(content, uint32(len(m.data)))
	case SectionCode:
		content = appendVector(make([]byte, 0, cap(out)-len(out)), m.bodies, func(out []byte, b body) []byte { return appendSized(out, b.raw) })
	case SectionData:
		content = appendVector(content, m.data, appendSegment)
	}
	return appendSized(append(out, id), content)
}

func appendVector[T any](out []byte, entries []T, entry func([]byte, T) []byte) []byte {
	out = appendU32(out, uint32(len(entries)))
	for _, e := range entries {
		out = entry(out, e)
	}
	return out
}

func appendType(out []byte, t FuncType) []byte {
	return appendSized(appendSized(append(out, 0x60), t.Params), t.Results)
}

func appendImport(out []byte, i Import) []byte {
	out = append(appendName(appendName(out, i.Module), i.Name), i.Kind)
	switch i.Kind {
	case KindFunction:
		return appendU32(out, i.typeIndex)
	case KindTable:
		return i.Limits.append(append(out, i.ValueType))
	case KindMemory:
		return i.Limits.append(out)
	default:
		return append(out, i.ValueType, flag(i.Mutable))
	}
}

func flag(set bool) byte {
	if set {
		return 1
	}
	return 0
}

func appendGlobal(out []byte, g global) []byte {
	return appendConstant(append(out, g.valueType, flag(g.mutable)), g.init)
}

func appendConstant(out []byte, c constant) []byte {
	return append(append(out, c.raw...), opEnd)
}

func appendExport(out []byte, e Export) []byte {
	return appendU32(append(appendName(out, e.Name), e.Kind), e.Index)
}

func appendElement(out []byte, e element) []byte {
	out = appendU32(out, e.flags)
	if e.active() {
		if e.flags&2 != 0 {
			out = appendU32(out, e.table)
		}
		out = appendConstant(out, e.offset)
	}
	if e.flags&3 != 0 {
		out = append(out, e.kind)
	}
	if e.flags&4 != 0 {
		return appendVector(out, e.values, appendConstant)
	}
	return appendVector(out, e.functions, appendU32)
}

func appendSegment(out []byte, s segment) []byte {
	out = appendU32(out, s.flags)
	if s.flags == 2 {
		out = appendU32(out, s.memory)
	}
	if s.flags != 1 {
		out = appendConstant(out, s.offset)
	}
	return appendSized(out, s.bytes)
}
