package webcrypto_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usherhost/usher/host/webcrypto"
)

// frame makes a request, or what an answer must be.
func frame(head string, body ...[]byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(head)))
	return append(append(b, head...), bytes.Join(body, nil)...)
}

// request makes a request of an operation with its parts.
func request(t *testing.T, head map[string]any, parts ...[]byte) []byte {
	t.Helper()
	lengths := make([]int, len(parts))
	for i, p := range parts {
		lengths[i] = len(p)
	}
	head["parts"] = lengths
	text, err := json.Marshal(head)
	if err != nil {
		t.Fatal(err)
	}
	return frame(string(text), parts...)
}

// answerHead is the head of an answer.
type answerHead struct {
	Error *struct{ Name, Message, Code string }
	Parts []int
	Type  string
	Bits  int
	JWK   map[string]string
}

// ask sends a request, and divides its answer.
func ask(t *testing.T, r []byte) (answerHead, [][]byte) {
	t.Helper()
	a, err := webcrypto.Answer(free{t.Context()}, webcrypto.Read(r))
	if err != nil {
		t.Fatal(err)
	}
	return take(t, a)
}

func take(t *testing.T, a []byte) (answerHead, [][]byte) {
	t.Helper()
	if len(a) < 4 {
		t.Fatalf("an answer of %d bytes", len(a))
	}
	n := binary.LittleEndian.Uint32(a)
	if n == 0 {
		return answerHead{}, [][]byte{a[4:]}
	}
	var head answerHead
	if err := json.Unmarshal(a[4:4+n], &head); err != nil {
		t.Fatal(err)
	}
	rest := a[4+n:]
	var parts [][]byte
	for _, length := range head.Parts {
		parts, rest = append(parts, rest[:length]), rest[length:]
	}
	if len(rest) > 0 {
		t.Fatalf("%d bytes belong to no part", len(rest))
	}
	return head, parts
}

// must is ask for what may not fail, and returns the first part.
func must(t *testing.T, r []byte) []byte {
	t.Helper()
	head, parts := ask(t, r)
	if head.Error != nil {
		t.Fatalf("%+v", *head.Error)
	}
	return parts[0]
}

// unhex reads hexadecimal digits with white space.
func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestPublishedVectors(t *testing.T) {
	t.Parallel()
	type fields = map[string]any
	for _, tt := range []struct {
		name  string
		head  fields
		parts []string // in hexadecimal, or text after a "'"
		want  string
	}{
		{name: "SHA-256 of FIPS 180", head: fields{"op": "digest", "hash": "sha256"}, parts: []string{"'abc"}, want: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{name: "MD5 of RFC 1321", head: fields{"op": "digest", "hash": "MD5"}, parts: []string{"'message digest"}, want: "f96b697d7cb7938d525a2f31aaf161d0"},
		{name: "RIPEMD-160 of its authors", head: fields{"op": "digest", "hash": "rmd160"}, parts: []string{"'abc"}, want: "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"},
		{name: "SHAKE128 of FIPS 202", head: fields{"op": "digest", "hash": "shake128", "length": 32}, parts: []string{""}, want: "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26"},
		{name: "HMAC of RFC 4231, case 2", head: fields{"op": "hmac", "hash": "sha256"}, parts: []string{"'Jefe", "'what do ya want for nothing?"}, want: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
		{name: "PBKDF2 of RFC 6070", head: fields{"op": "pbkdf2", "hash": "sha1", "iterations": 4096, "length": 20}, parts: []string{"'password", "'salt"}, want: "4b007901b765489abead49d926f721d065a429c1"},
		{name: "PBKDF2 of RFC 6070, two blocks", head: fields{"op": "pbkdf2", "hash": "sha1", "iterations": 4096, "length": 25}, parts: []string{"'passwordPASSWORDpassword", "'saltSALTsaltSALTsaltSALTsaltSALTsalt"}, want: "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038"},
		{name: "HKDF of RFC 5869, case 1", head: fields{"op": "hkdf", "hash": "sha256", "length": 42}, parts: []string{"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9"}, want: "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"},
		{name: "scrypt of RFC 7914", head: fields{"op": "scrypt", "n": 1024, "r": 8, "p": 16, "length": 64}, parts: []string{"'password", "'NaCl"}, want: "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"},
		{name: "AES-GCM of its authors, case 4", head: fields{"op": "encrypt", "cipher": "aes-128-gcm"}, parts: []string{"feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39", "feedfacedeadbeeffeedfacedeadbeefabaddad2"}, want: "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091 5bc94fbc3221a5db94fae95ae7121a47"},
		{name: "AES-CBC of SP 800-38A", head: fields{"op": "encrypt", "cipher": "aes-128-cbc", "unpadded": true}, parts: []string{"2b7e151628aed2a6abf7158809cf4f3c", "000102030405060708090a0b0c0d0e0f", "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"}, want: "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"},
		{name: "AES-CTR of SP 800-38A", head: fields{"op": "encrypt", "cipher": "aes-128-ctr"}, parts: []string{"2b7e151628aed2a6abf7158809cf4f3c", "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"}, want: "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"},
		{name: "AES-ECB of SP 800-38A", head: fields{"op": "decrypt", "cipher": "aes-128-ecb", "unpadded": true}, parts: []string{"2b7e151628aed2a6abf7158809cf4f3c", "", "3ad77bb40d7a3660a89ecaf32466ef97"}, want: "6bc1bee22e409f96e93d7e117393172a"},
		{name: "AES key wrap of RFC 3394, 4.3", head: fields{"op": "encrypt", "cipher": "aes-256-wrap"}, parts: []string{"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "a6a6a6a6a6a6a6a6", "00112233445566778899aabbccddeeff"}, want: "64e8c3f9ce0f5ba263e9777905818a2a93c8191e7d6e8ae7"},
		{name: "AES key unwrap of RFC 3394, 4.6", head: fields{"op": "decrypt", "cipher": "aes-256-wrap"}, parts: []string{"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "a6a6a6a6a6a6a6a6", "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21"}, want: "00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f"},
		{name: "ChaCha20-Poly1305 of RFC 8439", head: fields{"op": "encrypt", "cipher": "chacha20-poly1305"}, parts: []string{"808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f", "070000004041424344454647", "'Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.", "50515253c0c1c2c3c4c5c6c7"}, want: "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var parts [][]byte
			for _, p := range tt.parts {
				if text, ok := strings.CutPrefix(p, "'"); ok {
					parts = append(parts, []byte(text))
				} else {
					parts = append(parts, unhex(t, p))
				}
			}
			if got := must(t, request(t, tt.head, parts...)); !bytes.Equal(got, unhex(t, tt.want)) {
				t.Errorf("got %x, want %s", got, tt.want)
			}
		})
	}
}

// importRaw imports a raw key and returns its DER.
func importRaw(t *testing.T, kind, curve, raw string) []byte {
	t.Helper()
	return must(t, request(t, map[string]any{"op": "import", "format": "raw", "kind": kind, "curve": curve}, unhex(t, raw)))
}

func TestEd25519OfRFC8032(t *testing.T) {
	t.Parallel()
	private := importRaw(t, "private", "ed25519", "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
	public := importRaw(t, "public", "ed25519", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
	signature := must(t, request(t, map[string]any{"op": "sign"}, private, []byte{0x72}))
	if want := unhex(t, "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"); !bytes.Equal(signature, want) {
		t.Errorf("signed %x", signature)
	}
	if got := must(t, request(t, map[string]any{"op": "verify"}, public, []byte{0x72}, signature)); got[0] != 1 {
		t.Error("the signature is not accepted")
	}
}

func TestX25519OfRFC7748(t *testing.T) {
	t.Parallel()
	private := importRaw(t, "private", "x25519", "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4")
	public := importRaw(t, "public", "x25519", "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c")
	secret := must(t, request(t, map[string]any{"op": "agree"}, private, public))
	if want := unhex(t, "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"); !bytes.Equal(secret, want) {
		t.Errorf("agreed on %x", secret)
	}
}

// ecdsaKey and ecdsaSample are those of RFC 6979, A.2.5: P-256 and SHA-256
// over "sample".
const (
	ecdsaKey    = "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
	ecdsaSample = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
)

func TestSignaturesOnP256(t *testing.T) {
	t.Parallel()
	public := importRaw(t, "public", "p-256", ecdsaKey)
	r, s := ecdsaSample[:64], ecdsaSample[64:]
	order := "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
	zero := strings.Repeat("00", 32)
	for _, tt := range []struct {
		name, encoding, signature string
		want                      byte
	}{
		{name: "the published one", encoding: "ieee-p1363", signature: r + s, want: 1},
		{name: "the published one in DER", encoding: "der", signature: "3046022100" + r + "022100" + s, want: 1},
		{name: "one bit changed", encoding: "ieee-p1363", signature: "ef" + r[2:] + "f6" + s[2:]},
		{name: "cut short", encoding: "ieee-p1363", signature: r + s[:62]},
		{name: "too long", encoding: "ieee-p1363", signature: r + s + "00"},
		{name: "empty", encoding: "ieee-p1363"},
		{name: "empty DER", encoding: "der"},
		{name: "both numbers 0", encoding: "ieee-p1363", signature: zero + zero},
		{name: "r 0", encoding: "ieee-p1363", signature: zero + s},
		{name: "s 0", encoding: "ieee-p1363", signature: r + zero},
		{name: "the order itself", encoding: "ieee-p1363", signature: order + order},
		{name: "bytes after DER", encoding: "der", signature: "3046022100" + r + "022100" + s + "00"},
		{name: "a number with a needless zero", encoding: "der", signature: "304702220000" + r + "022100" + s},
		{name: "negative numbers", encoding: "der", signature: "30440220" + r + "0220" + s},
		{name: "a length too large", encoding: "der", signature: "307f022100" + r + "022100" + s},
		{name: "the other encoding", encoding: "der", signature: r + s},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := must(t, request(t, map[string]any{"op": "verify", "hash": "sha256", "encoding": tt.encoding}, public, []byte("sample"), unhex(t, tt.signature)))
			if got[0] != tt.want {
				t.Errorf("the verdict is %d, want %d", got[0], tt.want)
			}
		})
	}
}

func TestATamperedBoxDoesNotOpen(t *testing.T) {
	t.Parallel()
	for _, tag := range []int{4, 8, 12, 13, 16} {
		key, iv, extra := make([]byte, 16), make([]byte, 12), []byte("extra")
		seal := map[string]any{"op": "encrypt", "cipher": "aes-128-gcm", "tag_bytes": tag}
		box := must(t, request(t, seal, key, iv, []byte("what is sealed"), extra))
		seal["op"] = "decrypt"
		if got := must(t, request(t, seal, key, iv, box, extra)); string(got) != "what is sealed" {
			t.Errorf("%q came out", got)
		}
		for i := range box {
			changed := bytes.Clone(box)
			changed[i] ^= 0x40
			if head, _ := ask(t, request(t, seal, key, iv, changed, extra)); head.Error == nil || head.Error.Name != "OperationError" {
				t.Errorf("tag of %d: byte %d changed: %+v", tag, i, head.Error)
			}
		}
		for name, parts := range map[string][][]byte{
			"other data": {key, iv, box, []byte("extrb")}, "no data": {key, iv, box}, "another nonce": {key, []byte("123456789012"), box, extra},
			"cut": {key, iv, box[:tag-1], extra}, "nothing": {key, iv, nil, extra},
		} {
			if head, _ := ask(t, request(t, seal, parts...)); head.Error == nil {
				t.Errorf("tag of %d: %s: it opens", tag, name)
			}
		}
	}
}

func TestWhatCannotBeDoneHasAName(t *testing.T) {
	t.Parallel()
	type fields = map[string]any
	ec := importRaw(t, "private", "p-256", "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721")
	other := importRaw(t, "public", "p-384", "04aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab73617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f")
	lowOrder := importRaw(t, "public", "x25519", strings.Repeat("00", 32))
	x := importRaw(t, "private", "x25519", "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4")
	for _, tt := range []struct {
		name  string
		head  fields
		parts [][]byte
		want  string // the error's name and code
	}{
		{name: "unknown operation", head: fields{"op": "no"}, want: "NotSupportedError ERR_FEATURE_UNAVAILABLE_ON_PLATFORM"},
		{name: "too few parts", head: fields{"op": "hmac", "hash": "sha256"}, parts: [][]byte{{1}}, want: "DataError ERR_INVALID_ARG_VALUE"},
		{name: "unknown digest", head: fields{"op": "digest", "hash": "sha257"}, parts: [][]byte{nil}, want: "NotSupportedError ERR_CRYPTO_INVALID_DIGEST"},
		{name: "a digest too long", head: fields{"op": "digest", "hash": "shake128", "length": 1 << 21}, parts: [][]byte{nil}, want: "OperationError ERR_OUT_OF_RANGE"},
		{name: "a key too long", head: fields{"op": "pbkdf2", "hash": "sha1", "iterations": 1, "length": 1 << 21}, parts: [][]byte{nil, nil}, want: "OperationError ERR_OUT_OF_RANGE"},
		{name: "no iterations", head: fields{"op": "pbkdf2", "hash": "sha1", "length": 1}, parts: [][]byte{nil, nil}, want: "DataError ERR_INVALID_ARG_VALUE"},
		{name: "scrypt over the memory", head: fields{"op": "scrypt", "n": 1 << 20, "r": 8, "p": 1, "length": 1}, parts: [][]byte{nil, nil}, want: "OperationError ERR_CRYPTO_INVALID_SCRYPT_PARAMS"},
		{name: "scrypt over the time", head: fields{"op": "scrypt", "n": 1 << 15, "r": 8, "p": 1 << 10, "length": 1}, parts: [][]byte{nil, nil}, want: "OperationError ERR_CRYPTO_INVALID_SCRYPT_PARAMS"},
		{name: "scrypt with an odd N", head: fields{"op": "scrypt", "n": 3, "r": 8, "p": 1, "length": 1}, parts: [][]byte{nil, nil}, want: "OperationError ERR_CRYPTO_INVALID_SCRYPT_PARAMS"},
		{name: "unknown cipher", head: fields{"op": "encrypt", "cipher": "rot13"}, parts: [][]byte{nil, nil, nil}, want: "NotSupportedError ERR_CRYPTO_UNKNOWN_CIPHER"},
		{name: "a key of the wrong size", head: fields{"op": "encrypt", "cipher": "aes-256-cbc"}, parts: [][]byte{make([]byte, 16), make([]byte, 16), nil}, want: "OperationError ERR_CRYPTO_INVALID_KEYLEN"},
		{name: "a vector of the wrong size", head: fields{"op": "encrypt", "cipher": "aes-128-cbc"}, parts: [][]byte{make([]byte, 16), make([]byte, 12), nil}, want: "OperationError ERR_CRYPTO_INVALID_IV"},
		{name: "a tag of the wrong size", head: fields{"op": "encrypt", "cipher": "aes-128-gcm", "tag_bytes": 5}, parts: [][]byte{make([]byte, 16), make([]byte, 12), nil}, want: "OperationError ERR_CRYPTO_INVALID_AUTH_TAG"},
		{name: "half a block", head: fields{"op": "decrypt", "cipher": "aes-128-cbc"}, parts: [][]byte{make([]byte, 16), make([]byte, 16), make([]byte, 8)}, want: "OperationError ERR_OSSL_WRONG_FINAL_BLOCK_LENGTH"},
		{name: "bad padding", head: fields{"op": "decrypt", "cipher": "aes-128-cbc"}, parts: [][]byte{make([]byte, 16), make([]byte, 16), make([]byte, 16)}, want: "OperationError ERR_OSSL_BAD_DECRYPT"},
		{name: "a counter too short", head: fields{"op": "encrypt", "cipher": "aes-128-ctr", "bits": 1}, parts: [][]byte{make([]byte, 16), make([]byte, 16), make([]byte, 33)}, want: "OperationError "},
		{name: "a point that is on no curve", head: fields{"op": "import", "kind": "public", "format": "raw", "curve": "p-256"}, parts: [][]byte{append([]byte{4}, make([]byte, 64)...)}, want: "DataError ERR_CRYPTO_ECDH_INVALID_PUBLIC_KEY"},
		{name: "a private key of 0", head: fields{"op": "import", "kind": "private", "format": "raw", "curve": "p-256"}, parts: [][]byte{make([]byte, 32)}, want: "DataError ERR_CRYPTO_INVALID_KEYTYPE"},
		{name: "an unknown curve", head: fields{"op": "generate", "type": "ec", "curve": "brainpoolP256r1"}, want: "NotSupportedError ERR_CRYPTO_INVALID_CURVE"},
		{name: "RSA too small", head: fields{"op": "generate", "type": "rsa", "bits": 512}, want: "OperationError ERR_OUT_OF_RANGE"},
		{name: "RSA too large", head: fields{"op": "generate", "type": "rsa", "bits": 16384}, want: "OperationError ERR_OUT_OF_RANGE"},
		{name: "no key", head: fields{"op": "sign", "hash": "sha256"}, parts: [][]byte{[]byte("no"), nil}, want: "DataError ERR_OSSL_UNSUPPORTED"},
		{name: "half a key", head: fields{"op": "sign", "hash": "sha256"}, parts: [][]byte{ec[:len(ec)/2], nil}, want: "DataError ERR_OSSL_UNSUPPORTED"},
		{name: "a key that can't sign", head: fields{"op": "sign", "hash": "sha256"}, parts: [][]byte{x, nil}, want: "InvalidAccessError ERR_OSSL_EVP_OPERATION_NOT_SUPPORTED_FOR_THIS_KEYTYPE"},
		{name: "a key that can't decrypt", head: fields{"op": "rsa_decrypt"}, parts: [][]byte{ec, nil}, want: "InvalidAccessError ERR_OSSL_EVP_OPERATION_NOT_SUPPORTED_FOR_THIS_KEYTYPE"},
		{name: "keys on two curves", head: fields{"op": "agree"}, parts: [][]byte{ec, other}, want: "InvalidAccessError ERR_CRYPTO_INCOMPATIBLE_KEY"},
		{name: "a point of low order", head: fields{"op": "agree"}, parts: [][]byte{x, lowOrder}, want: "OperationError ERR_OSSL_FAILED_DURING_DERIVATION"},
		{name: "an old encrypted PEM", head: fields{"op": "import", "kind": "private", "format": "pem"}, parts: [][]byte{[]byte("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n")}, want: "DataError ERR_MISSING_PASSPHRASE"},
		{name: "a JWK without an exponent", head: fields{"op": "import", "kind": "public", "format": "jwk", "jwk": fields{"kty": "RSA", "n": "AQAB", "e": ""}}, parts: [][]byte{nil}, want: "DataError ERR_CRYPTO_INVALID_JWK"},
		{name: "a JWK that is off its curve", head: fields{"op": "import", "kind": "public", "format": "jwk", "jwk": fields{"kty": "EC", "crv": "P-256", "x": "AQ", "y": "AQ"}}, parts: [][]byte{nil}, want: "DataError ERR_CRYPTO_INVALID_JWK"},
		{name: "a JWK whose halves differ", head: fields{"op": "import", "kind": "private", "format": "jwk", "jwk": fields{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "d": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}}, parts: [][]byte{nil}, want: "DataError ERR_CRYPTO_INVALID_JWK"},
		{name: "a secret JWK", head: fields{"op": "import", "kind": "private", "format": "jwk", "jwk": fields{"kty": "oct", "k": "AA", "d": "AA"}}, parts: [][]byte{nil}, want: "DataError ERR_CRYPTO_INVALID_JWK"},
		{name: "a PEM too long for a key", head: fields{"op": "import", "kind": "public", "format": "pem"}, parts: [][]byte{make([]byte, 1<<20)}, want: "OperationError ERR_OUT_OF_RANGE"},
		{name: "a private key too long", head: fields{"op": "import", "kind": "private", "format": "der", "type": "pkcs8"}, parts: [][]byte{make([]byte, 10_000)}, want: "OperationError ERR_OUT_OF_RANGE"},
		{name: "a head too long", head: fields{"op": strings.Repeat("x", 1<<17)}, want: "OperationError ERR_OUT_OF_RANGE"},
		{name: "a certificate too long", head: fields{"op": "certificate"}, parts: [][]byte{make([]byte, 1<<20)}, want: "OperationError ERR_OUT_OF_RANGE"},
		{name: "no certificate", head: fields{"op": "certificate"}, parts: [][]byte{[]byte("no")}, want: "OperationError ERR_OSSL_ASN1_WRONG_TAG"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			head, _ := ask(t, request(t, tt.head, tt.parts...))
			if head.Error == nil || head.Error.Name+" "+head.Error.Code != tt.want {
				t.Errorf("the error is %+v, want %s", head.Error, tt.want)
			}
		})
	}
}

func TestAMalformedRequestIsAnAnswer(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		request []byte
	}{
		{name: "nothing"},
		{name: "half a length", request: []byte{1, 2}},
		{name: "a head that is not there", request: []byte{255, 255, 255, 255, '{'}},
		{name: "no JSON", request: frame("{no")},
		{name: "parts that are not there", request: frame(`{"op":"digest","hash":"md5","parts":[9]}`, []byte("abc"))},
		{name: "parts of negative length", request: frame(`{"op":"digest","hash":"md5","parts":[-1]}`, []byte("abc"))},
		{name: "bytes of no part", request: frame(`{"op":"digest","hash":"md5","parts":[1]}`, []byte("abc"))},
		{name: "no short form", request: frame("digest")},
		{name: "a short form of nothing", request: frame("sign x")},
		{name: "a key that is not there", request: frame("hmac sha256 9", []byte("abc"))},
		{name: "a key of negative length", request: frame("hmac sha256 -1", []byte("abc"))},
		{name: "an empty head", request: frame("")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if head, _ := ask(t, tt.request); head.Error == nil || head.Error.Name != "DataError" {
				t.Errorf("the error is %+v", head.Error)
			}
		})
	}
}

func TestShortFormsSayTheSame(t *testing.T) {
	t.Parallel()
	data, key := []byte("data"), []byte("key")
	long := must(t, request(t, map[string]any{"op": "hmac", "hash": "sha512"}, key, data))
	if short := must(t, frame("hmac sha512 3", key, data)); !bytes.Equal(short, long) {
		t.Errorf("%x is not %x", short, long)
	}
	long = must(t, request(t, map[string]any{"op": "digest", "hash": "sha3-256"}, data))
	if short := must(t, frame("digest sha3-256", data)); !bytes.Equal(short, long) {
		t.Errorf("%x is not %x", short, long)
	}
}

func TestLongWorkStopsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	began := time.Now()
	r := request(t, map[string]any{"op": "pbkdf2", "hash": "sha512", "iterations": 1<<31 - 1, "length": 1 << 20}, []byte("password"), []byte("salt"))
	if _, err := webcrypto.Answer(free{ctx}, webcrypto.Read(r)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the error is %v", err)
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("it took %v", took)
	}
}

func TestNamesAreTheHostsOwn(t *testing.T) {
	t.Parallel()
	for request, want := range map[string]string{
		`{"op":"digest","hash":"sha256"}`:            "digest sha256",
		`{"op":"digest","hash":"my password"}`:       "digest",
		`{"op":"encrypt","cipher":"aes-128-gcm"}`:    "encrypt aes-128-gcm",
		`{"op":"generate","type":"rsa"}`:             "generate rsa",
		`{"op":"my secret"}`:                         "unknown",
		`{"op":"import","format":"pem","type":"no"}`: "import pem",
	} {
		if got := webcrypto.Read(frame(request)).Name(); got != want {
			t.Errorf("%s is named %q, want %q", request, got, want)
		}
	}
	if names := webcrypto.Operations(); !slices.IsSorted(names) || len(names) != 18 {
		t.Errorf("the operations are %v", names)
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add(frame("digest sha256", []byte("abc")))
	f.Add(frame("hmac sha1 3", []byte("keydata")))
	for _, op := range webcrypto.Operations() {
		f.Add(frame(`{"op":"`+op+`","hash":"sha1","cipher":"aes-128-gcm","kind":"public","format":"raw","curve":"p-256","iterations":1,"length":9,"n":2,"r":1,"p":1,"parts":[16,12,3]}`, make([]byte, 31)))
	}
	f.Add(frame(`{"op":"import","kind":"private","format":"pem"}`, []byte("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n")))
	f.Add(frame(`{"op":"import","kind":"public","format":"jwk","jwk":{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := webcrypto.Read(data)
		if strings.HasPrefix(r.Name(), "generate") {
			return // it takes long, and of its input hardly anything is foreign
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		a, err := webcrypto.Answer(free{ctx}, r)
		if err == nil {
			take(t, a)
		}
	})
}

func BenchmarkDigest(b *testing.B) {
	r := frame("digest sha256", []byte("a short string"))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := webcrypto.Answer(free{b.Context()}, webcrypto.Read(r)); err != nil {
			b.Fatal(err)
		}
	}
}
