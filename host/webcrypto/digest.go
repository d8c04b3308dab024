package webcrypto

import (
	"crypto"
	"crypto/hmac"
	"crypto/sha3"
	"hash"
	"slices"
	"strings"

	// What crypto.Hash makes, each registers itself.
	_ "crypto/md5"  //nolint:gosec // guests sign old protocols with it
	_ "crypto/sha1" //nolint:gosec // guests sign old protocols with it
	_ "crypto/sha256"
	_ "crypto/sha512"

	_ "golang.org/x/crypto/blake2b"
	_ "golang.org/x/crypto/blake2s"
	_ "golang.org/x/crypto/ripemd160" //nolint:gosec,staticcheck // guests sign old protocols with it
)

// hashes are the digests, by Node's names in lower case.
var hashes = map[string]crypto.Hash{
	"md5":        crypto.MD5,
	"sha1":       crypto.SHA1,
	"sha224":     crypto.SHA224,
	"sha256":     crypto.SHA256,
	"sha384":     crypto.SHA384,
	"sha512":     crypto.SHA512,
	"sha512-224": crypto.SHA512_224,
	"sha512-256": crypto.SHA512_256,
	"sha3-224":   crypto.SHA3_224,
	"sha3-256":   crypto.SHA3_256,
	"sha3-384":   crypto.SHA3_384,
	"sha3-512":   crypto.SHA3_512,
	"ripemd160":  crypto.RIPEMD160,
	"blake2b512": crypto.BLAKE2b_512,
	"blake2s256": crypto.BLAKE2s_256,
}

// aliases are other names of the same.
var aliases = map[string]string{
	"sha-1": "sha1", "sha-224": "sha224", "sha-256": "sha256", "sha-384": "sha384", "sha-512": "sha512",
	"sha2-224": "sha224", "sha2-256": "sha256", "sha2-384": "sha384", "sha2-512": "sha512",
	"sha512/224": "sha512-224", "sha512/256": "sha512-256", "sha-512/224": "sha512-224", "sha-512/256": "sha512-256",
	"ssl3-md5": "md5", "ssl3-sha1": "sha1", "rmd160": "ripemd160", "ripemd": "ripemd160",
}

// hashOf returns the digest of a name in any case, also as a part of the name
// of a signature: RSA-SHA256.
func hashOf(name string) (crypto.Hash, error) {
	if h, found := hashes[name]; found {
		return h, nil
	}
	lower := strings.TrimSuffix(strings.TrimPrefix(strings.ToLower(name), "rsa-"), "withrsaencryption")
	if same, found := aliases[lower]; found {
		lower = same
	}
	if h, found := hashes[lower]; found {
		return h, nil
	}
	return 0, &failure{Name: "NotSupportedError", Code: "ERR_CRYPTO_INVALID_DIGEST", Message: "Invalid digest: " + clip(name)}
}

// newHash returns what makes digests of a name.
func newHash(name string) (func() hash.Hash, error) {
	h, err := hashOf(name)
	if err != nil {
		return nil, err
	}
	return h.New, nil
}

// clip keeps what a guest made up readable in a message.
func clip(s string) string {
	const maxBytes = 64
	if len(s) > maxBytes {
		return strings.ToValidUTF8(s[:maxBytes], "") + "…"
	}
	return s
}

// maxDerivedBytes is the longest key or digest that a guest can ask for.
const maxDerivedBytes = 1 << 20

// digest takes data, and a length for the digests that have any.
func digest(ctx Caller, r *Request) (answer, error) {
	switch name := strings.ToLower(r.head.Hash); name {
	case "shake128", "shake256":
		return shake(ctx, name, r)
	case "md5-sha1": // of TLS before 1.2
		return r.both(ctx)
	}
	h, err := hashOf(r.head.Hash)
	if err != nil {
		return answer{}, err
	}
	if r.head.Length != 0 && r.head.Length != h.Size() {
		return answer{}, rejected("ERR_OSSL_EVP_NOT_XOF_OR_INVALID_LENGTH", "error:030000B2:digital envelope routines::not XOF or invalid length")
	}
	d := h.New()
	err = write(ctx, d, r.parts[0])
	return bare(d.Sum(nil)), err
}

// both is the digest by MD5 and then that by SHA-1.
func (r *Request) both(ctx Caller) (answer, error) {
	var sum []byte
	for _, h := range []crypto.Hash{crypto.MD5, crypto.SHA1} {
		d := h.New()
		if err := write(ctx, d, r.parts[0]); err != nil {
			return answer{}, err
		}
		sum = d.Sum(sum)
	}
	return bare(sum), nil
}

func shake(ctx Caller, name string, r *Request) (answer, error) {
	d, length := sha3.NewSHAKE128(), 16
	if name == "shake256" {
		d, length = sha3.NewSHAKE256(), 32
	}
	if r.head.Length != 0 {
		length = r.head.Length
	}
	if length < 0 || length > maxDerivedBytes {
		return answer{}, tooMuch("a digest may have at most %d bytes, asked for %d", maxDerivedBytes, length)
	}
	for piece := range slices.Chunk(r.parts[0], pieceBytes) {
		if err := spend(ctx, hashByteUnits*int64(len(piece))); err != nil {
			return answer{}, err
		}
		_, _ = d.Write(piece)
	}
	sum := make([]byte, length)
	err := spend(ctx, hashByteUnits*int64(length))
	_, _ = d.Read(sum)
	return bare(sum), err
}

// mac takes a key and data.
func mac(ctx Caller, r *Request) (answer, error) {
	h, err := newHash(r.head.Hash)
	if err != nil {
		return answer{}, err
	}
	m, err := newMAC(ctx, h, r.parts[0])
	if err != nil {
		return answer{}, err
	}
	err = write(ctx, m, r.parts[1])
	return bare(m.Sum(nil)), err
}

// newMAC is hmac.New that can be stopped: it hashes a long key as that does.
func newMAC(ctx Caller, h func() hash.Hash, key []byte) (hash.Hash, error) {
	if d := h(); len(key) > d.BlockSize() {
		if err := write(ctx, d, key); err != nil {
			return nil, err
		}
		key = d.Sum(nil)
	}
	return hmac.New(h, key), nil
}
