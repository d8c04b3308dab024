package host

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
)

// Proxy is the proxy through which a binding's requests go. The operator must allow
// it, see package egress.
type Proxy struct {
	URL            string `json:"url"`                       // "http://proxy.example:3128", https or socks5; no user, no path
	UserSecret     string `json:"user_secret,omitempty"`     // the name of the action's secret that holds the user
	PasswordSecret string `json:"password_secret,omitempty"` // and the password; both or neither
}

// IsZero reports whether p leaves the choice to the layer below.
func (p Proxy) IsZero() bool { return p == Proxy{} }

// ClientCertificate is a certificate that is shown to servers which ask for one. Both
// secrets are the action's, in PEM; the certificate may have its chain behind it.
type ClientCertificate struct {
	CertificateSecret string   `json:"certificate_secret"`
	KeySecret         string   `json:"key_secret"`
	Origins           []string `json:"origins,omitempty"` // where, in the form of [Egress.Allow]; none: everywhere
}

// MaxClientCertificates is how many a binding may have.
const MaxClientCertificates = 20

// ParseProxy returns the URL of a proxy in its usual form: lower case, with the port
// unless it is the scheme's own. The problem is empty when all is well.
func ParseProxy(raw string) (proxy, problem string) {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.Opaque != "":
		return "", `must be a URL such as "http://proxy.example:3128"`
	case proxyPorts[u.Scheme] == "":
		return "", "must begin with http://, https:// or socks5://"
	case u.User != nil:
		return "", "must have no user and no password: name the secrets that hold them, user_secret and password_secret"
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return "", "must have no path, query or fragment"
	case u.Hostname() == "" || strings.ContainsAny(u.Hostname(), " %*"):
		return "", "must name a host"
	}
	name, port := strings.ToLower(u.Hostname()), u.Port()
	if strings.HasSuffix(u.Host, ":") {
		return "", "must have a port behind the colon"
	}
	if port == "" || port == proxyPorts[u.Scheme] {
		if strings.Contains(name, ":") {
			name = "[" + name + "]"
		}
		return u.Scheme + "://" + name, ""
	}
	return u.Scheme + "://" + net.JoinHostPort(name, port), ""
}

// proxyPorts are the ports of proxies by their schemes.
var proxyPorts = map[string]string{"http": "80", "https": "443", "socks5": "1080"}

// ProxyAddress returns the host and port of a proxy that [ParseProxy] returned.
func ProxyAddress(proxy string) string {
	scheme, authority, _ := strings.Cut(proxy, "://")
	if _, _, err := net.SplitHostPort(authority); err == nil {
		return authority
	}
	return net.JoinHostPort(strings.Trim(authority, "[]"), proxyPorts[scheme])
}

// Secrets names the secrets that requests need, in their order.
func (e Egress) Secrets() []string {
	var names []string
	add := func(name string) {
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	add(e.Proxy.UserSecret)
	add(e.Proxy.PasswordSecret)
	for _, c := range e.ClientCertificates {
		add(c.CertificateSecret)
		add(c.KeySecret)
	}
	return names
}

// check returns what is wrong with the proxy and the certificates, below prefix.
func (e Egress) check(prefix string) (fields []Field) {
	add := func(pointer, detail string) {
		fields = append(fields, Field{Pointer: prefix + pointer, Detail: detail})
	}
	if !e.Proxy.IsZero() {
		if _, problem := ParseProxy(e.Proxy.URL); problem != "" {
			add("/proxy/url", problem)
		}
		if (e.Proxy.UserSecret == "") != (e.Proxy.PasswordSecret == "") {
			add("/proxy", "must have user_secret and password_secret, or neither")
		}
	}
	if n := len(e.ClientCertificates); n > MaxClientCertificates {
		add("/client_certificates", fmt.Sprintf("must not have more than %d certificates, not %d", MaxClientCertificates, n))
	}
	for i, c := range e.ClientCertificates {
		if c.CertificateSecret == "" {
			add(fmt.Sprintf("/client_certificates/%d/certificate_secret", i), "must name the secret that holds the certificate")
		}
		if c.KeySecret == "" {
			add(fmt.Sprintf("/client_certificates/%d/key_secret", i), "must name the secret that holds the key")
		}
	}
	return fields
}
