package main

import (
	"encoding/binary"
	"errors"
)

// distinct returns the module with a custom section that makes it another, with
// the same code.
func distinct(wasm []byte, i int) []byte {
	section := binary.BigEndian.AppendUint32([]byte{0, 6, 1, 'n'}, uint32(i))
	return append(append([]byte{}, wasm...), section...)
}

// The parts of a module's binary that distinctCode knows.
const (
	headerBytes   = 8
	sectionGlobal = 6
)

var errNoGlobals = errors.New("the module has no section of globals")

// distinctCode returns the module with one more global, which nothing uses: no
// two of them can share compiled code.
func distinctCode(wasm []byte, i int) ([]byte, error) {
	for at := headerBytes; at < len(wasm); {
		length, n := binary.Uvarint(wasm[at+1:])
		if n <= 0 || length > uint64(len(wasm)-at-1-n) {
			return nil, errors.New("the module ends early")
		}
		begin := at + 1 + n
		end := begin + int(length)
		if wasm[at] != sectionGlobal {
			at = end
			continue
		}
		count, n := binary.Uvarint(wasm[begin:end])
		content := binary.AppendUvarint(nil, count+1)
		content = append(content, wasm[begin+n:end]...)
		content = append(content, 0x7f, 0, 0x41, byte(i>>7&0x7f)|0x80, byte(i&0x3f), 0x0b) // (global i32 (i32.const …))
		out := append([]byte{}, wasm[:at+1]...)
		out = binary.AppendUvarint(out, uint64(len(content)))
		return append(append(out, content...), wasm[end:]...), nil
	}
	return nil, errNoGlobals
}
