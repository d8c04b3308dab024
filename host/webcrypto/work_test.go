package webcrypto_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/scrypt"

	"github.com/usherhost/usher/host/webcrypto"
)

// free is a caller that pays nothing.
type free struct{ context.Context }

func (free) Burn(int64) {}

// watching is a caller that takes the time between two looks at it.
type watching struct {
	context.Context
	last   time.Time
	gap    time.Duration // the longest
	burned int64
}

func (w *watching) look() {
	now := time.Now()
	w.gap, w.last = max(w.gap, now.Sub(w.last)), now
}

func (w *watching) Burn(units int64) { w.look(); w.burned += units }

func (w *watching) Err() error { w.look(); return w.Context.Err() }

// expensive are the most expensive requests of each operation that its bounds
// allow, or just do not allow.
func expensive(t *testing.T) map[string][][]byte {
	t.Helper()
	big := bytes.Repeat([]byte("x"), webcrypto.MaxRequestBytes-1000)
	some := big[:64<<10]
	key, iv := some[:32], some[:16]
	private, public := keyPair(t, map[string]any{"op": "generate", "type": "rsa", "bits": 4096})
	eccPrivate, eccPublic := keyPair(t, map[string]any{"op": "generate", "type": "ec", "curve": "secp521r1"})
	edPrivate, edPublic := keyPair(t, map[string]any{"op": "generate", "type": "ed25519"})
	pems := []byte(strings.Repeat("-----BEGIN X-----\nAAAA\n", 12_000))
	depth := strings.Repeat("[", 9000) + strings.Repeat("]", 9000)
	all := map[string][][]byte{
		"scrypt": {
			request(t, map[string]any{"op": "scrypt", "n": 2, "r": 1, "p": 500_000, "length": 1 << 20}, []byte("a"), []byte("b")),
			request(t, map[string]any{"op": "scrypt", "n": 2, "r": 1, "p": 8192, "length": 1 << 20}, []byte("a"), some),
			request(t, map[string]any{"op": "scrypt", "n": 2, "r": 8192, "p": 1, "length": 1 << 20}, big, nil),
			request(t, map[string]any{"op": "scrypt", "n": 1 << 16, "r": 8, "p": 2, "length": 64}, nil, nil),
			request(t, map[string]any{"op": "scrypt", "n": 2, "r": 1 << 18, "p": 1, "length": 64}, nil, nil),
		},
		"pbkdf2": {
			request(t, map[string]any{"op": "pbkdf2", "hash": "sha3-512", "iterations": 2, "length": 1 << 20}, nil, some),
			request(t, map[string]any{"op": "pbkdf2", "hash": "ripemd160", "iterations": 1 << 30, "length": 1 << 20}, big, nil),
			request(t, map[string]any{"op": "pbkdf2", "hash": "sha512", "iterations": 1, "length": 1 << 20}, nil, big),
		},
		"power": {
			request(t, map[string]any{"op": "power"}, bytes.Repeat([]byte("f"), 1024), bytes.Repeat([]byte("f"), 1024), bytes.Repeat([]byte("f"), 1024)),
			request(t, map[string]any{"op": "power"}, bytes.Repeat([]byte("f"), 2048), bytes.Repeat([]byte("f"), 1024), append(bytes.Repeat([]byte("f"), 1023), '0')),
			request(t, map[string]any{"op": "power"}, big, big, big),
		},
		"bcrypt": {
			request(t, map[string]any{"op": "bcrypt", "n": 31}, some[:4<<10], some[:16]),
			request(t, map[string]any{"op": "bcrypt", "n": 4}, big, some[:16]),
		},
		"hkdf": {
			request(t, map[string]any{"op": "hkdf", "hash": "ripemd160", "length": 5100}, nil, nil, big),
			request(t, map[string]any{"op": "hkdf", "hash": "ripemd160", "length": 5100}, nil, nil, some),
			request(t, map[string]any{"op": "hkdf", "hash": "ripemd160", "length": 5100}, nil, big, nil),
			request(t, map[string]any{"op": "hkdf", "hash": "ripemd160", "length": 5100}, big, nil, nil),
		},
		"generate": {
			request(t, map[string]any{"op": "generate", "type": "rsa", "bits": 4096}),
			request(t, map[string]any{"op": "generate", "type": "rsa", "bits": 1 << 20}),
			request(t, map[string]any{"op": "generate", "type": "ec", "curve": "secp521r1"}),
			request(t, map[string]any{"op": "generate", "type": "x25519"}),
		},
		"certificate": {request(t, map[string]any{"op": "certificate"}, pems[:256<<10]), request(t, map[string]any{"op": "certificate"}, big)},
		"agree":       {request(t, map[string]any{"op": "agree"}, eccPrivate, eccPublic), request(t, map[string]any{"op": "agree"}, eccPrivate, big)},
		"import": {
			request(t, map[string]any{"op": "import", "kind": "private", "format": "pem"}, pems[:256<<10]),
			request(t, map[string]any{"op": "import", "kind": "private", "format": "der", "type": "pkcs8"}, private),
			request(t, map[string]any{"op": "import", "kind": "public", "format": "der", "type": "spki"}, big[:256<<10]),
			frame(`{"op":"import","kind":"public","format":"jwk","jwk":{"kty":"RSA","n":"` + strings.Repeat("_", 60_000) + `","e":"AQAB"}}`),
			frame(`{"op":"import","kind":"private","format":"jwk","jwk":{"kty":"RSA","n":"` + strings.Repeat("_", 1366) + `","e":"f____w","d":"` +
				strings.Repeat("_", 1366) + `","p":"` + strings.Repeat("_", 1366) + `","q":"` + strings.Repeat("_", 1366) + `"}}`),
			frame(`{"op":"import","kind":"public","format":"jwk","jwk":{"oth":` + depth + `}}`),
		},
		"export":      {request(t, map[string]any{"op": "export", "format": "jwk"}, private), request(t, map[string]any{"op": "export", "format": "pem", "type": "pkcs8", "cipher": "aes-256-cbc"}, private, big)},
		"rsa_decrypt": {request(t, map[string]any{"op": "rsa_decrypt"}, private, big[:512], nil), request(t, map[string]any{"op": "rsa_decrypt"}, private, big[:512], big)},
		"rsa_encrypt": {request(t, map[string]any{"op": "rsa_encrypt"}, public, big[:100], nil), request(t, map[string]any{"op": "rsa_encrypt", "padding": "none"}, public, big)},
	}
	for _, hash := range []string{"md5", "sha256", "sha3-512", "ripemd160", "blake2s256", "shake256"} {
		all["digest"] = append(all["digest"], request(t, map[string]any{"op": "digest", "hash": hash}, big))
		all["hmac"] = append(all["hmac"], request(t, map[string]any{"op": "hmac", "hash": hash}, big, nil), request(t, map[string]any{"op": "hmac", "hash": hash}, nil, big))
	}
	for _, cipher := range []string{"aes-256-ecb", "aes-256-cbc", "aes-256-ctr", "aes-256-gcm", "chacha20-poly1305", "aes-256-wrap"} {
		nonce := map[string][]byte{"aes-256-ecb": nil, "chacha20-poly1305": iv[:12], "aes-256-wrap": iv[:8]}
		with := iv
		if n, found := nonce[cipher]; found {
			with = n
		}
		data := big[:len(big)/16*16]
		for _, op := range []string{"encrypt", "decrypt"} {
			all[op] = append(all[op], request(t, map[string]any{"op": op, "cipher": cipher}, key, with, data, nil), request(t, map[string]any{"op": op, "cipher": cipher}, key, with, some, nil))
		}
	}
	all["decrypt"] = append(all["decrypt"], request(t, map[string]any{"op": "decrypt", "cipher": "aes-256-gcm", "tag_bytes": 4}, key, iv, big, nil))
	for _, k := range [][]byte{private, eccPrivate, edPrivate} {
		all["sign"] = append(all["sign"], request(t, map[string]any{"op": "sign", "hash": "ripemd160"}, k, big), request(t, map[string]any{"op": "sign"}, k, big[:4<<20]))
	}
	for _, k := range [][]byte{public, eccPublic, edPublic, big} {
		all["verify"] = append(all["verify"], request(t, map[string]any{"op": "verify", "hash": "ripemd160"}, k, big[:8<<20], some))
	}
	return all
}

func keyPair(t *testing.T, head map[string]any) (private, public []byte) {
	t.Helper()
	_, parts := ask(t, request(t, head))
	return parts[0], parts[1]
}

// patience is how long an operation may work without a look at its caller. It
// is generous, for a machine that does other things; the figure is logged.
const patience = time.Second

func TestEveryOperationLooksAtItsCallersEnd(t *testing.T) {
	requests := expensive(t)
	for _, op := range webcrypto.Operations() {
		if len(requests[op]) == 0 {
			t.Errorf("%s has no case: add its most expensive requests", op)
		}
		for i, r := range requests[op] {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			w := &watching{Context: ctx, last: time.Now()}
			began := w.last
			read := webcrypto.Read(r)
			_, err := webcrypto.Answer(w, read)
			w.look()
			took := time.Since(began)
			t.Logf("%s %d: at most %v without a look in %v, %.2f units/ns, %v", read.Name(), i, w.gap, took, float64(w.burned)/float64(took.Nanoseconds()), err)
			if w.gap > patience {
				t.Errorf("%s %d worked %v without a look at its caller", read.Name(), i, w.gap)
			}
			if took > 2*time.Second+patience {
				t.Errorf("%s %d ended after %v", read.Name(), i, took)
			}
			cancel()
		}
	}
}

// poor is a caller that panics when its fuel is used up, as a run does.
type poor struct {
	context.Context
	left int64
}

func (p *poor) Burn(units int64) {
	if p.left -= units; p.left < 0 {
		panic(p)
	}
}

func TestEveryOperationIsPaidFor(t *testing.T) {
	t.Parallel()
	for op, requests := range expensive(t) {
		for i, r := range requests {
			func() {
				p := &poor{t.Context(), 10_000}
				defer func() {
					if recover() != any(p) {
						t.Errorf("%s %d was done for nothing", op, i)
					}
				}()
				_, _ = webcrypto.Answer(p, webcrypto.Read(r))
			}()
		}
	}
}

func TestEveryOperationEndsAtOnceWhenItsCallerHasEnded(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for op, requests := range expensive(t) {
		for i, r := range requests {
			if _, err := webcrypto.Answer(free{ctx}, webcrypto.Read(r)); !errors.Is(err, context.Canceled) {
				t.Errorf("%s %d ended with %v", op, i, err)
			}
		}
	}
}

func TestOurScryptIsScrypt(t *testing.T) {
	t.Parallel()
	for range 30 {
		n, r, p := 2<<rand.IntN(6), 1+rand.IntN(9), 1+rand.IntN(5)
		password, salt := fmt.Append(nil, rand.Uint64()), fmt.Append(nil, rand.Uint64())
		length := 1 + rand.IntN(200)
		want, err := scrypt.Key(password, salt, n, r, p, length)
		if err != nil {
			t.Fatal(err)
		}
		_, parts := ask(t, request(t, map[string]any{"op": "scrypt", "n": n, "r": r, "p": p, "length": length}, password, salt))
		if !bytes.Equal(parts[0], want) {
			t.Errorf("n %d, r %d, p %d: %s, want %s", n, r, p, hex.EncodeToString(parts[0]), hex.EncodeToString(want))
		}
	}
}

func TestBoundsOfWorkAreProducts(t *testing.T) {
	t.Parallel()
	big := make([]byte, 1<<20)
	for _, tt := range []struct {
		name  string
		head  map[string]any
		parts [][]byte
		part  string
	}{
		{"many lanes of scrypt", map[string]any{"op": "scrypt", "n": 2, "r": 1, "p": 500_000, "length": 1 << 20}, [][]byte{nil, nil}, "128*r*p may be at most 1048576"},
		{"a long salt", map[string]any{"op": "pbkdf2", "hash": "sha1", "iterations": 1, "length": 1 << 20}, [][]byte{nil, big}, "a salt may have at most 65536 bytes"},
		{"a long info", map[string]any{"op": "hkdf", "hash": "sha1", "length": 100}, [][]byte{nil, nil, big}, "the info may have at most 65536 bytes"},
		{"a long key to wrap", map[string]any{"op": "encrypt", "cipher": "aes-128-wrap"}, [][]byte{big[:16], big[:8], big}, "a key to wrap may have at most 65536 bytes"},
		{"a long key to unwrap", map[string]any{"op": "decrypt", "cipher": "aes-128-wrap"}, [][]byte{big[:16], big[:8], big}, "a key to wrap may have at most 65536 bytes"},
		{"a long public key", map[string]any{"op": "verify"}, [][]byte{big, nil, nil}, "a public key may have at most 8192 bytes"},
		{"a long label", map[string]any{"op": "rsa_encrypt"}, [][]byte{big[:10], nil, big}, "OAEP's label may have at most 65536 bytes"},
	} {
		head, _ := ask(t, request(t, tt.head, tt.parts...))
		if head.Error == nil || !strings.Contains(head.Error.Message, tt.part) {
			t.Errorf("%s: answered %+v, want %q", tt.name, head.Error, tt.part)
		}
	}
	head, _ := ask(t, make([]byte, webcrypto.MaxRequestBytes+1))
	if head.Error == nil || !strings.Contains(head.Error.Message, "at most 16777216 bytes") {
		t.Errorf("a giant request: answered %+v", head.Error)
	}
}
