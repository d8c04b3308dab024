package webcrypto

import (
	"crypto/hmac"
	"encoding/binary"
	"hash"
)

// The bounds of what key derivation goes over again and again.
const (
	maxSaltBytes = 64 << 10
	maxInfoBytes = 64 << 10
)

// pbkdf2 takes a password and a salt. Iterations have no limit but the run's
// deadline and its fuel.
func pbkdf2(ctx Caller, r *Request) (answer, error) {
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
	if err := checkPart("a salt", r.parts[1], maxSaltBytes); err != nil {
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
func stretch(ctx Caller, h func() hash.Hash, password, salt []byte, iterations, length int) ([]byte, error) {
	prf, err := newMAC(ctx, h, password)
	if err != nil {
		return nil, err
	}
	s := &stretching{ctx: ctx, prf: prf, size: prf.Size()}
	key := make([]byte, 0, length+s.size)
	for block := uint32(1); len(key) < length; block++ {
		if err := s.paid(1); err != nil {
			return nil, err
		}
		prf.Reset()
		if err := write(ctx, prf, salt); err != nil {
			return nil, err
		}
		_, _ = prf.Write(binary.BigEndian.AppendUint32(nil, block))
		key = prf.Sum(key)
		if err := s.iterate(key[len(key)-s.size:], iterations); err != nil {
			return nil, err
		}
	}
	return key[:length], s.pay()
}

// stretching is PBKDF2 in progress.
type stretching struct {
	ctx  Caller
	prf  hash.Hash
	size int
	owed int // iterations that were not paid for
}

// paid counts iterations that are about to be done.
func (s *stretching) paid(iterations int) error {
	if s.owed += iterations; s.owed < iterationsPerCheck {
		return nil
	}
	return s.pay()
}

func (s *stretching) pay() error {
	units := 2*hashUnits + hashByteUnits*int64(s.prf.BlockSize()+s.size)
	err := spend(s.ctx, int64(s.owed)*units)
	s.owed = 0
	return err
}

// iterate does all iterations but the first, which sum is the result of.
func (s *stretching) iterate(sum []byte, iterations int) error {
	u := append([]byte{}, sum...)
	for i := 1; i < iterations; i++ {
		if err := s.paid(1); err != nil {
			return err
		}
		s.prf.Reset()
		_, _ = s.prf.Write(u)
		u = s.prf.Sum(u[:0])
		for j := range u {
			sum[j] ^= u[j]
		}
	}
	return nil
}

// deriveHKDF takes a key, a salt and the info. It is HKDF of RFC 5869, which
// the standard library has too, but not so that it can be stopped.
func deriveHKDF(ctx Caller, r *Request) (answer, error) {
	h, err := newHash(r.head.Hash)
	if err != nil {
		return answer{}, err
	}
	if err := checkLength(r.head.Length); err != nil {
		return answer{}, err
	}
	if err := checkPart("the info", r.parts[2], maxInfoBytes); err != nil {
		return answer{}, err
	}
	if r.head.Length > 255*h().Size() {
		return answer{}, rejected("ERR_CRYPTO_INVALID_KEYLEN", "Invalid key length")
	}
	extract, err := newMAC(ctx, h, r.parts[1])
	if err != nil {
		return answer{}, err
	}
	if err := write(ctx, extract, r.parts[0]); err != nil {
		return answer{}, err
	}
	expand := hmac.New(h, extract.Sum(nil))
	var key, last []byte
	for i := byte(1); len(key) < r.head.Length; i++ {
		expand.Reset()
		_, _ = expand.Write(last)
		if err := write(ctx, expand, r.parts[2]); err != nil {
			return answer{}, err
		}
		_, _ = expand.Write([]byte{i})
		last = expand.Sum(nil)
		key = append(key, last...)
	}
	return bare(key[:r.head.Length:r.head.Length]), spend(ctx, hashUnits)
}
