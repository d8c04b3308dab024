package webcrypto

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
	"math/big"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"
)

// suite is a cipher, as its name describes it.
type suite struct {
	mode     string
	keyBytes int
}

// suites are the ciphers, by Node's names.
var suites = map[string]suite{
	"chacha20-poly1305": {"chacha20-poly1305", 32},
	"id-aes128-gcm":     {"gcm", 16}, "id-aes192-gcm": {"gcm", 24}, "id-aes256-gcm": {"gcm", 32},
	"id-aes128-wrap": {"wrap", 16}, "id-aes192-wrap": {"wrap", 24}, "id-aes256-wrap": {"wrap", 32},
	"aes128": {"cbc", 16}, "aes192": {"cbc", 24}, "aes256": {"cbc", 32},
}

func init() {
	for bits, n := range map[string]int{"128": 16, "192": 24, "256": 32} {
		for _, mode := range []string{"ecb", "cbc", "ctr", "gcm", "wrap"} {
			suites["aes-"+bits+"-"+mode] = suite{mode, n}
		}
		suites["aes"+bits+"-wrap"] = suite{"wrap", n}
	}
}

// open returns the suite and what it is keyed with, once key and iv fit.
func (r *Request) open() (suite, error) {
	s, found := suites[strings.ToLower(r.head.Cipher)]
	key, iv := r.parts[0], r.parts[1]
	if !found {
		return s, &failure{Name: "NotSupportedError", Code: "ERR_CRYPTO_UNKNOWN_CIPHER", Message: "Unknown cipher"}
	}
	if len(key) != s.keyBytes {
		return s, rejected("ERR_CRYPTO_INVALID_KEYLEN", "Invalid key length")
	}
	fits := map[string]bool{
		"ecb": len(iv) == 0, "cbc": len(iv) == aes.BlockSize, "ctr": len(iv) == aes.BlockSize, "wrap": len(iv) == wrapBlock,
		"gcm": len(iv) > 0, "chacha20-poly1305": len(iv) == chacha20poly1305.NonceSize,
	}[s.mode]
	if !fits {
		return s, rejected("ERR_CRYPTO_INVALID_IV", "Invalid initialization vector")
	}
	return s, nil
}

// encrypt takes a key, an initialization vector, data and what is to be
// authenticated besides. An authenticating cipher puts its tag at the end.
func encrypt(ctx Caller, r *Request) (answer, error) {
	s, err := r.open()
	if err != nil {
		return answer{}, err
	}
	key, iv, data, extra := r.parts[0], r.parts[1], r.parts[2], r.parts[3]
	switch s.mode {
	case "gcm", "chacha20-poly1305":
		tag, err := r.tagBytes()
		if err != nil {
			return answer{}, err
		}
		if err := spend(ctx, cipherByteUnits*int64(len(data)+len(extra)+len(iv))); err != nil {
			return answer{}, err
		}
		sealed := aead(s.mode, key, len(iv)).Seal(nil, iv, data, extra)
		return bare(sealed[:len(data)+tag]), nil
	case "wrap":
		return wrap(ctx, key, iv, data)
	case "ctr":
		return counter(ctx, key, iv, data, r.head.Bits)
	}
	if !r.head.Unpadded {
		n := aes.BlockSize - len(data)%aes.BlockSize
		data = append(data[:len(data):len(data)], bytes.Repeat([]byte{byte(n)}, n)...)
	}
	if len(data)%aes.BlockSize != 0 {
		return answer{}, rejected("ERR_OSSL_WRONG_FINAL_BLOCK_LENGTH", "error:1C80006A:Provider routines::wrong final block length")
	}
	out := make([]byte, len(data))
	return bare(out), crypt(ctx, blockMode(s.mode, key, iv, true), out, data)
}

// decrypt takes what encrypt takes, and gives its data back.
func decrypt(ctx Caller, r *Request) (answer, error) {
	s, err := r.open()
	if err != nil {
		return answer{}, err
	}
	key, iv, data, extra := r.parts[0], r.parts[1], r.parts[2], r.parts[3]
	switch s.mode {
	case "gcm", "chacha20-poly1305":
		tag, err := r.tagBytes()
		if err != nil {
			return answer{}, err
		}
		if err := spend(ctx, 2*cipherByteUnits*int64(len(data)+len(extra)+len(iv))); err != nil {
			return answer{}, err
		}
		return unseal(aead(s.mode, key, len(iv)), iv, data, extra, tag)
	case "wrap":
		return unwrap(ctx, key, iv, data)
	case "ctr":
		return counter(ctx, key, iv, data, r.head.Bits)
	}
	if len(data)%aes.BlockSize != 0 || len(data) == 0 && !r.head.Unpadded {
		return answer{}, rejected("ERR_OSSL_WRONG_FINAL_BLOCK_LENGTH", "error:1C80006B:Provider routines::wrong final block length")
	}
	out := make([]byte, len(data))
	if err := crypt(ctx, blockMode(s.mode, key, iv, false), out, data); err != nil {
		return answer{}, err
	}
	if r.head.Unpadded {
		return bare(out), nil
	}
	return unpad(out)
}

func unpad(b []byte) (answer, error) {
	n := int(b[len(b)-1])
	if n < 1 || n > aes.BlockSize || !bytes.Equal(b[len(b)-n:], bytes.Repeat([]byte{byte(n)}, n)) {
		return answer{}, rejected("ERR_OSSL_BAD_DECRYPT", "error:1C800064:Provider routines::bad decrypt")
	}
	return bare(b[:len(b)-n]), nil
}

// tagBytes returns how long the tag is.
func (r *Request) tagBytes() (int, error) {
	switch n := r.head.TagBytes; {
	case n == 0:
		return 16, nil
	case n == 4 || n == 8 || n >= 12 && n <= 16:
		return n, nil
	default:
		return 0, &failure{Name: "OperationError", Code: "ERR_CRYPTO_INVALID_AUTH_TAG", Message: "Invalid authentication tag length"}
	}
}

// block returns AES under a key whose length fits.
func block(key []byte) cipher.Block {
	b, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	return b
}

// aead returns an authenticating cipher for nonces of the given length.
func aead(mode string, key []byte, nonceBytes int) cipher.AEAD {
	var a cipher.AEAD
	var err error
	if mode == "gcm" {
		a, err = cipher.NewGCMWithNonceSize(block(key), nonceBytes)
	} else {
		a, err = chacha20poly1305.New(key)
	}
	if err != nil {
		panic(err)
	}
	return a
}

var errUnauthentic = &failure{Name: "OperationError", Message: "Unsupported state or unable to authenticate data"}

// unseal opens what was sealed with a tag of any length. The standard library
// accepts short tags only with a nonce of the usual length; both ciphers are a key
// stream, so sealing the ciphertext gives the data, and sealing that the tag.
func unseal(a cipher.AEAD, iv, data, extra []byte, tag int) (answer, error) {
	if len(data) < tag {
		return answer{}, errUnauthentic
	}
	if tag == a.Overhead() {
		opened, err := a.Open(nil, iv, data, extra)
		if err != nil {
			return answer{}, errUnauthentic
		}
		return bare(opened), nil
	}
	text := data[:len(data)-tag]
	opened := a.Seal(nil, iv, text, extra)[:len(text)]
	sealed := a.Seal(nil, iv, opened, extra)
	if subtle.ConstantTimeCompare(sealed[:len(data)], data) != 1 {
		return answer{}, errUnauthentic
	}
	return bare(opened), nil
}

// counter runs CTR whose counter is the last bits of iv; 0: all of them. The
// counter of Web Cryptography wraps without a carry into the rest.
func counter(ctx Caller, key, iv, data []byte, bits int) (answer, error) {
	if bits < 0 || bits > aes.BlockSize*8 {
		return answer{}, invalid("a counter has 1 to 128 bits, asked for %d", bits)
	}
	if bits == 0 {
		bits = aes.BlockSize * 8
	}
	b, out := block(key), make([]byte, len(data))
	period := new(big.Int).Lsh(big.NewInt(1), uint(bits))
	start := new(big.Int).SetBytes(iv)
	low := new(big.Int).Mod(start, period)
	left := new(big.Int).Sub(period, low) // blocks until the counter wraps
	blocks := big.NewInt(int64((len(data) + aes.BlockSize - 1) / aes.BlockSize))
	if blocks.Cmp(period) > 0 {
		return answer{}, rejected("", "The counter of "+big.NewInt(int64(bits)).String()+" bits is too short for the data")
	}
	first := len(data)
	if left.Cmp(blocks) < 0 {
		first = int(left.Int64()) * aes.BlockSize
	}
	if err := spend(ctx, cipherByteUnits*int64(len(data))); err != nil {
		return answer{}, err
	}
	cipher.NewCTR(b, iv).XORKeyStream(out[:first], data[:first])
	if first < len(data) {
		again := start.Sub(start, low).FillBytes(make([]byte, aes.BlockSize))
		cipher.NewCTR(b, again).XORKeyStream(out[first:], data[first:])
	}
	return bare(out), nil
}

func blockMode(mode string, key, iv []byte, encrypting bool) cipher.BlockMode {
	switch {
	case mode == "ecb":
		return &codebook{block(key), encrypting}
	case encrypting:
		return cipher.NewCBCEncrypter(block(key), iv)
	default:
		return cipher.NewCBCDecrypter(block(key), iv)
	}
}

// crypt runs a mode over data, piece by piece.
func crypt(ctx Caller, mode cipher.BlockMode, out, data []byte) error {
	for len(data) > 0 {
		n := min(len(data), pieceBytes)
		if err := spend(ctx, cipherByteUnits*int64(n)); err != nil {
			return err
		}
		mode.CryptBlocks(out[:n], data[:n])
		out, data = out[n:], data[n:]
	}
	return nil
}

// codebook is ECB, which the standard library leaves out on purpose.
// Guests that speak to others who use it have no choice.
type codebook struct {
	cipher.Block
	encrypting bool
}

// CryptBlocks implements cipher.BlockMode.
func (c *codebook) CryptBlocks(dst, src []byte) {
	one := c.Decrypt
	if c.encrypting {
		one = c.Encrypt
	}
	for ; len(src) > 0; dst, src = dst[aes.BlockSize:], src[aes.BlockSize:] {
		one(dst, src)
	}
}

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
	b, n := block(key), len(data)/wrapBlock
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
	b, n := block(key), len(data)/wrapBlock-1
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
