package wasmbin

import "bytes"

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
