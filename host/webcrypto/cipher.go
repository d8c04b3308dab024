package webcrypto

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des" //nolint:gosec // old keys and protocols have it
	"crypto/subtle"
	"math/big"
	"strings"

	"golang.org/x/crypto/chacha20"
	"golang.org/x/crypto/chacha20poly1305"
)

// suite is a cipher, as its name describes it.
type suite struct {
	mode     string
	keyBytes int
	block    func(key []byte) cipher.Block
}

// suites are the ciphers, by Node's names in lower case.
var suites = map[string]suite{
	"chacha20-poly1305": {"chacha20-poly1305", 32, nil},
	"chacha20":          {"chacha20", 32, nil},
	"des3":              {"cbc", 24, tripleDES},
	"des-ede3":          {"ecb", 24, tripleDES},
	"des-ede":           {"ecb", 16, tripleDES},
}

func init() {
	for bits, n := range map[string]int{"128": 16, "192": 24, "256": 32} {
		for _, mode := range []string{"ecb", "cbc", "ctr", "gcm", "ccm", "cfb", "cfb8", "ofb", "wrap"} {
			suites["aes-"+bits+"-"+mode] = suite{mode, n, aesBlock}
		}
		for _, mode := range []string{"gcm", "ccm", "wrap"} {
			suites["id-aes"+bits+"-"+mode] = suite{mode, n, aesBlock}
		}
		suites["aes"+bits+"-wrap"], suites["aes"+bits] = suite{"wrap", n, aesBlock}, suite{"cbc", n, aesBlock}
	}
	for _, mode := range []string{"ecb", "cbc", "cfb", "cfb8", "ofb"} {
		suites["des-ede3-"+mode], suites["des-ede-"+mode] = suite{mode, 24, tripleDES}, suite{mode, 16, tripleDES}
	}
	delete(suites, "des-ede-cfb8") // OpenSSL has none
}

// blockBytes returns the length of the cipher's block.
func (s suite) blockBytes() int {
	if s.block == nil {
		return 1
	}
	return s.block(make([]byte, s.keyBytes)).BlockSize()
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
	if !s.fits(iv) {
		return s, rejected("ERR_CRYPTO_INVALID_IV", "Invalid initialization vector")
	}
	return s, nil
}

// fits reports whether iv has a length that the suite takes.
func (s suite) fits(iv []byte) bool {
	switch s.mode {
	case "ecb":
		return len(iv) == 0
	case "wrap":
		return len(iv) == wrapBlock
	case "gcm":
		return len(iv) > 0
	case "ccm":
		return len(iv) >= 7 && len(iv) <= 13
	case "chacha20-poly1305":
		return len(iv) == chacha20poly1305.NonceSize
	case "chacha20":
		return len(iv) == 4+chacha20.NonceSize // the counter, and the nonce
	}
	return len(iv) == s.blockBytes()
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
	case "ccm":
		return r.sealCCM(ctx)
	case "wrap":
		return wrap(ctx, key, iv, data)
	case "ctr":
		return counter(ctx, key, iv, data, r.head.Bits)
	case "cfb", "cfb8", "ofb", "chacha20":
		return feedback(ctx, s, key, iv, data, true)
	}
	size := s.blockBytes()
	if !r.head.Unpadded {
		n := size - len(data)%size
		data = append(data[:len(data):len(data)], bytes.Repeat([]byte{byte(n)}, n)...)
	}
	if len(data)%size != 0 {
		return answer{}, rejected("ERR_OSSL_WRONG_FINAL_BLOCK_LENGTH", "error:1C80006A:Provider routines::wrong final block length")
	}
	out := make([]byte, len(data))
	return bare(out), crypt(ctx, s, blockMode(s, key, iv, true), out, data)
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
	case "ccm":
		return r.openCCM(ctx)
	case "wrap":
		return unwrap(ctx, key, iv, data)
	case "ctr":
		return counter(ctx, key, iv, data, r.head.Bits)
	case "cfb", "cfb8", "ofb", "chacha20":
		return feedback(ctx, s, key, iv, data, false)
	}
	size := s.blockBytes()
	if len(data)%size != 0 || len(data) == 0 && !r.head.Unpadded {
		return answer{}, rejected("ERR_OSSL_WRONG_FINAL_BLOCK_LENGTH", "error:1C80006B:Provider routines::wrong final block length")
	}
	out := make([]byte, len(data))
	if err := crypt(ctx, s, blockMode(s, key, iv, false), out, data); err != nil {
		return answer{}, err
	}
	if r.head.Unpadded {
		return bare(out), nil
	}
	return unpad(out, size)
}

func unpad(b []byte, size int) (answer, error) {
	n := int(b[len(b)-1])
	if n < 1 || n > size || !bytes.Equal(b[len(b)-n:], bytes.Repeat([]byte{byte(n)}, n)) {
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

// aesBlock returns AES under a key whose length fits.
func aesBlock(key []byte) cipher.Block {
	b, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	return b
}

// tripleDES returns it under a key whose length fits: with one of 16 bytes, the first
// third is the last one, too.
func tripleDES(key []byte) cipher.Block {
	if len(key) == 16 {
		key = append(key[:16:16], key[:8]...)
	}
	b, err := des.NewTripleDESCipher(key) //nolint:gosec // old keys and protocols have it
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
		a, err = cipher.NewGCMWithNonceSize(aesBlock(key), nonceBytes)
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
	b, out := aesBlock(key), make([]byte, len(data))
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

func blockMode(s suite, key, iv []byte, encrypting bool) cipher.BlockMode {
	switch {
	case s.mode == "ecb":
		return &codebook{s.block(key), encrypting}
	case encrypting:
		return cipher.NewCBCEncrypter(s.block(key), iv)
	default:
		return cipher.NewCBCDecrypter(s.block(key), iv)
	}
}

// crypt runs a mode over data, piece by piece.
func crypt(ctx Caller, s suite, mode cipher.BlockMode, out, data []byte) error {
	for len(data) > 0 {
		n := min(len(data), pieceBytes/desUnits&^15)
		if err := spend(ctx, s.units()*int64(n)); err != nil {
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
	for size := c.BlockSize(); len(src) > 0; dst, src = dst[size:], src[size:] {
		one(dst, src)
	}
}
