package webcrypto

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
)

// What an RSA key to be made may have: one of 4096 bits takes about a second.
const (
	minGeneratedBits = 1024
	maxGeneratedBits = 4096
	usualExponent    = 65537
)

// generate makes a pair of keys: PKCS 8, then SPKI.
func generate(ctx Caller, r *Request) (answer, error) {
	private, err := r.newKey(ctx)
	if err != nil {
		return answer{}, err
	}
	a, err := keyAnswer(private)
	if err != nil {
		return answer{}, err
	}
	public, err := marshalPKIX(publicOf(private))
	if err != nil {
		return answer{}, err
	}
	a.parts = append(a.parts, public)
	return a, nil
}

func (r *Request) newKey(ctx Caller) (any, error) {
	if err := spend(ctx, curveUnits); err != nil {
		return nil, err
	}
	switch r.head.Type {
	case "rsa":
		return r.newRSA(ctx)
	case "ec":
		if isK1(r.head.Curve) {
			key, err := secp256k1.GeneratePrivateKey()
			return k1Private{key}, err
		}
		curve, err := curveOf(r.head.Curve)
		if err != nil {
			return nil, err
		}
		return ecdsa.GenerateKey(curve, rand.Reader)
	case "ed25519":
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	case "x25519":
		return ecdh.X25519().GenerateKey(rand.Reader)
	}
	return nil, unsupported("the host makes keys of the types rsa, ec, ed25519 and x25519, not %q", clip(r.head.Type))
}

func (r *Request) newRSA(ctx Caller) (any, error) {
	switch {
	case r.head.Bits < minGeneratedBits || r.head.Bits > maxGeneratedBits:
		return nil, tooMuch("an RSA key to be made may have %d to %d bits, asked for %d", minGeneratedBits, maxGeneratedBits, r.head.Bits)
	case r.head.Exponent != 0 && r.head.Exponent != usualExponent:
		return nil, unsupported("an RSA key is made with the exponent 65537, not %d", r.head.Exponent)
	}
	return generateRSA(ctx, r.head.Bits)
}

// agree takes a private key and another's public key, and gives the secret
// that both can compute.
func agree(ctx Caller, r *Request) (answer, error) {
	if err := spend(ctx, curveUnits); err != nil {
		return answer{}, err
	}
	public, err := publicKey(r.parts[1])
	if err != nil {
		return answer{}, err
	}
	if signer, _, err := privateKey(r.parts[0]); err == nil {
		if mine, ok := signer.(k1Private); ok {
			return agreeK1(mine, public)
		}
	}
	mine, err := r.exchangeKey()
	if err != nil {
		return answer{}, err
	}
	theirs, ok := public.(*ecdh.PublicKey)
	if k, ecdsaKey := public.(*ecdsa.PublicKey); ecdsaKey {
		theirs, err = k.ECDH()
		ok = err == nil
	}
	if !ok {
		return answer{}, errOperation
	}
	if mine.Curve() != theirs.Curve() {
		return answer{}, &failure{Name: "InvalidAccessError", Code: "ERR_CRYPTO_INCOMPATIBLE_KEY", Message: "Incompatible keys: two curves"}
	}
	secret, err := mine.ECDH(theirs)
	if err != nil {
		return answer{}, rejected("ERR_OSSL_FAILED_DURING_DERIVATION", "error:030000B9:digital envelope routines::failed during derivation")
	}
	return bare(secret), nil
}

func (r *Request) exchangeKey() (*ecdh.PrivateKey, error) {
	signer, mine, err := privateKey(r.parts[0])
	if err != nil || mine != nil {
		return mine, err
	}
	if k, ok := signer.(*ecdsa.PrivateKey); ok {
		if mine, err = k.ECDH(); err == nil {
			return mine, nil
		}
	}
	return nil, errOperation
}
