package webcrypto

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"

	"golang.org/x/crypto/salsa20/salsa" //nolint:staticcheck // scrypt is made of it
)

// The bounds of one scrypt. Each is the bound of a product: n, r and p are each
// small in the most expensive requests.
const (
	maxScryptBytes = 128 << 20 // 128·N·r: what is mixed, as much as a wallet of Ethereum needs
	maxScryptLanes = 1 << 20   // 128·r·p: what is mixed in turn, and the salt of the key
	maxScryptWork  = 1 << 20   // N·r·p: about half a second
)

// deriveScrypt takes a password and a salt. It is scrypt of RFC 7914, which
// golang.org/x/crypto has too, but not so that it can be stopped.
func deriveScrypt(ctx Caller, r *Request) (answer, error) {
	n, blocks, p := int64(r.head.N), int64(r.head.R), int64(r.head.P)
	if err := checkLength(r.head.Length); err != nil {
		return answer{}, err
	}
	if err := checkPart("a salt", r.parts[1], maxSaltBytes); err != nil {
		return answer{}, err
	}
	switch {
	case n < 2 || n&(n-1) != 0 || blocks < 1 || p < 1:
		return answer{}, scryptFailure("Invalid scrypt params")
	case n > maxScryptWork || blocks > maxScryptWork || p > maxScryptWork || 128*n*blocks > maxScryptBytes:
		return answer{}, scryptFailure("Invalid scrypt params: memory limit exceeded: 128*N*r may be at most 134217728 here")
	case 128*blocks*p > maxScryptLanes:
		return answer{}, scryptFailure("Invalid scrypt params: memory limit exceeded: 128*r*p may be at most 1048576 here")
	case n*blocks*p > maxScryptWork:
		return answer{}, scryptFailure("Invalid scrypt params: N*r*p may be at most 1048576 here")
	}
	key, err := scryptKey(ctx, r.parts[0], r.parts[1], int(n), int(blocks), int(p), r.head.Length)
	return bare(key), err
}

func scryptFailure(message string) error {
	return &failure{Name: "OperationError", Code: "ERR_CRYPTO_INVALID_SCRYPT_PARAMS", Message: message}
}

func scryptKey(ctx Caller, password, salt []byte, n, r, p, length int) ([]byte, error) {
	lane := 128 * r
	lanes, err := stretch(ctx, sha256.New, password, salt, 1, p*lane)
	if err != nil {
		return nil, err
	}
	m := &mixer{ctx: ctx, table: make([]byte, n*lane), scratch: make([]byte, lane)}
	for i := range p {
		if err := m.mix(lanes[i*lane:][:lane]); err != nil {
			return nil, err
		}
	}
	return stretch(ctx, sha256.New, password, lanes, 1, length)
}

// mixer is the part of scrypt that takes its memory, ROMix.
type mixer struct {
	ctx     Caller
	table   []byte
	scratch []byte
	owed    int // bytes that were not paid for
}

func (m *mixer) mix(x []byte) error {
	for i := 0; i < len(m.table); i += len(x) {
		copy(m.table[i:], x)
		if err := m.blockMix(x); err != nil {
			return err
		}
	}
	last := x[len(x)-64:]
	n := uint64(len(m.table) / len(x))
	for range n {
		j := int(binary.LittleEndian.Uint64(last) & (n - 1))
		subtle.XORBytes(x, x, m.table[j*len(x):][:len(x)])
		if err := m.blockMix(x); err != nil {
			return err
		}
	}
	return nil
}

// blockMix mixes x in place: the even blocks come first then, and the odd ones
// after them.
func (m *mixer) blockMix(x []byte) error {
	if m.owed += len(x); m.owed >= pieceBytes {
		if err := spend(m.ctx, mixByteUnits*int64(m.owed)); err != nil {
			return err
		}
		m.owed = 0
	}
	var block [64]byte
	copy(block[:], x[len(x)-64:])
	for i := 0; i < len(x); i += 64 {
		subtle.XORBytes(block[:], block[:], x[i:i+64])
		salsa.Core208(&block, &block)
		to := i / 2
		if i/64%2 == 1 {
			to = (len(x) + i - 64) / 2
		}
		copy(m.scratch[to:], block[:])
	}
	copy(x, m.scratch)
	return nil
}
