package webcrypto

import (
	"crypto/rand"
	"crypto/rsa"
	"math/big"
)

// generateRSA makes an RSA key as FIPS 186-5 has it: two random primes of half
// the length, probable by Miller and Rabin. crypto/rsa does the same in less
// time, but can't be stopped, and a large key takes it seconds at times.
func generateRSA(ctx Caller, bits int) (*rsa.PrivateKey, error) {
	ctx.Burn(cube(bits) / generateBits3)
	e, one := big.NewInt(usualExponent), big.NewInt(1)
	for {
		p, err := newPrime(ctx, (bits+1)/2)
		if err != nil {
			return nil, err
		}
		q, err := newPrime(ctx, bits/2)
		if err != nil {
			return nil, err
		}
		n := new(big.Int).Mul(p, q)
		// Primes that begin with two bits set differ in their first half but for
		// a chance of 2^-100 and less.
		if new(big.Int).Sub(p, q).BitLen() < bits/2-100 || n.BitLen() != bits {
			continue
		}
		phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
		d := new(big.Int).ModInverse(e, phi)
		if d == nil {
			continue
		}
		key := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: n, E: usualExponent}, D: d, Primes: []*big.Int{p, q}}
		key.Precompute()
		return key, key.Validate()
	}
}

// rounds of Miller and Rabin let a random composite of 512 bits and more pass
// with less than 2^-100 (FIPS 186-5, table B.1).
const rounds = 8

// newPrime returns a random prime whose two highest bits are set.
func newPrime(ctx Caller, bits int) (*big.Int, error) {
	b := make([]byte, (bits+7)/8)
	p := new(big.Int)
	for {
		_, _ = rand.Read(b) // never fails
		p.SetBytes(b)
		p.Rsh(p, uint(len(b)*8-bits))
		p.SetBit(p, bits-1, 1)
		p.SetBit(p, bits-2, 1)
		p.SetBit(p, 0, 1)
		if hasSmallFactor(p) {
			continue
		}
		if probable, err := isProbablePrime(ctx, p); probable || err != nil {
			return p, err
		}
	}
}

// isProbablePrime looks at the caller's end before each round, which takes some
// milliseconds.
func isProbablePrime(ctx Caller, p *big.Int) (bool, error) {
	for range rounds {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		if !passesRound(p) {
			return false, nil
		}
	}
	return true, nil
}

// passesRound is one round of Miller and Rabin with a random base.
func passesRound(p *big.Int) bool {
	one, two := big.NewInt(1), big.NewInt(2)
	minus := new(big.Int).Sub(p, one)
	shift := minus.TrailingZeroBits()
	odd := new(big.Int).Rsh(minus, shift)
	base, err := rand.Int(rand.Reader, new(big.Int).Sub(minus, two))
	if err != nil {
		panic(err) // the reader never fails
	}
	x := base.Add(base, two) // from 2 to p-2
	x.Exp(x, odd, p)
	if x.Cmp(one) == 0 || x.Cmp(minus) == 0 {
		return true
	}
	for range shift - 1 {
		if x.Mul(x, x).Mod(x, p); x.Cmp(minus) == 0 {
			return true
		}
	}
	return false
}

// factors are products of the odd primes below 2048, each as many as fit into a
// word.
var factors = func() (products []factor) {
	f := factor{product: 1}
	for n := uint64(3); n < 2048; n += 2 {
		if !big.NewInt(int64(n)).ProbablyPrime(0) {
			continue
		}
		if f.product > 1<<62/n {
			products, f = append(products, f), factor{product: 1}
		}
		f.product *= n
		f.primes = append(f.primes, n)
	}
	return append(products, f)
}()

type factor struct {
	product uint64
	primes  []uint64
}

// hasSmallFactor sorts out what is no prime at little cost.
func hasSmallFactor(p *big.Int) bool {
	rest, product := new(big.Int), new(big.Int)
	for _, f := range factors {
		r := rest.Mod(p, product.SetUint64(f.product)).Uint64()
		for _, prime := range f.primes {
			if r%prime == 0 {
				return true
			}
		}
	}
	return false
}
