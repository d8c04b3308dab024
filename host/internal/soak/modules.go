package main

import "slices"

// bomb is a module that takes a compiler long: one function of so many ifs in
// each other.
func bomb(ifs int) []byte {
	body := []byte{0} // no locals
	for range ifs {
		body = append(body, 0x41, 1, 0x04, 0x40) // i32.const 1, if
	}
	body = append(body, slices.Repeat([]byte{0x0b}, ifs)...)
	body = append(body, 0x41, 0, 0x0b) // i32.const 0, end
	name := "onExecutePostUserRegistration"
	return slices.Concat(
		[]byte("\x00asm\x01\x00\x00\x00"),
		section(1, []byte{1, 0x60, 0, 1, 0x7f}),
		section(3, []byte{1, 0}),
		section(7, append(append([]byte{1, byte(len(name))}, name...), 0, 0)),
		section(10, slices.Concat([]byte{1}, leb(len(body)), body)),
	)
}

// padded is a module with a section that is never read, so that each is another
// module for the host.
func padded(wasm, padding []byte) []byte {
	return slices.Concat(wasm, section(0, append([]byte{1, 'x'}, padding...)))
}

func section(id byte, content []byte) []byte {
	return slices.Concat([]byte{id}, leb(len(content)), content)
}

func leb(n int) []byte {
	var b []byte
	for ; n >= 0x80; n >>= 7 {
		b = append(b, byte(n)|0x80)
	}
	return append(b, byte(n))
}
