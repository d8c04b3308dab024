// Package tape is the form of tapes outside of a run: how they are stored, shown and
// exported. It knows bytes and secrets' values; what a call means is package guest's
// business, where a tape is stored the store's.
//
// # The stored form
//
// [Encode] writes it and [Open] reads it. It is sealed before it is stored.
//
//	"UTP", the version (one byte), the length of all that follows (4 bytes,
//	little-endian), its CRC-32C (4 bytes, little-endian), blocks
//
// A block is three varints (the calls in it, its bytes here, its bytes when unpacked)
// and its content: zstd, or the content itself where both lengths are equal. The
// content is records of proto/usher/tape/v1, each after its length as a varint: in
// the first block a Header, then Calls. So a page of calls is read without unpacking
// those before it. Whatever is not so is an error that says what was found.
//
// Tapes that were stored as JSON, before there was this form, are read too.
package tape

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/usherhost/usher/host"
)

// Version is the version of the stored form that this package writes, and the newest
// that it reads.
const Version = 1

const (
	magic         = "UTP"
	preambleBytes = len(magic) + 1 + 4 + 4

	blockBytes = 256 << 10 // a block with as much gets no further call
	packBytes  = 2 << 10   // less is not compressed

	longBlockBytes = 32 << 10
)

// The largest tape that this package reads: what a run may leave, and room for what
// is not counted there.
const (
	MaxBytes = 96 << 20 // unpacked
	MaxCalls = 512 << 10
)

// leastCallBytes is less than any call's record has.
const leastCallBytes = 4

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// preamble fills in the first bytes of an encoded tape.
func preamble(b []byte) {
	copy(b, magic)
	b[len(magic)] = Version
	rest := b[preambleBytes:]
	binary.LittleEndian.PutUint32(b[len(magic)+1:], uint32(len(rest)))
	binary.LittleEndian.PutUint32(b[len(magic)+5:], crc32.Checksum(rest, castagnoli))
}

// body checks an encoded tape's first bytes and returns what follows them.
func body(b []byte) ([]byte, error) {
	switch {
	case len(b) < len(magic)+1 || string(b[:len(magic)]) != magic:
		return nil, corrupt("this is no tape: it does not begin with %q", magic)
	case b[len(magic)] > Version:
		return nil, &host.Error{
			Code: host.Refused,
			Text: fmt.Sprintf("the tape has format %d, this usher knows formats up to %d", b[len(magic)], Version),
			Hint: "use the version of usher that recorded it, or a newer one",
		}
	case b[len(magic)] == 0:
		return nil, corrupt("the tape has format 0, which is none")
	case len(b) < preambleBytes:
		return nil, corrupt("the tape was cut: it has %d bytes", len(b))
	}
	rest, want := b[preambleBytes:], int64(binary.LittleEndian.Uint32(b[len(magic)+1:]))
	switch {
	case int64(len(rest)) < want:
		return nil, corrupt("the tape was cut: it has %d of %d bytes", len(rest), want)
	case int64(len(rest)) > want:
		return nil, corrupt("the tape has %d bytes, %d more than it says", len(rest), int64(len(rest))-want)
	case crc32.Checksum(rest, castagnoli) != binary.LittleEndian.Uint32(b[len(magic)+5:]):
		return nil, corrupt("the tape was changed: its checksum does not fit")
	}
	return rest, nil
}

// corrupt is the error of a tape that can't be read.
func corrupt(format string, args ...any) error {
	return &host.Error{
		Code: host.Corrupt, Text: fmt.Sprintf(format, args...),
		Hint: "take the tape from a backup or export it again; the execution's result and logs do not need it",
	}
}
