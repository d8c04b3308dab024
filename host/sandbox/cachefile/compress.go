package cachefile

import (
	"fmt"
	"math/bits"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// Compress compresses b with zstd. What b has in common with dictionary takes
// next to no space; nil is no dictionary.
func Compress(b, dictionary []byte) ([]byte, error) {
	dictionary = within(dictionary)
	window := max(len(b)+len(dictionary), zstd.MinWindowSize)
	options := []zstd.EOption{
		zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedBetterCompression),
		zstd.WithWindowSize(min(1<<bits.Len(uint(window)), maxWindow)),
	}
	if dictionary != nil {
		options = append(options, zstd.WithEncoderDictRaw(dictionaryID, dictionary))
	}
	encoder, err := zstd.NewWriter(nil, options...)
	if err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	return encoder.EncodeAll(b, nil), encoder.Close()
}

// Decompress returns what [Compress] was given, with the same dictionary.
func Decompress(b, dictionary []byte) ([]byte, error) {
	if dictionary = within(dictionary); dictionary == nil {
		decoder, err := plainDecoder()
		if err != nil {
			return nil, err
		}
		return decoder.DecodeAll(b, nil)
	}
	decoder, err := zstd.NewReader(nil, append(decoderOptions, zstd.WithDecoderDictRaw(dictionaryID, dictionary))...)
	if err != nil {
		return nil, err
	}
	defer decoder.Close()
	return decoder.DecodeAll(b, nil)
}

const (
	dictionaryID = 1
	maxWindow    = 32 << 20 // how far back the encoder looks for equal bytes
)

// within returns as much of a dictionary as the encoder looks back to.
func within(dictionary []byte) []byte {
	if len(dictionary) > maxWindow/2 {
		return dictionary[:maxWindow/2]
	}
	return dictionary
}

var decoderOptions = []zstd.DOption{zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(1 << 30)}

var plainDecoder = sync.OnceValues(func() (*zstd.Decoder, error) { return zstd.NewReader(nil, decoderOptions...) })
