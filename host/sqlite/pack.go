package sqlite

import (
	"bytes"
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// Modules are kept compressed, less than half their size. Those of earlier
// versions of the host lie there as they are: no module begins as a frame does.
var frameMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}

// frameHeadBytes are enough of a frame to tell how large its content is.
const frameHeadBytes = zstd.HeaderMaxSize

// maxUnpackedBytes is more than any module has.
const maxUnpackedBytes = 256 << 20

// packModule returns what is stored of a module; nil of nil.
func packModule(wasm []byte) ([]byte, error) {
	if wasm == nil {
		return nil, nil
	}
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithSingleSegment(true), zstd.WithZeroFrames(true))
	if err != nil {
		return nil, fmt.Errorf("compress module: %w", err)
	}
	return encoder.EncodeAll(wasm, nil), encoder.Close()
}

// unpackModule returns the module of what is stored.
func unpackModule(stored []byte) ([]byte, error) {
	if !bytes.HasPrefix(stored, frameMagic) {
		return stored, nil
	}
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxUnpackedBytes))
	if err != nil {
		return nil, fmt.Errorf("decompress module: %w", err)
	}
	defer decoder.Close()
	wasm, err := decoder.DecodeAll(stored, nil)
	if err != nil {
		return nil, fmt.Errorf("decompress module: %w", err)
	}
	return wasm, nil
}

// unpackedSize returns the size of a module, of which storedBytes are stored
// that begin with head.
func unpackedSize(head []byte, storedBytes int64) int64 {
	var frame zstd.Header
	if bytes.HasPrefix(head, frameMagic) && frame.Decode(head) == nil && frame.HasFCS {
		return int64(frame.FrameContentSize)
	}
	return storedBytes
}
