package webcrypto

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"math/big"
)

// rsaEncrypt takes an RSA key, data and OAEP's label. A private key encrypts
// as the first half of a signature does.
func rsaEncrypt(ctx Caller, r *Request) (answer, error) {
	if r.head.Kind == "private" {
		return r.encryptPrivately(ctx)
	}
	key, err := r.rsaPublic(ctx)
	if err != nil {
		return answer{}, err
	}
	var out []byte
	switch r.head.Padding {
	case "oaep", "":
		h, err := hashOf(r.hashOr("sha1"))
		if err != nil {
			return answer{}, err
		}
		out, err = rsa.EncryptOAEP(h.New(), rand.Reader, key, r.parts[1], r.parts[2])
		if err != nil {
			return answer{}, rsaFailure(err)
		}
		return bare(out), nil
	case "pkcs1":
		out, err = rsa.EncryptPKCS1v15(rand.Reader, key, r.parts[1]) //nolint:staticcheck // guests speak to others who use it
		if err != nil {
			return answer{}, rsaFailure(err)
		}
		return bare(out), nil
	case "none":
		return power(key, r.parts[1])
	}
	return answer{}, unsupported("RSA encrypts with the padding oaep, pkcs1 or none, not %q", clip(r.head.Padding))
}

func rsaEncryptIsPure(r *Request) bool { return r.head.Kind == "private" || r.head.Padding == "none" }

func (r *Request) hashOr(name string) string {
	if r.head.Hash == "" {
		return name
	}
	return r.head.Hash
}

// rsaPublic reads the public key, also as a part of a private one.
func (r *Request) rsaPublic(ctx Caller) (*rsa.PublicKey, error) {
	if err := payKey(ctx, r.parts[0]); err != nil {
		return nil, err
	}
	if err := checkPart("OAEP's label", r.parts[2], maxInfoBytes); err != nil {
		return nil, err
	}
	key, err := r.key()
	if err != nil {
		return nil, err
	}
	if public, ok := publicOrSelf(key).(*rsa.PublicKey); ok {
		return public, payPublic(ctx, public)
	}
	return nil, errOperation
}

func (r *Request) rsaPrivate(ctx Caller) (*rsa.PrivateKey, error) {
	if err := payKey(ctx, r.parts[0]); err != nil {
		return nil, err
	}
	if err := checkPart("OAEP's label", r.parts[2], maxInfoBytes); err != nil {
		return nil, err
	}
	signer, _, err := privateKey(r.parts[0])
	if err != nil {
		return nil, err
	}
	if key, ok := signer.(*rsa.PrivateKey); ok {
		return key, payPrivate(ctx, key)
	}
	return nil, errOperation
}

func (r *Request) encryptPrivately(ctx Caller) (answer, error) {
	key, err := r.rsaPrivate(ctx)
	if err != nil {
		return answer{}, err
	}
	if r.head.Padding != "pkcs1" && r.head.Padding != "" {
		return answer{}, unsupported("a private RSA key encrypts with the padding pkcs1 only")
	}
	out, err := rsa.SignPKCS1v15(nil, key, 0, r.parts[1])
	if err != nil {
		return answer{}, rsaFailure(err)
	}
	return bare(out), nil
}

// rsaDecrypt takes an RSA key, what was encrypted and OAEP's label. A public
// key decrypts what a private one encrypted.
func rsaDecrypt(ctx Caller, r *Request) (answer, error) {
	if r.head.Kind == "public" {
		return r.decryptPublicly(ctx)
	}
	key, err := r.rsaPrivate(ctx)
	if err != nil {
		return answer{}, err
	}
	var out []byte
	switch r.head.Padding {
	case "oaep", "":
		h, err := hashOf(r.hashOr("sha1"))
		if err != nil {
			return answer{}, err
		}
		out, err = rsa.DecryptOAEP(h.New(), nil, key, r.parts[1], r.parts[2])
		if err != nil {
			return answer{}, rsaFailure(err)
		}
		return bare(out), nil
	case "pkcs1":
		out, err = rsa.DecryptPKCS1v15(nil, key, r.parts[1]) //nolint:staticcheck // guests speak to others who use it
		if err != nil {
			return answer{}, rejected("ERR_OSSL_RSA_PADDING_CHECK_FAILED", "error:02000072:rsa routines::padding check failed")
		}
		return bare(out), nil
	}
	return answer{}, unsupported("a private RSA key decrypts with the padding oaep or pkcs1, not %q", clip(r.head.Padding))
}

func (r *Request) decryptPublicly(ctx Caller) (answer, error) {
	key, err := r.rsaPublic(ctx)
	if err != nil {
		return answer{}, err
	}
	a, err := power(key, r.parts[1])
	if err != nil || r.head.Padding == "none" {
		return a, err
	}
	// 0, 1, at least eight times 255, 0, data.
	b := a.parts[0]
	end := 2 + len(b[2:]) - len(bytes.TrimLeft(b[2:], "\xff"))
	if b[0] != 0 || b[1] != 1 || end < 10 || end == len(b) || b[end] != 0 {
		return answer{}, rejected("ERR_OSSL_RSA_INVALID_PADDING", "error:02000072:rsa routines::padding check failed")
	}
	return bare(b[end+1:]), nil
}

// power is RSA with a public key and nothing else.
func power(k *rsa.PublicKey, data []byte) (answer, error) {
	m := new(big.Int).SetBytes(data)
	if len(data) != k.Size() || m.Cmp(k.N) >= 0 {
		return answer{}, rejected("ERR_OSSL_RSA_DATA_TOO_LARGE_FOR_MODULUS", "error:02000084:rsa routines::data too large for modulus")
	}
	return bare(m.Exp(m, big.NewInt(int64(k.E)), k.N).FillBytes(make([]byte, k.Size()))), nil
}
