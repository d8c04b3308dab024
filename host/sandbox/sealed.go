package sandbox

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"path/filepath"
)

// sealedMagic begins a sealed file: pieces, each after its length, and the
// CRC-32C of it all. It finds files that a power cut left half written or that
// rotted. Against others the directory is protected, not the file: it has
// machine code beside it, which the engine protects no better.
const sealedMagic = "usher sealed 1\n"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// writeSealed writes a file in one step, and its folder if there is none.
func writeSealed(path string, pieces ...[]byte) error {
	size := len(sealedMagic) + crc32.Size
	for _, piece := range pieces {
		size += 8 + len(piece)
	}
	b := append(make([]byte, 0, size), sealedMagic...)
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
	defer func() { _ = os.Remove(temp.Name()) }() // it is gone when all went well
	_, err = temp.Write(b)
	if err := errors.Join(err, temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}

var errSealed = errors.New("the file is damaged")

// readSealed returns the pieces of a file.
func readSealed(path string) ([][]byte, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return unseal(b)
}

func unseal(b []byte) (pieces [][]byte, err error) {
	if len(b) < len(sealedMagic)+crc32.Size || !bytes.HasPrefix(b, []byte(sealedMagic)) {
		return nil, errSealed
	}
	b, sum := b[:len(b)-crc32.Size], b[len(b)-crc32.Size:]
	if crc32.Checksum(b, castagnoli) != binary.LittleEndian.Uint32(sum) {
		return nil, errSealed
	}
	for b = b[len(sealedMagic):]; len(b) > 0; {
		if len(b) < 8 || binary.LittleEndian.Uint64(b) > uint64(len(b)-8) {
			return nil, errSealed
		}
		n := binary.LittleEndian.Uint64(b)
		pieces, b = append(pieces, b[8:8+n:8+n]), b[8+n:]
	}
	return pieces, nil
}
