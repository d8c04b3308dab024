package sandbox

import (
	"fmt"
	"math/bits"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// pack compresses b with zstd. What it has in common with like costs next to
// nothing; nil is no likeness.
func pack(b, like []byte) ([]byte, error) {
	like = likeness(like)
	reach := max(len(b)+len(like), zstd.MinWindowSize)
	options := []zstd.EOption{
		zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedBetterCompression),
		zstd.WithWindowSize(min(1<<bits.Len(uint(reach)), maxReach)),
	}
	if like != nil {
		options = append(options, zstd.WithEncoderDictRaw(likenessID, like))
	}
	encoder, err := zstd.NewWriter(nil, options...)
	if err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	return encoder.EncodeAll(b, nil), encoder.Close()
}

// unpack returns what pack was given, with the same likeness.
func unpack(b, like []byte) ([]byte, error) {
	if like = likeness(like); like == nil {
		decoder, err := plainDecoder()
		if err != nil {
			return nil, err
		}
		return decoder.DecodeAll(b, nil)
	}
	decoder, err := zstd.NewReader(nil, append(decoderOptions, zstd.WithDecoderDictRaw(likenessID, like))...)
	if err != nil {
		return nil, err
	}
	defer decoder.Close()
	return decoder.DecodeAll(b, nil)
}

const (
	likenessID = 1
	maxReach   = 32 << 20 // of the search for what is alike
)

// likeness is as much as the search reaches.
func likeness(like []byte) []byte {
	if len(like) > maxReach/2 {
		return like[:maxReach/2]
	}
	return like
}

var decoderOptions = []zstd.DOption{zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(1 << 30)}

var plainDecoder = sync.OnceValues(func() (*zstd.Decoder, error) { return zstd.NewReader(nil, decoderOptions...) })
