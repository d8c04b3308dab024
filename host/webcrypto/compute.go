package webcrypto

import (
	"math/big"

	"golang.org/x/crypto/blowfish" //nolint:staticcheck // bcrypt is made of it
)

// maxPowerBits is the longest modulus and exponent of a power: math/big takes some
// 30 ms for them, and can't be stopped.
const maxPowerBits = 4096

// raise takes a base, an exponent and a modulus as hexadecimal digits, and answers
// with base^exponent modulo modulus, in the same form.
func raise(ctx Caller, r *Request) (answer, error) {
	var numbers [3]big.Int
	for i := range numbers {
		if err := checkPart("a number", r.parts[i], maxPowerBits/2); err != nil { // twice as long as the longest modulus
			return answer{}, err
		}
		if _, ok := numbers[i].SetString(string(r.parts[i]), 16); !ok || numbers[i].Sign() < 0 {
			return answer{}, invalid("part %d of a power is no whole number in hexadecimal digits", i)
		}
	}
	base, exponent, modulus := &numbers[0], &numbers[1], &numbers[2]
	if modulus.Sign() == 0 {
		return answer{}, invalid("the modulus of a power is 0")
	}
	if modulus.BitLen() > maxPowerBits || exponent.BitLen() > maxPowerBits {
		return answer{}, tooMuch("the modulus and the exponent of a power may have at most %d bits, got %d and %d", maxPowerBits, modulus.BitLen(), exponent.BitLen())
	}
	bits := int64(modulus.BitLen())
	if err := spend(ctx, bits*bits*int64(exponent.BitLen())/powerBits3); err != nil {
		return answer{}, err
	}
	return bare([]byte(new(big.Int).Exp(base, exponent, modulus).Text(16))), nil
}

// The bounds of bcrypt.
const (
	bcryptSaltBytes = 16
	bcryptMinCost   = 4
	bcryptMaxCost   = 31
	maxBcryptBytes  = 4 << 10 // of a password, of which bcrypt reads 72
)

// bcryptText is what bcrypt encrypts.
const bcryptText = "OrpheanBeholderScryDoubt"

// deriveBcrypt takes a password, with the zero byte that ends it where the version
// of bcrypt has one, and a salt of 16 bytes. It answers with the 24 bytes of which
// bcrypt writes 23. golang.org/x/crypto/bcrypt takes no salt, and can't be stopped.
func deriveBcrypt(ctx Caller, r *Request) (answer, error) {
	password, salt, cost := r.parts[0], r.parts[1], r.head.N
	if err := checkPart("a password of bcrypt", password, maxBcryptBytes); err != nil {
		return answer{}, err
	}
	if len(password) == 0 || len(salt) != bcryptSaltBytes || cost < bcryptMinCost || cost > bcryptMaxCost {
		return answer{}, invalid("bcrypt takes a password, a salt of %d bytes and a cost of %d to %d, got %d and %d bytes and %d",
			bcryptSaltBytes, bcryptMinCost, bcryptMaxCost, len(password), len(salt), cost)
	}
	if err := spend(ctx, bcryptRoundUnits); err != nil {
		return answer{}, err
	}
	cipher, err := blowfish.NewSaltedCipher(password, salt)
	if err != nil {
		return answer{}, invalid("bcrypt: %v", err)
	}
	for range int64(1) << cost {
		if err := spend(ctx, bcryptRoundUnits); err != nil {
			return answer{}, err
		}
		blowfish.ExpandKey(password, cipher)
		blowfish.ExpandKey(salt, cipher)
	}
	sum := []byte(bcryptText)
	for i := 0; i < len(sum); i += blowfish.BlockSize {
		for range 64 {
			cipher.Encrypt(sum[i:i+blowfish.BlockSize], sum[i:i+blowfish.BlockSize])
		}
	}
	return bare(sum), nil
}
