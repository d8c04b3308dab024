package egress

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/usherhost/usher/host"
)

// RuleProxy is the Rule of a refusal that Client.AllowProxies would lift.
const RuleProxy = "proxy that the operator does not allow"

// route is how a binding's connections are made, when not directly and without a
// certificate of its own.
type route struct {
	proxy        *url.URL // with its user; nil: none
	name         string   // of the proxy, for people
	address      string   // of the proxy, to dial
	certificates []clientCertificate
	key          string // of the pool: connections of other credentials are others
}

type clientCertificate struct {
	origins     []Origin // none: every one
	certificate tls.Certificate
}

// SetAllowProxies makes proxies those of [Client.AllowProxies], for the connections that
// are opened from now on. It may be called at any time.
func (c *Client) SetAllowProxies(proxies []string) {
	c.proxies.Store(&proxies)
	c.Close()
}

// allowsProxy reports whether the operator allows the proxy, which is in its usual form.
func (c *Client) allowsProxy(proxy string) bool {
	allowed := c.AllowProxies
	if set := c.proxies.Load(); set != nil {
		allowed = *set
	}
	return slices.ContainsFunc(allowed, func(entry string) bool {
		name, problem := host.ParseProxy(entry)
		return problem == "" && name == proxy
	})
}

// routeOf reads how r's connections are made; nil is directly.
func (c *Client) routeOf(r *host.HTTPRequest) (*route, *host.EgressFailure) {
	e := r.Egress
	if e.Proxy.IsZero() && len(e.ClientCertificates) == 0 {
		return nil, nil
	}
	out := &route{key: routeKey(r)}
	if !e.Proxy.IsZero() {
		if failure := c.readProxy(out, r); failure != nil {
			return nil, failure
		}
	}
	for _, entry := range e.ClientCertificates {
		certificate, failure := readCertificate(entry, r.Secrets)
		if failure != nil {
			return nil, failure
		}
		out.certificates = append(out.certificates, certificate)
	}
	return out, nil
}

// routeKey is the same for the requests whose connections may be shared.
func routeKey(r *host.HTTPRequest) string {
	values := []string{}
	for _, name := range r.Egress.Secrets() {
		values = append(values, r.Secrets[name])
	}
	b, _ := json.Marshal([]any{r.Egress.Proxy, r.Egress.ClientCertificates, values}) // strings alone
	return fmt.Sprintf("%x", sha256.Sum256(b))
}

func (c *Client) readProxy(out *route, r *host.HTTPRequest) *host.EgressFailure {
	p := r.Egress.Proxy
	name, problem := host.ParseProxy(p.URL)
	if problem != "" {
		return invalid("the proxy's URL " + problem)
	}
	if !c.allowsProxy(name) {
		f := refused(RuleProxy, Origin{}, "the proxy "+name+" is not among those that the operator allows")
		f.Proxy = name
		return f
	}
	u, err := url.Parse(name)
	if err != nil {
		return invalid("the proxy's URL is malformed")
	}
	if p.UserSecret != "" {
		u.User = url.UserPassword(r.Secrets[p.UserSecret], r.Secrets[p.PasswordSecret])
	}
	out.proxy, out.name, out.address = u, name, host.ProxyAddress(name)
	return nil
}

func readCertificate(entry host.ClientCertificate, secrets map[string]string) (clientCertificate, *host.EgressFailure) {
	var out clientCertificate
	for _, name := range []string{entry.CertificateSecret, entry.KeySecret} {
		if secrets[name] == "" {
			return out, invalid(fmt.Sprintf("client certificate: the secret %q is not set", name))
		}
	}
	certificate, err := tls.X509KeyPair([]byte(secrets[entry.CertificateSecret]), []byte(secrets[entry.KeySecret]))
	if err != nil { // its words are about the form of the PEM, never of its content
		return out, invalid(fmt.Sprintf("client certificate of the secrets %q and %q: %s; both must be PEM, and belong together",
			entry.CertificateSecret, entry.KeySecret, err))
	}
	out.certificate = certificate
	for _, s := range entry.Origins {
		o, err := ParseOrigin(s)
		if err != nil {
			return out, invalid("client certificate: " + err.Error())
		}
		out.origins = append(out.origins, o)
	}
	return out, nil
}

// proxyName names the proxy for people; "" is none.
func (r *route) proxyName() string {
	if r == nil {
		return ""
	}
	return r.name
}

// certificateAlerts are what a server says of a client's certificate, as crypto/tls
// writes it: it exports none of them.
var certificateAlerts = []string{
	"certificate required", "bad certificate", "unsupported certificate", "revoked certificate", "expired certificate",
	"unknown certificate authority", "unknown certificate", "access denied",
}

// remoteAlert begins an alert of the server.
const remoteAlert = "remote error: tls: "

// certificateError is a handshake that the server ended after it had asked for a
// certificate.
type certificateError struct{ err error }

func (e *certificateError) Error() string { return e.err.Error() }
func (e *certificateError) Unwrap() error { return e.err }

// certificateReason puts a server's refusal of the client's certificate into words; ""
// when err is none.
func (x *exchange) certificateReason(err error) string {
	_, alert, found := strings.Cut(err.Error(), remoteAlert)
	_, asked := errors.AsType[*certificateError](err)
	if !found || !asked && !slices.ContainsFunc(certificateAlerts, func(known string) bool { return strings.HasPrefix(alert, known) }) {
		return ""
	}
	if x.route.certificateFor(x.target.origin) == nil {
		return "demands a client certificate: name the secrets that hold one and its key in the binding's client_certificates"
	}
	return "does not accept the client certificate of the binding (" + printable(alert) + ")"
}

// certificateFor returns what is shown to the server at o, nil for nothing. One for
// this origin comes before one for all.
func (r *route) certificateFor(o Origin) *tls.Certificate {
	if r == nil {
		return nil
	}
	var all *tls.Certificate
	for i := range r.certificates {
		c := &r.certificates[i]
		if slices.ContainsFunc(c.origins, func(allowed Origin) bool { return allowed.Covers(o) }) {
			return &c.certificate
		}
		if len(c.origins) == 0 && all == nil {
			all = &c.certificate
		}
	}
	return all
}
