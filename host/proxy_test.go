package host_test

import (
	"errors"
	"testing"

	"github.com/usherhost/usher/host"
)

func TestAProxysURLIsReadStrictly(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"http://proxy.example:3128":   "http://proxy.example:3128",
		"HTTP://Proxy.Example:3128/":  "http://proxy.example:3128",
		"http://proxy.example":        "http://proxy.example",
		"http://proxy.example:80":     "http://proxy.example",
		"https://proxy.example:443":   "https://proxy.example",
		"socks5://[::1]:1080":         "socks5://[::1]",
		"socks5://[::1]:9":            "socks5://[::1]:9",
		"http://user:pw@proxy:3128":   "",
		"http://proxy:3128/path":      "",
		"http://proxy:3128?x":         "",
		"ftp://proxy:3128":            "",
		"proxy:3128":                  "",
		"http://":                     "",
		"http://proxy:":               "",
		"http://*.proxy.example:3128": "",
		"":                            "",
	} {
		got, problem := host.ParseProxy(raw)
		if got != want || (problem == "") != (want != "") {
			t.Errorf("%q: %q, problem %q", raw, got, problem)
		}
	}
	for proxy, want := range map[string]string{
		"http://a": "a:80", "https://a:8443": "a:8443", "socks5://[::1]": "[::1]:1080", "socks5://[::1]:9": "[::1]:9",
	} {
		if got := host.ProxyAddress(proxy); got != want {
			t.Errorf("%s is at %s, not %s", proxy, got, want)
		}
	}
}

func TestSettingsOfTheWayOfRequestsAreChecked(t *testing.T) {
	t.Parallel()
	s := host.Settings{Egress: host.Egress{
		Proxy:              host.Proxy{URL: "http://u:my-password@proxy:1", UserSecret: "A"},
		ClientCertificates: []host.ClientCertificate{{CertificateSecret: "A"}},
	}}
	var failed *host.Error
	if err := s.Check("/settings"); !errors.As(err, &failed) || len(failed.Fields) != 3 {
		t.Fatalf("%+v", err)
	}
	for i, pointer := range []string{"/settings/egress/proxy/url", "/settings/egress/proxy", "/settings/egress/client_certificates/0/key_secret"} {
		if failed.Fields[i].Pointer != pointer {
			t.Errorf("field %d is %+v", i, failed.Fields[i])
		}
	}
	over := host.Settings{Egress: host.Egress{Allow: []string{"b"}}}.Over(host.Settings{Egress: host.Egress{
		Proxy: host.Proxy{URL: "http://a"}, ClientCertificates: []host.ClientCertificate{{CertificateSecret: "A", KeySecret: "B"}},
	}})
	if over.Egress.Proxy.URL != "http://a" || len(over.Egress.ClientCertificates) != 1 {
		t.Errorf("a binding without them loses those of the version: %+v", over.Egress)
	}
}
