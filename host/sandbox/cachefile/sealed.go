// Package cachefile writes and reads the files of the sandbox's cache on disk:
// sealed against truncation and rot, and compressed against what a similar file
// holds. It does not know what the files are about.
package cachefile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"path/filepath"
)

// magic begins a sealed file. Pieces follow, each after its length, and then the
// CRC-32C of the whole. The checksum detects files that a power cut left half
// written, and files that rotted. It does not protect against an attacker: the
// directory is protected, and the machine code that the engine stores beside
// these files has no stronger checksum.
const magic = "usher sealed 1\n"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Write writes a file of pieces in one step, and makes its folder if there is
// none.
func Write(path string, pieces ...[]byte) error {
	size := len(magic) + crc32.Size
	for _, piece := range pieces {
		size += 8 + len(piece)
	}
	b := append(make([]byte, 0, size), magic...)
	for _, piece := range pieces {
		b = binary.LittleEndian.AppendUint64(b, uint64(len(piece)))
		b = append(b, piece...)
	}
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(path), "new-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temp.Name()) }() // the rename has removed it when all went well
	_, err = temp.Write(b)
	if err := errors.Join(err, temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}

// ErrDamaged says that a file was not written by [Write], or not completely.
var ErrDamaged = errors.New("the file is damaged")

// Read returns the pieces of a file. The error is [ErrDamaged], or that of
// reading the file.
func Read(path string) ([][]byte, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return unseal(b)
}

func unseal(b []byte) (pieces [][]byte, err error) {
	if len(b) < len(magic)+crc32.Size || !bytes.HasPrefix(b, []byte(magic)) {
		return nil, ErrDamaged
	}
	b, sum := b[:len(b)-crc32.Size], b[len(b)-crc32.Size:]
	if crc32.Checksum(b, castagnoli) != binary.LittleEndian.Uint32(sum) {
		return nil, ErrDamaged
	}
	for b = b[len(magic):]; len(b) > 0; {
		if len(b) < 8 || binary.LittleEndian.Uint64(b) > uint64(len(b)-8) {
			return nil, ErrDamaged
		}
		n := binary.LittleEndian.Uint64(b)
		pieces, b = append(pieces, b[8:8+n:8+n]), b[8+n:]
	}
	return pieces, nil
}
