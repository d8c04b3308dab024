package webcrypto

import (
	"bytes"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // old keys are encrypted under it
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"unicode/utf16"
)

// convert is how an author gets a key that the host reads.
const convert = "convert it once with: openssl pkcs8 -topk8 -v2 aes-256-cbc -in OLD.pem -out NEW.pem"

var oidScrypt = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11591, 4, 11}

type scryptParams struct {
	Salt     []byte
	N, R, P  int
	KeyBytes int `asn1:"optional"`
}

// deriveScrypt is derive by scrypt, within its bounds.
func (p *pbes2) deriveScrypt(ctx Caller, passphrase []byte, length int) ([]byte, error) {
	var k scryptParams
	if _, err := asn1.Unmarshal(p.KDF.Parameters.FullBytes, &k); err != nil {
		return nil, errDecoder
	}
	a, err := deriveScrypt(ctx, &Request{head: head{N: k.N, R: k.R, P: k.P, Length: length}, parts: [][]byte{passphrase, k.Salt}})
	if err != nil {
		return nil, err
	}
	return a.parts[0], nil
}

// pbes1 are the ciphers of keys that were encrypted as PKCS 12 says, as far as OpenSSL
// reads them without its old algorithms.
var pbes1 = map[string]string{
	"1.2.840.113549.1.12.1.3": "des-ede3-cbc",
	"1.2.840.113549.1.12.1.4": "des-ede-cbc",
}

type pbeParams struct {
	Salt       []byte
	Iterations int
}

// openPBES1 decrypts a private key that is encrypted under SHA-1 and triple DES.
func openPBES1(ctx Caller, name string, key *encryptedKey, passphrase []byte) ([]byte, error) {
	var params pbeParams
	if _, err := asn1.Unmarshal(key.Algorithm.Parameters.FullBytes, &params); err != nil || params.Iterations < 1 {
		return nil, errDecoder
	}
	if err := checkPart("a salt", params.Salt, maxSaltBytes); err != nil {
		return nil, err
	}
	s := suites[name]
	var made [2][]byte // the key and the initialization vector
	for i, length := range []int{s.keyBytes, s.blockBytes()} {
		var err error
		if made[i], err = derivePKCS12(ctx, byte(i+1), passphrase, &params, length); err != nil {
			return nil, err
		}
	}
	a, err := decrypt(ctx, &Request{head: head{Cipher: name}, parts: [][]byte{made[0], made[1], key.Data, nil}})
	if err != nil {
		return nil, errPassphrase
	}
	return a.parts[0], nil
}

// derivePKCS12 derives bytes for a purpose as RFC 7292 says in appendix B.2, with SHA-1.
func derivePKCS12(ctx Caller, purpose byte, passphrase []byte, params *pbeParams, length int) ([]byte, error) {
	const v = sha1.BlockSize
	diversifier := bytes.Repeat([]byte{purpose}, v)
	filled := append(fill(params.Salt, v), fill(bmpString(passphrase), v)...)
	var out []byte
	for len(out) < length {
		a, err := hashAgain(ctx, append(bytes.Clone(diversifier), filled...), params.Iterations)
		if err != nil {
			return nil, err
		}
		out = append(out, a...)
		b := new(big.Int).SetBytes(fill(a, v)[:v])
		b.Add(b, big.NewInt(1))
		for i := 0; i < len(filled); i += v {
			sum := new(big.Int).SetBytes(filled[i : i+v])
			sum.Add(sum, b)
			sum.SetBit(sum, 8*v, 0)
			sum.FillBytes(filled[i : i+v])
		}
	}
	return out[:length], nil
}

// hashAgain hashes data so many times.
func hashAgain(ctx Caller, data []byte, iterations int) ([]byte, error) {
	h := sha1.New() //nolint:gosec // as above
	for i := range iterations {
		if i%iterationsPerCheck == 0 {
			if err := spend(ctx, (hashUnits+hashByteUnits*sha1.BlockSize)*int64(min(iterations-i, iterationsPerCheck))); err != nil {
				return nil, err
			}
		}
		h.Reset()
		_, _ = h.Write(data)
		data = h.Sum(nil)
	}
	return data, nil
}

// fill repeats b to a multiple of size bytes.
func fill(b []byte, size int) []byte {
	if len(b) == 0 {
		return nil
	}
	whole := (len(b) + size - 1) / size * size
	return bytes.Repeat(b, whole/len(b)+1)[:whole]
}

// bmpString returns a passphrase as PKCS 12 takes it: UTF-16 with an end.
func bmpString(passphrase []byte) []byte {
	var out []byte
	for _, unit := range append(utf16.Encode([]rune(string(passphrase))), 0) {
		out = append(out, byte(unit>>8), byte(unit))
	}
	return out
}

// errNoPassphrase is Node's word for an encrypted key without one.
var errNoPassphrase = &failure{Name: "DataError", Code: "ERR_MISSING_PASSPHRASE", Message: "Passphrase required for encrypted key"}

// openBlock decrypts a key in OpenSSL's old format, which says in a header of the PEM
// how it is encrypted.
func openBlock(b *pem.Block, passphrase []byte) ([]byte, error) {
	if passphrase == nil {
		return nil, errNoPassphrase
	}
	der, err := x509.DecryptPEMBlock(b, passphrase) //nolint:staticcheck // keys have this format
	switch {
	case errors.Is(err, x509.IncorrectPasswordError):
		return nil, errPassphrase
	case err != nil:
		return nil, unsupported("the key is encrypted with a cipher other than AES or triple DES in CBC mode: " + convert)
	}
	return der, nil
}

// blockCiphers are the ciphers of OpenSSL's old format.
var blockCiphers = map[string]x509.PEMCipher{
	"aes-128-cbc": x509.PEMCipherAES128, "aes-192-cbc": x509.PEMCipherAES192, "aes-256-cbc": x509.PEMCipherAES256,
	"aes128": x509.PEMCipherAES128, "aes192": x509.PEMCipherAES192, "aes256": x509.PEMCipherAES256,
	"des-ede3-cbc": x509.PEMCipher3DES, "des3": x509.PEMCipher3DES,
}

// sealBlock encrypts a key in OpenSSL's old format.
func sealBlock(name string, der, passphrase []byte, cipherName string) ([]byte, error) {
	c, found := blockCiphers[strings.ToLower(cipherName)]
	if !found {
		return nil, unsupported("a key is encrypted with aes-128-cbc, aes-192-cbc, aes-256-cbc or des-ede3-cbc, not %q", clip(cipherName))
	}
	b, err := x509.EncryptPEMBlock(rand.Reader, name, der, passphrase, c) //nolint:staticcheck // keys have this format
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(b), nil
}
