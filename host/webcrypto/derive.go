package webcrypto

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"encoding/binary"
	"hash"

	"golang.org/x/crypto/scrypt"
)

// pbkdf2 takes a password and a salt. Iterations have no limit but the run's
// deadline.
func pbkdf2(ctx context.Context, r *Request) (answer, error) {
	h, err := newHash(r.head.Hash)
	if err != nil {
		return answer{}, err
	}
	if r.head.Iterations < 1 {
		return answer{}, invalid("pbkdf2 takes at least 1 iteration, asked for %d", r.head.Iterations)
	}
	if err := checkLength(r.head.Length); err != nil {
		return answer{}, err
	}
	key, err := stretch(ctx, h, r.parts[0], r.parts[1], r.head.Iterations, r.head.Length)
	return bare(key), err
}

func checkLength(n int) error {
	if n < 0 || n > maxDerivedBytes {
		return tooMuch("a derived key may have at most %d bytes, asked for %d", maxDerivedBytes, n)
	}
	return nil
}

// iterationsPerCheck is how many iterations of PBKDF2 are done between looks
// at the deadline: about a millisecond's worth.
const iterationsPerCheck = 1024

// stretch is PBKDF2 of RFC 8018, which the standard library has too, but not
// so that it can be stopped.
func stretch(ctx context.Context, h func() hash.Hash, password, salt []byte, iterations, length int) ([]byte, error) {
	prf := hmac.New(h, password)
	size := prf.Size()
	key := make([]byte, 0, length+size)
	for block := uint32(1); len(key) < length; block++ {
		prf.Reset()
		_, _ = prf.Write(salt)
		_, _ = prf.Write(binary.BigEndian.AppendUint32(nil, block))
		key = prf.Sum(key)
		sum := key[len(key)-size:]
		u := append([]byte{}, sum...)
		for i := 1; i < iterations; i++ {
			if i%iterationsPerCheck == 0 && ctx.Err() != nil {
				return nil, ctx.Err()
			}
			prf.Reset()
			_, _ = prf.Write(u)
			u = prf.Sum(u[:0])
			for j := range u {
				sum[j] ^= u[j]
			}
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return key[:length], nil
}

// deriveHKDF takes a key, a salt and the info.
func deriveHKDF(_ context.Context, r *Request) (answer, error) {
	h, err := newHash(r.head.Hash)
	if err != nil {
		return answer{}, err
	}
	if err := checkLength(r.head.Length); err != nil {
		return answer{}, err
	}
	key, err := hkdf.Key(h, r.parts[0], r.parts[1], string(r.parts[2]), r.head.Length)
	if err != nil {
		return answer{}, rejected("ERR_CRYPTO_INVALID_KEYLEN", "Invalid key length")
	}
	return bare(key), nil
}

// What one scrypt may cost: 64 MiB, and about a second.
const (
	maxScryptBytes = 64 << 20
	maxScryptWork  = 1 << 20 // N·r·p
)

// scrypts holds a place for each scrypt that may run at once: they take much
// of the host's memory.
var scrypts = make(chan struct{}, 2)

// deriveScrypt takes a password and a salt.
func deriveScrypt(ctx context.Context, r *Request) (answer, error) {
	n, blocks, p := int64(r.head.N), int64(r.head.R), int64(r.head.P)
	if err := checkLength(r.head.Length); err != nil {
		return answer{}, err
	}
	switch {
	case n < 2 || n&(n-1) != 0 || blocks < 1 || p < 1:
		return answer{}, scryptFailure("Invalid scrypt params")
	case n > maxScryptWork || blocks > maxScryptWork || p > maxScryptWork || 128*n*blocks > maxScryptBytes:
		return answer{}, scryptFailure("Invalid scrypt params: memory limit exceeded: 128*N*r may be at most 67108864 here")
	case n*blocks*p > maxScryptWork:
		return answer{}, scryptFailure("Invalid scrypt params: N*r*p may be at most 1048576 here")
	}
	select {
	case scrypts <- struct{}{}:
	case <-ctx.Done():
		return answer{}, ctx.Err()
	}
	defer func() { <-scrypts }()
	key, err := scrypt.Key(r.parts[0], r.parts[1], r.head.N, r.head.R, r.head.P, r.head.Length)
	return bare(key), err
}

func scryptFailure(message string) error {
	return &failure{Name: "OperationError", Code: "ERR_CRYPTO_INVALID_SCRYPT_PARAMS", Message: message}
}
