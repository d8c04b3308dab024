package webcrypto

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"io"
	"math/big"
	"strings"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
)

// The standard library lacks the curve secp256k1, of ES256K. Its keys are these types
// here, and this file reads and writes them in the formats of all others.

const curveK1 = "secp256k1"

// k1Bytes is the length of its numbers.
const k1Bytes = 32

type k1Public struct{ *secp256k1.PublicKey }

// Equal reports whether x is the same key.
func (k k1Public) Equal(x crypto.PublicKey) bool {
	other, ok := x.(k1Public)
	return ok && k.IsEqual(other.PublicKey)
}

type k1Private struct{ *secp256k1.PrivateKey }

// Public implements crypto.Signer.
func (k k1Private) Public() crypto.PublicKey { return k1Public{k.PubKey()} }

// Sign implements crypto.Signer. It takes no random bytes: see RFC 6979.
func (k k1Private) Sign(_ io.Reader, digest []byte, _ crypto.SignerOpts) ([]byte, error) {
	return ecdsa.Sign(k.PrivateKey, k1Digest(digest)).Serialize(), nil
}

// verify reports whether the signature in DER is the key's.
func (k k1Public) verify(digest, der []byte) bool {
	var p pair
	if rest, err := asn1.Unmarshal(der, &p); err != nil || len(rest) > 0 || p.R.Sign() <= 0 || p.S.Sign() <= 0 || p.R.BitLen() > 256 || p.S.BitLen() > 256 {
		return false
	}
	var r, s secp256k1.ModNScalar
	if r.SetByteSlice(p.R.FillBytes(make([]byte, k1Bytes))) || s.SetByteSlice(p.S.FillBytes(make([]byte, k1Bytes))) {
		return false // not below the order
	}
	return ecdsa.NewSignature(&r, &s).Verify(k1Digest(digest), k.PublicKey)
}

// k1Digest is the part of a digest that is signed.
func k1Digest(digest []byte) []byte { return digest[:min(len(digest), k1Bytes)] }

// isK1 reports whether a curve's name, in any case, is that of secp256k1.
func isK1(name string) bool { return strings.EqualFold(name, curveK1) }

var (
	oidEC = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	oidK1 = asn1.ObjectIdentifier{1, 3, 132, 0, 10}
)

type pkcs8 struct {
	Version    int
	Algorithm  pkix.AlgorithmIdentifier
	PrivateKey []byte
}

type spki struct {
	Algorithm pkix.AlgorithmIdentifier
	Point     asn1.BitString
}

type sec1 struct {
	Version    int
	PrivateKey []byte
	Curve      asn1.ObjectIdentifier `asn1:"optional,explicit,tag:0"`
	Point      asn1.BitString        `asn1:"optional,explicit,tag:1"`
}

func k1Algorithm() pkix.AlgorithmIdentifier {
	return pkix.AlgorithmIdentifier{Algorithm: oidEC, Parameters: raw(oidK1)}
}

// isK1Algorithm reports whether a key is one of the curve.
func isK1Algorithm(a pkix.AlgorithmIdentifier) bool {
	var curve asn1.ObjectIdentifier
	_, err := asn1.Unmarshal(a.Parameters.FullBytes, &curve)
	return a.Algorithm.Equal(oidEC) && err == nil && curve.Equal(oidK1)
}

// parsePKCS8 is [x509.ParsePKCS8PrivateKey] for one more curve; the others of this kind
// likewise.
func parsePKCS8(der []byte) (any, error) {
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err == nil {
		return key, nil
	}
	var outer pkcs8
	if _, malformed := asn1.Unmarshal(der, &outer); malformed != nil || !isK1Algorithm(outer.Algorithm) {
		return nil, err
	}
	var inner sec1
	if _, malformed := asn1.Unmarshal(outer.PrivateKey, &inner); malformed != nil {
		return nil, errDecoder
	}
	return k1FromNumber(inner.PrivateKey)
}

func parseSEC1(der []byte) (any, error) {
	key, err := x509.ParseECPrivateKey(der)
	if err == nil {
		return key, nil
	}
	var inner sec1
	if _, malformed := asn1.Unmarshal(der, &inner); malformed != nil || !inner.Curve.Equal(oidK1) {
		return nil, err
	}
	return k1FromNumber(inner.PrivateKey)
}

func parsePKIX(der []byte) (any, error) {
	key, err := x509.ParsePKIXPublicKey(der)
	if err == nil {
		return key, nil
	}
	var outer spki
	if _, malformed := asn1.Unmarshal(der, &outer); malformed != nil || !isK1Algorithm(outer.Algorithm) {
		return nil, err
	}
	return k1FromPoint(outer.Point.Bytes)
}

func marshalPKCS8(key any) ([]byte, error) {
	k, ok := key.(k1Private)
	if !ok {
		return x509.MarshalPKCS8PrivateKey(key)
	}
	return asn1.Marshal(pkcs8{Algorithm: k1Algorithm(), PrivateKey: raw(k.sec1(nil)).FullBytes})
}

func marshalSEC1(k k1Private) ([]byte, error) { return asn1.Marshal(k.sec1(oidK1)) }

func (k k1Private) sec1(curve asn1.ObjectIdentifier) sec1 {
	point := k.PubKey().SerializeUncompressed()
	return sec1{Version: 1, PrivateKey: k.Serialize(), Curve: curve, Point: asn1.BitString{Bytes: point, BitLength: 8 * len(point)}}
}

func marshalPKIX(key any) ([]byte, error) {
	k, ok := key.(k1Public)
	if !ok {
		return x509.MarshalPKIXPublicKey(key)
	}
	point := k.SerializeUncompressed()
	return asn1.Marshal(spki{Algorithm: k1Algorithm(), Point: asn1.BitString{Bytes: point, BitLength: 8 * len(point)}})
}

// k1FromNumber returns the private key of a number below the curve's order.
func k1FromNumber(b []byte) (any, error) {
	var n secp256k1.ModNScalar
	number := new(big.Int).SetBytes(b)
	if number.BitLen() > 8*k1Bytes || n.SetByteSlice(number.FillBytes(make([]byte, k1Bytes))) || n.IsZero() {
		return nil, &failure{Name: "DataError", Code: "ERR_CRYPTO_INVALID_KEYTYPE", Message: "Private key is not valid for specified curve."}
	}
	return k1Private{secp256k1.NewPrivateKey(&n)}, nil
}

// k1FromPoint returns the public key of a point in any of its three forms.
func k1FromPoint(b []byte) (any, error) {
	key, err := secp256k1.ParsePubKey(b)
	if err != nil {
		return nil, &failure{Name: "DataError", Code: "ERR_CRYPTO_ECDH_INVALID_PUBLIC_KEY", Message: "Public key is not valid for specified curve"}
	}
	return k1Public{key}, nil
}

// agreeK1 is the secret that both can compute.
func agreeK1(mine k1Private, theirs any) (answer, error) {
	public, ok := theirs.(k1Public)
	if !ok {
		return answer{}, &failure{Name: "InvalidAccessError", Code: "ERR_CRYPTO_INCOMPATIBLE_KEY", Message: "Incompatible keys: two curves"}
	}
	return bare(secp256k1.GenerateSharedSecret(mine.PrivateKey, public.PublicKey)), nil
}

// k1 reads a JSON Web Key of the curve.
func (k *jwk) k1(private bool) (any, error) {
	if len(k.X) > k1Bytes || len(k.Y) > k1Bytes {
		return nil, errJWK
	}
	public, err := k1FromPoint(append(append([]byte{4}, padLeft(k.X, k1Bytes)...), padLeft(k.Y, k1Bytes)...))
	if err != nil {
		return nil, errJWK
	}
	if !private {
		return public, nil
	}
	key, err := k1FromNumber(k.D)
	if err != nil || !key.(k1Private).Public().(k1Public).Equal(public) {
		return nil, errJWK
	}
	return key, nil
}
