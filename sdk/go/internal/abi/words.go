// Package abi calls the host: it moves bytes between the two memories and
// knows the names of the host's functions, but not what is in their messages.
package abi

import "encoding/binary"

// Bytes cross in words of 8. The last word overlaps the one before it, because
// moving single bytes costs as much a byte as a word does; only what is
// shorter than a word goes by bytes.

// read copies n bytes out of a memory that word and octet read from.
func read(n uint64, word func(at uint64) uint64, octet func(at uint64) uint32) []byte {
	data := make([]byte, n)
	if n < 8 {
		for i := range data {
			data[i] = byte(octet(uint64(i)))
		}
		return data
	}
	for at := uint64(0); at+8 <= n; at += 8 {
		binary.LittleEndian.PutUint64(data[at:], word(at))
	}
	if n%8 != 0 {
		binary.LittleEndian.PutUint64(data[n-8:], word(n-8))
	}
	return data
}

// write copies data into a memory that word and octet write to.
func write(data []byte, word func(at, value uint64), octet func(at uint64, value uint32)) {
	n := uint64(len(data))
	if n < 8 {
		for i, b := range data {
			octet(uint64(i), uint32(b))
		}
		return
	}
	for at := uint64(0); at+8 <= n; at += 8 {
		word(at, binary.LittleEndian.Uint64(data[at:]))
	}
	if n%8 != 0 {
		word(n-8, binary.LittleEndian.Uint64(data[n-8:]))
	}
}
