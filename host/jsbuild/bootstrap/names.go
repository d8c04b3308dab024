package bootstrap

import (
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/usherhost/usher/host/wasmbin"
)

// named returns a module with a name section that names its exported functions
// as they are exported: profiles and stacks show them then. A module that has
// names keeps its own.
func named(wasm []byte) ([]byte, error) {
	m, err := wasmbin.Parse(wasm)
	if err != nil {
		return nil, err
	}
	exports := slices.DeleteFunc(m.Exports, func(e wasmbin.Export) bool { return e.Kind != wasmbin.KindFunction })
	slices.SortStableFunc(exports, func(a, b wasmbin.Export) int { return cmp.Compare(a.Index, b.Index) })
	exports = slices.CompactFunc(exports, func(a, b wasmbin.Export) bool { return a.Index == b.Index })
	names := binary.AppendUvarint(nil, uint64(len(exports)))
	for _, e := range exports {
		names = appendText(binary.AppendUvarint(names, uint64(e.Index)), e.Name)
	}
	const functionNames = 1
	return wasmbin.AppendCustom(slices.Clone(wasm), "name", appendText([]byte{functionNames}, string(names))), nil
}

// appendText appends the length of text, then text.
func appendText(to []byte, text string) []byte {
	return append(binary.AppendUvarint(to, uint64(len(text))), text...)
}
