package web

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// The files of a development certificate, in a folder of their own.
const (
	DevCAFile   = "ca.pem" // the certificate for clients to trust
	devCAKey    = "ca.key"
	devCertFile = "cert.pem"
	devCertKey  = "cert.key"
)

const (
	devCALife   = 10 * 365 * 24 * time.Hour
	devCertLife = 90 * 24 * time.Hour
	devRenewal  = 7 * 24 * time.Hour
	devBackdate = time.Hour // for clocks that go wrong
)

// DevCertificate returns a certificate for names (hosts and addresses), signed
// by an authority of this folder's own, which it makes when it has none. A
// certificate that lacks a name or ends within a week is replaced. It is for
// development: with the folder one can pose as any host to a client that trusts the
// authority.
func DevCertificate(dir string, names []string) (*Certificate, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make a development certificate: %w", err)
	}
	ca, err := devAuthority(dir)
	if err != nil {
		return nil, fmt.Errorf("make a development certificate: %w", err)
	}
	certFile, keyFile := filepath.Join(dir, devCertFile), filepath.Join(dir, devCertKey)
	if !devFits(certFile, keyFile, ca, names) {
		if err := devSign(ca, certFile, keyFile, names); err != nil {
			return nil, fmt.Errorf("make a development certificate: %w", err)
		}
	}
	return LoadCertificate(certFile, keyFile)
}

// devAuthority reads the folder's authority, or makes it.
func devAuthority(dir string) (*tls.Certificate, error) {
	certFile, keyFile := filepath.Join(dir, DevCAFile), filepath.Join(dir, devCAKey)
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err == nil {
		return &pair, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the authority: %w: remove %s to have a new one", err, dir)
	}
	now := time.Now()
	template := &x509.Certificate{
		Subject:   pkix.Name{CommonName: "Usher development CA", Organization: []string{"Usher development"}},
		NotBefore: now.Add(-devBackdate), NotAfter: now.Add(devCALife),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	if err := writePair(certFile, keyFile, template, nil); err != nil {
		return nil, err
	}
	pair, err = tls.LoadX509KeyPair(certFile, keyFile)
	return &pair, err
}

// devFits reports whether the folder's certificate serves names for a while.
func devFits(certFile, keyFile string, ca *tls.Certificate, names []string) bool {
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return false
	}
	leaf := pair.Leaf
	missing := func(name string) bool { return leaf.VerifyHostname(name) != nil }
	return time.Until(leaf.NotAfter) > devRenewal && !slices.ContainsFunc(names, missing) && leaf.CheckSignatureFrom(ca.Leaf) == nil
}

func devSign(ca *tls.Certificate, certFile, keyFile string, names []string) error {
	now := time.Now()
	template := &x509.Certificate{
		Subject:   pkix.Name{CommonName: names[0], Organization: []string{"Usher development"}},
		NotBefore: now.Add(-devBackdate), NotAfter: now.Add(devCertLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	return writePair(certFile, keyFile, template, ca)
}

// writePair writes a new certificate and its key; a nil ca lets it sign itself.
func writePair(certFile, keyFile string, template *x509.Certificate, ca *tls.Certificate) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	if template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127)); err != nil {
		return err
	}
	parent, signer := template, any(key)
	if ca != nil {
		parent, signer = ca.Leaf, ca.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		return err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := writePEM(keyFile, "PRIVATE KEY", keyDER, 0o600); err != nil {
		return err
	}
	return writePEM(certFile, "CERTIFICATE", der, 0o644)
}

func writePEM(file, kind string, der []byte, mode fs.FileMode) error {
	return os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), mode)
}
