package egress_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/egress"
)

// selfSigned makes a certificate for name, and its key, in PEM.
func selfSigned(t *testing.T, name string) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}))
}

// demanding is a server that demands a client certificate, one that trusted signed.
func demanding(t *testing.T, c *egress.Client, trusted string, version uint16) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, r.TLS.PeerCertificates[0].Subject.CommonName)
	}))
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(trusted))
	s.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool, MaxVersion: version}
	s.StartTLS()
	t.Cleanup(s.Close)
	trust(c, s)
	return s
}

func TestAServerThatDemandsACertificateGetsTheBindings(t *testing.T) {
	t.Parallel()
	one, oneKey := selfSigned(t, "one")
	two, twoKey := selfSigned(t, "two")
	secrets := map[string]string{"ONE": one, "ONE_KEY": oneKey, "TWO": two, "TWO_KEY": twoKey, "BAD": "no PEM"}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		c, p := proxied(t, false)
		s := demanding(t, c, one, version)
		request := func(proxy string, certificates ...host.ClientCertificate) *host.HTTPRequest {
			r := through(proxy, s.URL, s.URL)
			r.Egress.ClientCertificates, r.Secrets = certificates, secrets
			return r
		}
		ones := host.ClientCertificate{CertificateSecret: "ONE", KeySecret: "ONE_KEY"}
		twos := host.ClientCertificate{CertificateSecret: "TWO", KeySecret: "TWO_KEY"}
		here := ones
		here.Origins = []string{s.URL}
		elsewhere := ones
		elsewhere.Origins = []string{"https://elsewhere.example"}
		for _, proxy := range []string{"", p.url} {
			for _, certificates := range [][]host.ClientCertificate{{ones}, {here}, {twos, here}, {elsewhere, ones}} {
				if got := mustSend(t, c, request(proxy, certificates...)); string(got.Body) != "one" {
					t.Errorf("by %q with %+v: %q", proxy, certificates, got.Body)
				}
			}
		}
		if f := mustFail(t, c, request(""), host.EgressNetwork); !strings.Contains(f.Message, "demands a client certificate") {
			t.Errorf("%x: without one: %q", version, f.Message)
		}
		if f := mustFail(t, c, request("", elsewhere), host.EgressNetwork); !strings.Contains(f.Message, "demands a client certificate") {
			t.Errorf("%x: with one for another origin: %q", version, f.Message)
		}
		if f := mustFail(t, c, request("", twos), host.EgressNetwork); !strings.Contains(f.Message, "does not accept the client certificate") {
			t.Errorf("%x: with an unknown one: %q", version, f.Message)
		}
	}
}

func TestSecretsThatAreNoCertificateAreNamed(t *testing.T) {
	t.Parallel()
	one, oneKey := selfSigned(t, "one")
	_, twoKey := selfSigned(t, "two")
	c := open(t)
	secrets := map[string]string{"ONE": one, "ONE_KEY": oneKey, "TWO_KEY": twoKey, "BAD": "my-secret-value"}
	for want, entry := range map[string]host.ClientCertificate{
		`"BAD" and "ONE_KEY": tls: failed to find any PEM data in certificate input`: {CertificateSecret: "BAD", KeySecret: "ONE_KEY"},
		`"ONE" and "BAD": tls: failed to find any PEM data in key input`:             {CertificateSecret: "ONE", KeySecret: "BAD"},
		`"ONE" and "TWO_KEY": tls: private key does not match public key`:            {CertificateSecret: "ONE", KeySecret: "TWO_KEY"},
		`the secret "NONE" is not set`:                                               {CertificateSecret: "NONE", KeySecret: "ONE_KEY"},
	} {
		r := get("https://a.example", "a.example")
		r.Egress.ClientCertificates, r.Secrets = []host.ClientCertificate{entry}, secrets
		f := mustFail(t, c, r, host.EgressInvalid)
		if !strings.Contains(f.Message, want) || strings.Contains(f.Message, "my-secret") {
			t.Errorf("%q, want %q", f.Message, want)
		}
	}
}
