package webcrypto

import (
	"crypto/aes"
	"crypto/subtle"
	"encoding/binary"
)

// wrapBlock is the unit of AES key wrap.
const wrapBlock = 8

// wrapRounds is how often each unit is gone over.
const wrapRounds = 6

// maxWrappedBytes is more than any key has that is wrapped: the work is no more
// than that of a few blocks for each of its bytes, but none of it can be
// interrupted.
const maxWrappedBytes = 64 << 10

// wrap is AES key wrap of RFC 3394.
func wrap(ctx Caller, key, iv, data []byte) (answer, error) {
	if err := payWrap(ctx, data); err != nil {
		return answer{}, err
	}
	if len(data)%wrapBlock != 0 || len(data) < 2*wrapBlock {
		return answer{}, rejected("", "A key to wrap has a multiple of 8 bytes, and at least 16")
	}
	b, n := aesBlock(key), len(data)/wrapBlock
	out := append(append(make([]byte, 0, len(data)+wrapBlock), iv...), data...)
	var unit [aes.BlockSize]byte
	for t := range wrapRounds * n {
		at := (t%n + 1) * wrapBlock
		copy(unit[:], out[:wrapBlock])
		copy(unit[wrapBlock:], out[at:])
		b.Encrypt(unit[:], unit[:])
		binary.BigEndian.PutUint64(out, binary.BigEndian.Uint64(unit[:])^uint64(t+1))
		copy(out[at:at+wrapBlock], unit[wrapBlock:])
	}
	return bare(out), nil
}

func payWrap(ctx Caller, data []byte) error {
	if err := checkPart("a key to wrap", data, maxWrappedBytes); err != nil {
		return err
	}
	return spend(ctx, wrapRounds*wrapBlockUnits*int64(len(data)/wrapBlock))
}

func unwrap(ctx Caller, key, iv, data []byte) (answer, error) {
	if err := payWrap(ctx, data); err != nil {
		return answer{}, err
	}
	if len(data)%wrapBlock != 0 || len(data) < 3*wrapBlock {
		return answer{}, rejected("", "A wrapped key has a multiple of 8 bytes, and at least 24")
	}
	b, n := aesBlock(key), len(data)/wrapBlock-1
	out := append([]byte{}, data...)
	var unit [aes.BlockSize]byte
	for t := wrapRounds*n - 1; t >= 0; t-- {
		at := (t%n + 1) * wrapBlock
		binary.BigEndian.PutUint64(unit[:], binary.BigEndian.Uint64(out)^uint64(t+1))
		copy(unit[wrapBlock:], out[at:])
		b.Decrypt(unit[:], unit[:])
		copy(out, unit[:wrapBlock])
		copy(out[at:at+wrapBlock], unit[wrapBlock:])
	}
	if subtle.ConstantTimeCompare(out[:wrapBlock], iv) != 1 {
		return answer{}, errUnauthentic
	}
	return bare(out[wrapBlock:]), nil
}
