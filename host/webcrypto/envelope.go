package webcrypto

import (
	"crypto/rand"
	"crypto/x509/pkix"
	"encoding/asn1"
	"strings"
)

// Encrypted PKCS 8 is that of RFC 8018: PBES2, which is what OpenSSL writes, with PBKDF2
// or scrypt, and AES or triple DES in CBC mode. What older programs wrote is read in
// oldkey.go.

type encryptedKey struct {
	Algorithm pkix.AlgorithmIdentifier
	Data      []byte
}

type pbes2 struct {
	KDF    pkix.AlgorithmIdentifier
	Cipher pkix.AlgorithmIdentifier
}

type pbkdf2Params struct {
	Salt       []byte
	Iterations int
	KeyBytes   int                      `asn1:"optional"`
	PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
}

var (
	oidPBES2  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
)

// prfs are the digests that PBKDF2 is known to be used with.
var prfs = map[string]string{
	"":                    "sha1",
	"1.2.840.113549.2.7":  "sha1",
	"1.2.840.113549.2.9":  "sha256",
	"1.2.840.113549.2.10": "sha384",
	"1.2.840.113549.2.8":  "sha224",
	"1.2.840.113549.2.11": "sha512",
	"1.2.840.113549.2.12": "sha512-224",
	"1.2.840.113549.2.13": "sha512-256",
}

// envelopes are the ciphers of encrypted keys.
var envelopes = map[string]string{
	"2.16.840.1.101.3.4.1.2":  "aes-128-cbc",
	"2.16.840.1.101.3.4.1.22": "aes-192-cbc",
	"2.16.840.1.101.3.4.1.42": "aes-256-cbc",
	"1.2.840.113549.3.7":      "des-ede3-cbc",
}

var errPassphrase = &failure{Name: "DataError", Code: "ERR_OSSL_BAD_DECRYPT", Message: "error:1C800064:Provider routines::bad decrypt"}

// isEncrypted reports whether DER is an encrypted key rather than a plain one.
func isEncrypted(der []byte) bool {
	var key encryptedKey
	rest, err := asn1.Unmarshal(der, &key)
	return err == nil && len(rest) == 0
}

// openPKCS8 decrypts a private key.
func openPKCS8(ctx Caller, der, passphrase []byte) ([]byte, error) {
	var key encryptedKey
	if _, err := asn1.Unmarshal(der, &key); err != nil {
		return nil, errDecoder
	}
	var params pbes2
	if name, found := pbes1[key.Algorithm.Algorithm.String()]; found {
		return openPBES1(ctx, name, &key, passphrase)
	}
	if !key.Algorithm.Algorithm.Equal(oidPBES2) {
		return nil, unsupported("the key is encrypted in a way that Node does not read either: " + convert)
	}
	if _, err := asn1.Unmarshal(key.Algorithm.Parameters.FullBytes, &params); err != nil {
		return nil, errDecoder
	}
	name, iv, err := params.cipher()
	if err != nil {
		return nil, err
	}
	secret, err := params.derive(ctx, passphrase, suites[name].keyBytes)
	if err != nil {
		return nil, err
	}
	r := &Request{head: head{Cipher: name}, parts: [][]byte{secret, iv, key.Data, nil}}
	a, err := decrypt(ctx, r)
	if err != nil {
		return nil, errPassphrase
	}
	return a.parts[0], nil
}

func (p *pbes2) cipher() (name string, iv []byte, err error) {
	name, found := envelopes[p.Cipher.Algorithm.String()]
	if !found {
		return "", nil, unsupported("the key is encrypted with a cipher other than AES or triple DES in CBC mode: " + convert)
	}
	if _, err := asn1.Unmarshal(p.Cipher.Parameters.FullBytes, &iv); err != nil {
		return "", nil, errDecoder
	}
	return name, iv, nil
}

func (p *pbes2) derive(ctx Caller, passphrase []byte, length int) ([]byte, error) {
	var k pbkdf2Params
	if p.KDF.Algorithm.Equal(oidScrypt) {
		return p.deriveScrypt(ctx, passphrase, length)
	}
	if !p.KDF.Algorithm.Equal(oidPBKDF2) {
		return nil, unsupported("the key is encrypted under a derivation other than PBKDF2 and scrypt: " + convert)
	}
	if _, err := asn1.Unmarshal(p.KDF.Parameters.FullBytes, &k); err != nil || k.Iterations < 1 {
		return nil, errDecoder
	}
	digest, found := prfs[k.PRF.Algorithm.String()]
	if !found {
		return nil, unsupported("the key is encrypted under PBKDF2 with a digest that the host does not have: " + convert)
	}
	h, err := newHash(digest)
	if err != nil {
		return nil, err
	}
	return stretch(ctx, h, passphrase, k.Salt, k.Iterations, length)
}

// What a key is encrypted with here: the numbers of OpenSSL.
const (
	envelopeIterations = 2048
	envelopeSaltBytes  = 16
)

// sealPKCS8 encrypts a private key.
func sealPKCS8(ctx Caller, der, passphrase []byte, cipherName string) ([]byte, error) {
	var oid asn1.ObjectIdentifier
	for dotted, known := range envelopes {
		if known == strings.ToLower(cipherName) || known == "des-ede3-cbc" && strings.EqualFold(cipherName, "des3") {
			oid = parseOID(dotted)
		}
	}
	if oid == nil {
		return nil, unsupported("a key is encrypted with aes-128-cbc, aes-192-cbc, aes-256-cbc or des-ede3-cbc, not %q", clip(cipherName))
	}
	random := make([]byte, envelopeSaltBytes+16)
	_, _ = rand.Read(random) // never fails
	name := strings.ToLower(cipherName)
	salt, iv := random[:envelopeSaltBytes], random[envelopeSaltBytes:][:suites[name].blockBytes()]
	sha256 := pkix.AlgorithmIdentifier{Algorithm: parseOID("1.2.840.113549.2.9"), Parameters: asn1.NullRawValue}
	params := pbes2{
		KDF:    pkix.AlgorithmIdentifier{Algorithm: oidPBKDF2, Parameters: raw(pbkdf2Params{Salt: salt, Iterations: envelopeIterations, PRF: sha256})},
		Cipher: pkix.AlgorithmIdentifier{Algorithm: oid, Parameters: raw(iv)},
	}
	secret, err := params.derive(ctx, passphrase, suites[name].keyBytes)
	if err != nil {
		return nil, err
	}
	r := &Request{head: head{Cipher: name}, parts: [][]byte{secret, iv, der, nil}}
	a, err := encrypt(ctx, r)
	if err != nil {
		return nil, err
	}
	return raw(encryptedKey{
		Algorithm: pkix.AlgorithmIdentifier{Algorithm: oidPBES2, Parameters: raw(params)},
		Data:      a.parts[0],
	}).FullBytes, nil
}

// raw returns v in DER.
func raw(v any) asn1.RawValue {
	der, err := asn1.Marshal(v)
	if err != nil {
		panic(err) // what passes here always has a form
	}
	return asn1.RawValue{FullBytes: der}
}

// parseOID reads one of the identifiers above.
func parseOID(dotted string) asn1.ObjectIdentifier {
	var oid asn1.ObjectIdentifier
	n := 0
	for i, c := range dotted + "." {
		if c != '.' {
			n = 10*n + int(c-'0')
			continue
		}
		if i > 0 {
			oid, n = append(oid, n), 0
		}
	}
	return oid
}
