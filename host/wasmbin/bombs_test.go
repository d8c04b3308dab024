package wasmbin_test

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// assemble writes a module with one type () -> (), a memory and functions of
// that type with the given bodies (locals and instructions).
func assemble(bodies ...[]byte) []byte { return assembleWith(nil, bodies) }

// assembleExported is assemble with the first function exported as "f".
func assembleExported(bodies ...[]byte) []byte {
	return assembleWith([]byte{7, 5, 1, 1, 'f', 0, 0}, bodies)
}

func assembleWith(exports []byte, bodies [][]byte) []byte {
	section := func(out []byte, id byte, content []byte) []byte {
		return append(leb(append(out, id), len(content)), content...)
	}
	out := section([]byte("\x00asm\x01\x00\x00\x00"), 1, []byte{1, 0x60, 0, 0})
	out = section(out, 3, append(leb(nil, len(bodies)), make([]byte, len(bodies))...))
	out = append(section(out, 5, []byte{1, 0, 1}), exports...)
	code := leb(nil, len(bodies))
	for _, b := range bodies {
		code = append(leb(code, len(b)), b...)
	}
	return section(out, 10, code)
}

func leb(out []byte, n int) []byte { return binary.AppendUvarint(out, uint64(n)) }

func locals(n int) []byte {
	if n == 0 {
		return []byte{0}
	}
	return append(leb([]byte{1}, n), 0x7f)
}

// diamonds is a function of many ifs with an else.
func diamonds(n int) []byte {
	one := []byte{0x20, 0, 0x04, 0x40, 0x20, 0, 0x21, 1, 0x05, 0x20, 1, 0x21, 0, 0x0b}
	return slices.Concat(locals(2), bytes.Repeat(one, n), []byte{0x0b})
}

// stores is a function that writes memory without end.
func stores(n int) []byte {
	one := []byte{0x41, 0, 0x41, 1, 0x36, 2, 0}
	return slices.Concat(locals(0), bytes.Repeat(one, n), []byte{0x0b})
}

// nest is a function of loops in loops, where each changes its own locals.
func nest(depth, count int) []byte {
	out := locals(count)
	for range depth {
		out = append(out, 0x03, 0x40)
	}
	for i := range count {
		out = append(leb(append(out, 0x20), i), 0x41, 1, 0x6a, 0x21)
		out = leb(out, i)
	}
	for range depth {
		out = append(out, 0x20, 0, 0x0d, 0, 0x0b)
	}
	return append(out, 0x0b)
}

// ifs is a function of many ifs that each set a local of their own.
func ifs(n int) []byte {
	out := locals(n)
	for i := range n {
		out = append(out, 0x20, 0, 0x04, 0x40, 0x41, 1, 0x21)
		out = append(leb(out, i), 0x0b)
	}
	for i := range n {
		out = append(leb(append(out, 0x20), i), 0x1a)
	}
	return append(out, 0x0b)
}

// table is a function with one br_table.
func table(n int) []byte {
	out := append(locals(0), 0x02, 0x40, 0x41, 0, 0x0e)
	out = append(leb(out, n), make([]byte, n+1)...)
	return append(out, 0x0b, 0x0b)
}

// nested is a function of ifs inside one another.
func nested(n int) []byte {
	return slices.Concat(locals(1), bytes.Repeat([]byte{0x20, 0, 0x04, 0x40}, n), bytes.Repeat([]byte{0x0b}, n), []byte{0x0b})
}

// debug is a function as compilers write it without optimisation: every value
// goes through a local of its own, between many branches.
func debug(count, blocks int) []byte {
	out := locals(count)
	for i := range count {
		out = append(leb(append(out, 0x20), max(i-1, 0)), 0x41, 1, 0x6a, 0x21)
		out = leb(out, i)
		if i*blocks/count != (i+1)*blocks/count {
			out = append(leb(append(out, 0x02, 0x40, 0x20), i), 0x0d, 0, 0x41, 0, 0x41, 1, 0x36, 2, 0, 0x0b)
		}
	}
	return append(out, 0x0b)
}

// lexer is a function that branches to one of n states, in a loop.
func lexer(n int) []byte {
	out := append(locals(3), 0x03, 0x40)
	out = append(out, bytes.Repeat([]byte{0x02, 0x40}, n)...)
	out = leb(append(out, 0x20, 0, 0x0e), n-1)
	for i := range n {
		out = leb(out, i)
	}
	for i := range n { // if one character then another state
		out = append(out, 0x0b, 0x20, 1, 0x41, 10, 0x46, 0x04, 0x40, 0x41, 1, 0x21, 0)
		out = append(leb(append(out, 0x0c), n-i), 0x0b)
	}
	return append(out, 0x0b, 0x0b)
}
