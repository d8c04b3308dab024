package webcrypto

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"errors"
	"math/big"
)

// sign takes a private key in PKCS 8 and data.
func sign(ctx Caller, r *Request) (answer, error) {
	if err := payKey(ctx, r.parts[0]); err != nil {
		return answer{}, err
	}
	key, _, err := privateKey(r.parts[0])
	if err != nil {
		return answer{}, err
	}
	if err := payPrivate(ctx, key); err != nil {
		return answer{}, err
	}
	switch k := key.(type) {
	case ed25519.PrivateKey:
		if err := payMessage(ctx, r.parts[1]); err != nil {
			return answer{}, err
		}
		return bare(ed25519.Sign(k, r.parts[1])), nil
	case *rsa.PrivateKey:
		return r.signRSA(ctx, k)
	case *ecdsa.PrivateKey:
		return r.signEC(ctx, k, orderBytes(k.Curve))
	case k1Private:
		return r.signEC(ctx, k, k1Bytes)
	}
	return answer{}, errOperation
}

// signEC signs with a key on a curve whose order has so many bytes.
func (r *Request) signEC(ctx Caller, k crypto.Signer, size int) (answer, error) {
	h, sum, err := r.sum(ctx)
	if err != nil {
		return answer{}, err
	}
	der, err := k.Sign(rand.Reader, sum, h)
	if err != nil {
		return answer{}, err
	}
	if r.head.Encoding == "ieee-p1363" {
		der, err = fromDER(size, der)
	}
	return bare(der), err
}

// errOperation is Node's word for a key that can't do what it is asked.
var errOperation = &failure{Name: "InvalidAccessError", Code: "ERR_OSSL_EVP_OPERATION_NOT_SUPPORTED_FOR_THIS_KEYTYPE", Message: "error:03000096:digital envelope routines::operation not supported for this keytype"}

// sum returns the digest of the data, which is SHA-256 when none is named.
func (r *Request) sum(ctx Caller) (crypto.Hash, []byte, error) {
	name := r.head.Hash
	if name == "" {
		name = "sha256"
	}
	h, err := hashOf(name)
	if err != nil {
		return 0, nil, err
	}
	d := h.New()
	err = write(ctx, d, r.parts[1])
	return h, d.Sum(nil), err
}

func (r *Request) signRSA(ctx Caller, k *rsa.PrivateKey) (answer, error) {
	h, sum, err := r.sum(ctx)
	if err != nil {
		return answer{}, err
	}
	var signature []byte
	if r.head.Padding == "pss" {
		options, err := r.pss()
		if err != nil {
			return answer{}, err
		}
		signature, err = rsa.SignPSS(rand.Reader, k, h, sum, options)
		if err != nil {
			return answer{}, rsaFailure(err)
		}
		return bare(signature), nil
	}
	signature, err = rsa.SignPKCS1v15(nil, k, h, sum)
	if err != nil {
		return answer{}, rsaFailure(err)
	}
	return bare(signature), nil
}

// pss returns the salt's length: -1 the digest's, -2 or none the longest when
// signing and whatever there is when verifying.
func (r *Request) pss() (*rsa.PSSOptions, error) {
	length := -2
	if r.head.SaltLength != nil {
		length = *r.head.SaltLength
	}
	switch {
	case length == -2:
		return &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthAuto}, nil
	case length == -1:
		return &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}, nil
	case length > 0 && length <= maxRSABits/8:
		return &rsa.PSSOptions{SaltLength: length}, nil
	}
	return nil, unsupported("a salt of %d bytes is not supported with RSA-PSS: use the digest's length", length)
}

// rsaFailure words what crypto/rsa says as OpenSSL does where it can.
func rsaFailure(err error) error {
	switch {
	case errors.Is(err, rsa.ErrMessageTooLong):
		return rejected("ERR_OSSL_RSA_DATA_TOO_LARGE_FOR_KEY_SIZE", "error:0200006E:rsa routines::data too large for key size")
	case errors.Is(err, rsa.ErrDecryption):
		return rejected("ERR_OSSL_RSA_OAEP_DECODING_ERROR", "error:02000079:rsa routines::oaep decoding error")
	}
	return rejected("", err.Error())
}

// verify takes a public key in SPKI, data and a signature. The answer is one
// byte, 1 when the signature is the key's.
func verify(ctx Caller, r *Request) (answer, error) {
	key, err := publicKey(r.parts[0])
	if err != nil {
		return answer{}, err
	}
	if err := payPublic(ctx, key); err != nil {
		return answer{}, err
	}
	valid := false
	switch k := key.(type) {
	case ed25519.PublicKey:
		if err := payMessage(ctx, r.parts[1]); err != nil {
			return answer{}, err
		}
		valid = ed25519.Verify(k, r.parts[1], r.parts[2])
	case *rsa.PublicKey:
		valid, err = r.verifyRSA(ctx, k)
	case *ecdsa.PublicKey:
		valid, err = r.verifyECDSA(ctx, orderBytes(k.Curve), func(sum, der []byte) bool { return ecdsa.VerifyASN1(k, sum, der) })
	case k1Public:
		valid, err = r.verifyECDSA(ctx, k1Bytes, k.verify)
	default:
		err = errOperation
	}
	if err != nil {
		return answer{}, err
	}
	if valid {
		return bare([]byte{1}), nil
	}
	return bare([]byte{0}), nil
}

func (r *Request) verifyRSA(ctx Caller, k *rsa.PublicKey) (bool, error) {
	h, sum, err := r.sum(ctx)
	if err != nil {
		return false, err
	}
	if r.head.Padding != "pss" {
		return rsa.VerifyPKCS1v15(k, h, sum, r.parts[2]) == nil, nil
	}
	options, err := r.pss()
	if err != nil {
		return false, err
	}
	return rsa.VerifyPSS(k, h, sum, r.parts[2], options) == nil, nil
}

func (r *Request) verifyECDSA(ctx Caller, size int, valid func(sum, der []byte) bool) (bool, error) {
	_, sum, err := r.sum(ctx)
	if err != nil {
		return false, err
	}
	der := r.parts[2]
	if r.head.Encoding == "ieee-p1363" {
		if len(der) != 2*size {
			return false, nil
		}
		der = toDER(der[:size], der[size:])
	}
	return valid(sum, der), nil
}

// pair is an ECDSA signature.
type pair struct{ R, S *big.Int }

func orderBytes(c elliptic.Curve) int { return (c.Params().N.BitLen() + 7) / 8 }

func toDER(r, s []byte) []byte {
	return raw(pair{new(big.Int).SetBytes(r), new(big.Int).SetBytes(s)}).FullBytes
}

// fromDER returns a signature as its two numbers side by side.
func fromDER(size int, der []byte) ([]byte, error) {
	var p pair
	if _, err := asn1.Unmarshal(der, &p); err != nil {
		return nil, err
	}
	b := make([]byte, 2*size)
	p.R.FillBytes(b[:size])
	p.S.FillBytes(b[size:])
	return b, nil
}
