package webcrypto

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // a fingerprint is SHA-1 by its name
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"strings"
	"time"
)

// certificateKey returns the public key of a certificate in DER.
func certificateKey(der []byte) (any, error) {
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	if c.PublicKey == nil {
		return nil, errDecoder
	}
	return c.PublicKey, nil
}

// certificate takes a certificate in DER or PEM, and may take the public key
// of its issuer. It describes the certificate as Node does, and gives its
// public key and its DER.
func certificate(ctx Caller, r *Request) (answer, error) {
	der := r.parts[0]
	if err := checkText(der); err != nil {
		return answer{}, err
	}
	if err := spend(ctx, parseByteUnits*int64(len(der))+curveUnits); err != nil {
		return answer{}, err
	}
	if b, _ := pem.Decode(der); b != nil {
		der = b.Bytes
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return answer{}, rejected("ERR_OSSL_ASN1_WRONG_TAG", "error:0688010A:asn1 encoding routines::nested asn1 error: "+err.Error())
	}
	sha1Sum, sha256Sum := sha1.Sum(c.Raw), sha256.Sum256(c.Raw) //nolint:gosec // a fingerprint is SHA-1 by its name
	info := map[string]any{
		"subject":        names(c.Subject),
		"issuer":         names(c.Issuer),
		"alt_names":      altNames(c),
		"valid_from":     clockText(c.NotBefore),
		"valid_to":       clockText(c.NotAfter),
		"serial":         strings.ToUpper(evenHex(c.SerialNumber.Text(16))),
		"ca":             c.IsCA,
		"fingerprint":    colons(sha1Sum[:]),
		"fingerprint256": colons(sha256Sum[:]),
	}
	if len(r.parts[1]) > 0 {
		key, err := publicKey(r.parts[1])
		if err != nil {
			return answer{}, err
		}
		signed := &x509.Certificate{PublicKey: key, PublicKeyAlgorithm: algorithmOf(key)}
		info["verified"] = signed.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
	}
	return answer{info: info, parts: [][]byte{c.RawSubjectPublicKeyInfo, c.Raw}}, nil
}

// algorithmOf returns what crypto/x509 calls the key's algorithm.
func algorithmOf(key any) x509.PublicKeyAlgorithm {
	info := map[string]any{}
	describe(info, key)
	switch info["type"] {
	case "rsa":
		return x509.RSA
	case "ec":
		return x509.ECDSA
	case "ed25519":
		return x509.Ed25519
	}
	return x509.UnknownPublicKeyAlgorithm
}

// attributes are the short names of what a distinguished name consists of.
var attributes = map[string]string{
	"2.5.4.3": "CN", "2.5.4.4": "SN", "2.5.4.5": "serialNumber", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST",
	"2.5.4.9": "street", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.12": "title", "2.5.4.42": "GN",
	"1.2.840.113549.1.9.1": "emailAddress", "0.9.2342.19200300.100.1.25": "DC", "0.9.2342.19200300.100.1.1": "UID",
}

// names writes a distinguished name as Node does: a line each.
func names(name pkix.Name) string {
	var lines []string
	for _, n := range name.Names {
		oid := n.Type.String()
		if short, found := attributes[oid]; found {
			oid = short
		}
		lines = append(lines, fmt.Sprintf("%s=%v", oid, n.Value))
	}
	return strings.Join(lines, "\n")
}

func altNames(c *x509.Certificate) string {
	var all []string
	for _, n := range c.DNSNames {
		all = append(all, "DNS:"+n)
	}
	for _, n := range c.EmailAddresses {
		all = append(all, "email:"+n)
	}
	for _, n := range c.URIs {
		all = append(all, "URI:"+n.String())
	}
	for _, n := range c.IPAddresses {
		all = append(all, "IP Address:"+n.String())
	}
	return strings.Join(all, ", ")
}

func clockText(t time.Time) string { return t.UTC().Format("Jan _2 15:04:05 2006") + " GMT" }

func evenHex(s string) string {
	if len(s)%2 == 1 {
		return "0" + s
	}
	return s
}

// colons writes bytes as AB:CD.
func colons(b []byte) string {
	var parts [][]byte
	for i := range b {
		parts = append(parts, []byte(strings.ToUpper(hex.EncodeToString(b[i:i+1]))))
	}
	return string(bytes.Join(parts, []byte(":")))
}
