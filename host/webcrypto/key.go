package webcrypto

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"strings"
)

// Keys travel as PKCS 8 when they are private and as SPKI when they are
// public, both in DER. Everything else is imported into that, once.

// curves are the curves of ECDSA and ECDH, by Node's names.
var curves = map[string]elliptic.Curve{
	"prime256v1": elliptic.P256(),
	"secp384r1":  elliptic.P384(),
	"secp521r1":  elliptic.P521(),
	"secp224r1":  elliptic.P224(),
}

var curveAliases = map[string]string{
	"p-256": "prime256v1", "p-384": "secp384r1", "p-521": "secp521r1", "p-224": "secp224r1", "secp256r1": "prime256v1",
}

// curveOf returns the curve of a name in any case, of Node or of the NIST.
func curveOf(name string) (elliptic.Curve, error) {
	lower := strings.ToLower(name)
	if same, found := curveAliases[lower]; found {
		lower = same
	}
	if c, found := curves[lower]; found {
		return c, nil
	}
	return nil, &failure{Name: "NotSupportedError", Code: "ERR_CRYPTO_INVALID_CURVE", Message: "Invalid EC curve name"}
}

// curveName returns Node's name of a curve.
func curveName(c elliptic.Curve) string {
	return curveAliases[strings.ToLower(c.Params().Name)]
}

// maxRSABits keeps the work with a guest's own key within milliseconds.
const maxRSABits = 8192

// errDecoder is what Node says of a key that it can't read.
var errDecoder = &failure{Name: "DataError", Code: "ERR_OSSL_UNSUPPORTED", Message: "error:1E08010C:DECODER routines::unsupported"}

// maxPrivateBytes is more than such a key has in DER. What is longer is not
// read at all: to check an RSA key takes the cube of its length.
const maxPrivateBytes = 6 << 10

// checkPrivate reports whether DER can be a private key.
func checkPrivate(der []byte) error {
	if len(der) > maxPrivateBytes {
		return tooMuch("a private key may have at most %d bytes, this one has %d", maxPrivateBytes, len(der))
	}
	return nil
}

// privateKey reads a private key in PKCS 8.
func privateKey(der []byte) (crypto.Signer, *ecdh.PrivateKey, error) {
	if err := checkPrivate(der); err != nil {
		return nil, nil, err
	}
	key, err := parsePKCS8(der)
	if err != nil {
		return nil, nil, unreadable(err)
	}
	switch k := key.(type) {
	case *ecdh.PrivateKey:
		return nil, k, nil
	case *rsa.PrivateKey:
		return k, nil, checkRSA(&k.PublicKey)
	case crypto.Signer:
		return k, nil, nil
	}
	return nil, nil, errDecoder
}

// maxPublicBytes is more than the SPKI of a key has that the host takes.
const maxPublicBytes = 8 << 10

// publicKey reads a public key in SPKI.
func publicKey(der []byte) (crypto.PublicKey, error) {
	if err := checkPart("a public key", der, maxPublicBytes); err != nil {
		return nil, err
	}
	key, err := parsePKIX(der)
	if err != nil {
		return nil, unreadable(err)
	}
	switch k := key.(type) {
	case *rsa.PublicKey:
		return k, checkRSA(k)
	case *ecdsa.PublicKey, ed25519.PublicKey, *ecdh.PublicKey, k1Public:
		return k, nil
	}
	return nil, errDecoder
}

// unreadable distinguishes a key that no program can read from one that this host
// can't.
func unreadable(err error) error {
	if strings.Contains(err.Error(), "insecure") {
		return unsupported("the host does not take RSA keys of less than 1024 bits")
	}
	for _, what := range []string{"elliptic curve", "unknown algorithm", "unknown public key algorithm"} {
		if strings.Contains(err.Error(), what) {
			return unsupported("the key is of a kind that the host does not have: use RSA, EC on P-256, P-384, P-521 or secp256k1, Ed25519 or X25519")
		}
	}
	var f *failure
	if errors.As(err, &f) {
		return err
	}
	return errDecoder
}

func checkRSA(k *rsa.PublicKey) error {
	if n := k.N.BitLen(); n > maxRSABits {
		return tooMuch("an RSA key may have at most %d bits, this one has %d", maxRSABits, n)
	}
	return nil
}

// keyAnswer describes a key beside its DER.
func keyAnswer(key any) (answer, error) {
	info := map[string]any{"kind": "public"}
	var der []byte
	var err error
	if public := publicOf(key); public != nil {
		info["kind"] = "private"
		der, err = marshalPKCS8(key)
		describe(info, public)
	} else {
		der, err = marshalPKIX(key)
		describe(info, key)
	}
	if err != nil {
		return answer{}, errDecoder
	}
	return answer{info: info, parts: [][]byte{der}}, nil
}

// publicOf returns the public key of a private one, nil of a public one.
func publicOf(key any) crypto.PublicKey {
	if k, private := key.(interface{ Public() crypto.PublicKey }); private {
		return k.Public()
	}
	return nil
}

// describe writes into info what a public key is.
func describe(info map[string]any, public crypto.PublicKey) {
	switch k := public.(type) {
	case *rsa.PublicKey:
		info["type"], info["bits"], info["exponent"] = "rsa", k.N.BitLen(), k.E
	case *ecdsa.PublicKey:
		info["type"], info["curve"] = "ec", curveName(k.Curve)
	case k1Public:
		info["type"], info["curve"] = "ec", curveK1
	case ed25519.PublicKey:
		info["type"] = "ed25519"
	case *ecdh.PublicKey:
		info["type"] = "x25519"
	}
}

// signerOrECDH reads a private key as what it is.
func signerOrECDH(der []byte) (any, error) {
	signer, other, err := privateKey(der)
	if other != nil {
		return other, err
	}
	return signer, err
}

// exportKey takes a key's DER and gives it in another format. A private key's
// public half is exported when kind says public.
func exportKey(ctx Caller, r *Request) (answer, error) {
	if err := payKey(ctx, r.parts[0]); err != nil {
		return answer{}, err
	}
	key, err := r.key()
	if err != nil {
		return answer{}, err
	}
	switch r.head.Format {
	case "jwk":
		return exportJWK(key)
	case "raw":
		return exportRaw(key)
	case "pem", "der":
		return r.exportDER(ctx, key)
	case "":
		return keyAnswer(key)
	}
	return answer{}, invalid("a key has the format pem, der, jwk or raw, not %q", clip(r.head.Format))
}

// key reads the key in a request's first part.
func (r *Request) key() (any, error) {
	private, err := signerOrECDH(r.parts[0])
	if err == nil && r.head.Kind == "public" {
		return publicOf(private), nil
	}
	if err == nil {
		return private, nil
	}
	if public, publicErr := publicKey(r.parts[0]); publicErr == nil {
		return public, nil
	}
	return nil, err
}

// exportRaw gives a public key's point, or a private key's number.
func exportRaw(key any) (answer, error) {
	var b []byte
	var err error
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		b, err = k.Bytes()
	case *ecdsa.PrivateKey:
		b, err = k.Bytes()
	case k1Public:
		b = k.SerializeUncompressed()
	case k1Private:
		b = k.Serialize()
	case ed25519.PublicKey:
		b = k
	case ed25519.PrivateKey:
		b = k.Seed()
	case *ecdh.PublicKey:
		b = k.Bytes()
	case *ecdh.PrivateKey:
		b = k.Bytes()
	default:
		return answer{}, &failure{Name: "NotSupportedError", Code: "ERR_INVALID_ARG_VALUE", Message: "RSA keys have no raw form: use spki, pkcs8 or jwk"}
	}
	if err != nil {
		return answer{}, errDecoder
	}
	return bare(b), nil
}

// importRaw reads what exportRaw gives: of a curve's name, or ed25519 or
// x25519.
func (r *Request) importRaw(b []byte) (any, error) {
	private := r.head.Kind == "private"
	var key any
	var err error
	switch name := strings.ToLower(r.head.Curve); {
	case name == "ed25519" && private && len(b) == ed25519.SeedSize:
		key = ed25519.NewKeyFromSeed(b)
	case name == "ed25519" && !private && len(b) == ed25519.PublicKeySize:
		key = ed25519.PublicKey(b)
	case name == "x25519" && private:
		key, err = ecdh.X25519().NewPrivateKey(b)
	case name == "x25519":
		key, err = ecdh.X25519().NewPublicKey(b)
	case name == "ed25519":
		err = errDecoder
	default:
		return r.importPoint(b, private)
	}
	if err != nil {
		return nil, invalid("the raw key is not one of %s", clip(r.head.Curve))
	}
	return key, nil
}

func (r *Request) importPoint(b []byte, private bool) (any, error) {
	switch {
	case isK1(r.head.Curve) && private:
		return k1FromNumber(b)
	case isK1(r.head.Curve):
		return k1FromPoint(b)
	}
	curve, err := curveOf(r.head.Curve)
	if err != nil {
		return nil, err
	}
	if private {
		key, err := ecdsa.ParseRawPrivateKey(curve, padLeft(b, (curve.Params().N.BitLen()+7)/8))
		if err != nil {
			return nil, &failure{Name: "DataError", Code: "ERR_CRYPTO_INVALID_KEYTYPE", Message: "Private key is not valid for specified curve."}
		}
		return key, nil
	}
	if len(b) > 0 && (b[0] == 2 || b[0] == 3) {
		if x, y := elliptic.UnmarshalCompressed(curve, b); x != nil {
			b = elliptic.Marshal(curve, x, y) //nolint:staticcheck // there is no other way from a compressed point
		}
	}
	key, err := ecdsa.ParseUncompressedPublicKey(curve, b)
	if err != nil {
		return nil, &failure{Name: "DataError", Code: "ERR_CRYPTO_ECDH_INVALID_PUBLIC_KEY", Message: "Public key is not valid for specified curve"}
	}
	return key, nil
}

// padLeft fills a number up to n bytes.
func padLeft(b []byte, n int) []byte {
	if len(b) >= n {
		return b
	}
	return append(make([]byte, n-len(b)), b...)
}
