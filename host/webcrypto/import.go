package webcrypto

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
)

// importKey takes a key in a format and a passphrase, and gives its DER with
// what it is. Kind says which key is wanted: a public one is also found in a
// private one and in a certificate.
func importKey(ctx Caller, r *Request) (answer, error) {
	if r.head.Kind != "private" && r.head.Kind != "public" {
		return answer{}, invalid("a key to import is private or public, not %q", clip(r.head.Kind))
	}
	if err := checkText(r.parts[0]); err != nil {
		return answer{}, err
	}
	if err := payKey(ctx, r.parts[0]); err != nil {
		return answer{}, err
	}
	key, err := r.readKey(ctx)
	if err != nil {
		return answer{}, err
	}
	if r.head.Kind == "public" {
		if public := publicOf(key); public != nil {
			key = public
		}
	} else if publicOf(key) == nil {
		return answer{}, errDecoder
	}
	if public, ok := publicOrSelf(key).(*rsa.PublicKey); ok {
		if err := checkRSA(public); err != nil {
			return answer{}, err
		}
	}
	return keyAnswer(key)
}

// maxTextBytes is the longest text that is searched for a key or certificate.
const maxTextBytes = 256 << 10

func checkText(b []byte) error {
	if len(b) > maxTextBytes {
		return tooMuch("a key or certificate may have at most %d bytes, this one has %d", maxTextBytes, len(b))
	}
	return nil
}

// publicOrSelf returns a key's public half, which it may be itself.
func publicOrSelf(key any) crypto.PublicKey {
	if public := publicOf(key); public != nil {
		return public
	}
	return key
}

func (r *Request) readKey(ctx Caller) (any, error) {
	switch r.head.Format {
	case "pem":
		return r.readPEM(ctx)
	case "der":
		return r.readDER(ctx, r.parts[0], r.head.Type)
	case "jwk":
		return readJWK(r.head.JWK, r.head.Kind)
	case "raw":
		return r.importRaw(r.parts[0])
	}
	return nil, invalid("a key has the format pem, der, jwk or raw, not %q", clip(r.head.Format))
}

// pemTypes says what the DER in each kind of PEM block is.
var pemTypes = map[string]string{
	"PUBLIC KEY":            "spki",
	"RSA PUBLIC KEY":        "pkcs1 public",
	"CERTIFICATE":           "certificate",
	"X509 CERTIFICATE":      "certificate",
	"TRUSTED CERTIFICATE":   "certificate",
	"PRIVATE KEY":           "pkcs8",
	"RSA PRIVATE KEY":       "pkcs1",
	"EC PRIVATE KEY":        "sec1",
	"ENCRYPTED PRIVATE KEY": "encrypted",
}

// readPEM reads the first block that holds a key of the kind.
func (r *Request) readPEM(ctx Caller) (any, error) {
	failed := error(errDecoder)
	for rest := r.parts[0]; ; {
		var b *pem.Block
		if b, rest = pem.Decode(rest); b == nil {
			return nil, failed
		}
		what, found := pemTypes[b.Type]
		public := what == "spki" || what == "certificate" || what == "pkcs1 public"
		if !found || public && r.head.Kind == "private" {
			continue
		}
		if b.Headers["DEK-Info"] != "" {
			der, err := openBlock(b, r.parts[1])
			if err != nil {
				return nil, err
			}
			key, err := r.readDER(ctx, der, what)
			if err != nil { // the padding can fit by chance
				return nil, errPassphrase
			}
			return key, nil
		}
		return r.readDER(ctx, b.Bytes, what)
	}
}

func (r *Request) readDER(ctx Caller, der []byte, what string) (any, error) {
	var key any
	err := checkPrivate(der)
	switch {
	case what == "spki":
		key, err = parsePKIX(der)
	case what == "pkcs1 public", what == "pkcs1" && r.head.Format == "der" && r.head.Kind == "public":
		key, err = x509.ParsePKCS1PublicKey(der)
	case what == "certificate":
		key, err = certificateKey(der)
	case err != nil:
		return nil, err
	case what == "pkcs8":
		return r.readPKCS8(ctx, der)
	case what == "pkcs1":
		key, err = x509.ParsePKCS1PrivateKey(der)
	case what == "sec1":
		key, err = parseSEC1(der)
	case what == "encrypted":
		return r.readEncrypted(ctx, der)
	default:
		return nil, invalid("a key in DER has the type pkcs1, pkcs8, sec1 or spki, not %q", clip(what))
	}
	if err != nil {
		return nil, unreadable(err)
	}
	return ours(key)
}

// readPKCS8 reads a private key that is encrypted or not.
func (r *Request) readPKCS8(ctx Caller, der []byte) (any, error) {
	key, err := parsePKCS8(der)
	if err == nil {
		return ours(key)
	}
	if isEncrypted(der) {
		return r.readEncrypted(ctx, der)
	}
	return nil, unreadable(err)
}

// readEncrypted reads an encrypted private key with the passphrase in the
// second part.
func (r *Request) readEncrypted(ctx Caller, der []byte) (any, error) {
	if r.parts[1] == nil {
		return nil, errNoPassphrase
	}
	plain, err := openPKCS8(ctx, der, r.parts[1])
	if err != nil {
		return nil, err
	}
	key, err := parsePKCS8(plain)
	if err != nil {
		return nil, unreadable(err)
	}
	return ours(key)
}

// ours returns key if it is of a kind that the host works with.
func ours(key any) (any, error) {
	switch publicOrSelf(key).(type) {
	case *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey, *ecdh.PublicKey, k1Public:
		return key, nil
	}
	return nil, unsupported("the key is of a kind that the host does not have: use RSA, EC, Ed25519 or X25519")
}

// exportDER gives a key as pkcs1, pkcs8, sec1 or spki, in DER or PEM. With a
// passphrase in the second part, and a cipher, pkcs8 is encrypted.
func (r *Request) exportDER(ctx Caller, key any) (answer, error) {
	name, der, err := r.marshal(key)
	if err != nil {
		return answer{}, err
	}
	if r.head.Cipher != "" {
		if name != "PRIVATE KEY" && r.head.Format == "pem" && publicOf(key) != nil {
			text, err := sealBlock(name, der, r.parts[1], r.head.Cipher)
			return bare(text), err
		}
		if name != "PRIVATE KEY" {
			return answer{}, &failure{
				Name: "NotSupportedError", Code: "ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS",
				Message: "The selected key encoding " + clip(r.head.Type) + " does not support encryption.",
			}
		}
		if der, err = sealPKCS8(ctx, der, r.parts[1], r.head.Cipher); err != nil {
			return answer{}, err
		}
		name = "ENCRYPTED PRIVATE KEY"
	}
	if r.head.Format == "pem" {
		return bare(pem.EncodeToMemory(&pem.Block{Type: name, Bytes: der})), nil
	}
	return bare(der), nil
}

// exportIsPure reports whether an export needs no random bytes.
func exportIsPure(r *Request) bool { return r.head.Cipher == "" }

// marshal returns the name of a key's PEM block and its DER.
func (r *Request) marshal(key any) (name string, der []byte, err error) {
	wrong := &failure{Name: "NotSupportedError", Code: "ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS", Message: "The selected key encoding " + clip(r.head.Type) + " can not be used for this key."}
	public := publicOf(key) == nil
	switch r.head.Type {
	case "spki":
		if !public {
			return "", nil, wrong
		}
		name = "PUBLIC KEY"
		der, err = marshalPKIX(key)
	case "pkcs8":
		if public {
			return "", nil, wrong
		}
		name = "PRIVATE KEY"
		der, err = marshalPKCS8(key)
	case "pkcs1":
		switch k := key.(type) {
		case *rsa.PublicKey:
			return "RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(k), nil
		case *rsa.PrivateKey:
			return "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(k), nil
		}
		return "", nil, wrong
	case "sec1":
		if k, ok := key.(k1Private); ok {
			der, err := marshalSEC1(k)
			return "EC PRIVATE KEY", der, err
		}
		k, ok := key.(*ecdsa.PrivateKey)
		if !ok {
			return "", nil, wrong
		}
		name = "EC PRIVATE KEY"
		der, err = x509.MarshalECPrivateKey(k)
	default:
		return "", nil, invalid("a key is exported as pkcs1, pkcs8, sec1 or spki, not %q", clip(r.head.Type))
	}
	if err != nil {
		return "", nil, errDecoder
	}
	return name, der, nil
}
