package extism

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/usherhost/usher/host/wasmbin"
)

// Link is a module whose functions another one imports, by this name.
type Link struct {
	Name string
	Wasm []byte
}

// linkSection is the custom section that holds a linked module within the one
// that imports from it, so that one digest names both: the length of its name, the
// name, the module.
const linkSection = "usher:link"

// Bundle returns main with the modules that it links, in the order in which they
// are to be instantiated. [LinksOf] reads them.
func Bundle(main []byte, links []Link) []byte {
	out := slices.Clone(main)
	for _, l := range links {
		content := binary.AppendUvarint(nil, uint64(len(l.Name)))
		content = append(append(content, l.Name...), l.Wasm...)
		out = wasmbin.AppendCustom(out, linkSection, content)
	}
	return out
}

// maxLinks is how many modules one can link: each run instantiates all of them.
const maxLinks = 32

// LinksOf returns the modules that a module links.
func LinksOf(outline *wasmbin.Module) (links []Link, err error) {
	for _, s := range outline.Sections {
		name, rest, ok := s.Custom()
		if !ok || name != linkSection {
			continue
		}
		var l Link
		if l.Name, l.Wasm, ok = cutName(rest); !ok {
			return nil, fmt.Errorf("read module: a section %q is malformed", linkSection)
		}
		if len(links) == maxLinks {
			return nil, fmt.Errorf("read module: it links more than %d modules", maxLinks)
		}
		links = append(links, l)
	}
	return links, nil
}

func cutName(b []byte) (name string, rest []byte, ok bool) {
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(len(b)-size) {
		return "", nil, false
	}
	return string(b[size : size+int(n)]), b[size+int(n):], true
}
