package command

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/term"
)

// RouteFlags are the flags that say how requests get to where they go.
type RouteFlags struct {
	proxy        string
	secrets      string
	certificates []string
}

// AddProxy adds the flag of the proxy's URL alone.
func (f *RouteFlags) AddProxy(flags *pflag.FlagSet) {
	flags.StringVar(&f.proxy, "proxy", "", "proxy for the action's requests, such as http://proxy.example:3128 (http, https, socks5); none removes it")
}

// Add adds the flags.
func (f *RouteFlags) Add(flags *pflag.FlagSet) {
	f.AddProxy(flags)
	flags.StringVar(&f.secrets, "proxy-secrets", "", "USER,PASSWORD: the names of the action's secrets that hold the user and the password for --proxy")
	flags.StringArrayVar(&f.certificates, "client-certificate", nil,
		"CERTIFICATE,KEY[,ORIGIN...]: the names of the action's secrets that hold a client certificate and its key in PEM, and where it is shown (default: everywhere); repeatable; none removes all")
}

// none removes what is set.
const none = "none"

// Removed lists the keys of [host.Egress] that the flags remove from a binding.
func (f *RouteFlags) Removed() []string {
	var keys []string
	if f.proxy == none {
		keys = append(keys, "proxy")
	}
	if slices.Contains(f.certificates, none) {
		keys = append(keys, "client_certificates")
	}
	return keys
}

// Egress returns what the flags set.
func (f *RouteFlags) Egress() (host.Egress, error) {
	proxy, err := f.readProxy()
	if err != nil {
		return host.Egress{}, err
	}
	e := host.Egress{Proxy: proxy}
	for _, entry := range f.certificates {
		if entry == none {
			continue
		}
		names := strings.Split(entry, ",")
		if len(names) < 2 || names[0] == "" || names[1] == "" {
			return e, term.UsageError{Err: fmt.Errorf("--client-certificate %q: must be the names of two secrets", entry), Hint: "write --client-certificate CLIENT_CERTIFICATE,CLIENT_KEY"}
		}
		c := host.ClientCertificate{CertificateSecret: names[0], KeySecret: names[1]}
		if len(names) > 2 {
			c.Origins = names[2:]
		}
		e.ClientCertificates = append(e.ClientCertificates, c)
	}
	return e, nil
}

func (f *RouteFlags) readProxy() (p host.Proxy, err error) {
	if f.proxy == "" || f.proxy == none {
		if f.secrets != "" {
			err = term.UsageError{Err: errors.New("--proxy-secrets needs --proxy")}
		}
		return p, err
	}
	name, problem := host.ParseProxy(f.proxy)
	if problem != "" {
		return p, term.UsageError{Err: fmt.Errorf("--proxy: the URL %s", problem), Hint: "write it as http://proxy.example:3128, and the user as --proxy-secrets USER,PASSWORD"}
	}
	p.URL = name
	if f.secrets == "" {
		return p, nil
	}
	names := strings.Split(f.secrets, ",")
	if len(names) != 2 || names[0] == "" || names[1] == "" {
		return p, term.UsageError{Err: fmt.Errorf("--proxy-secrets %q: must be the names of two secrets", f.secrets), Hint: "write --proxy-secrets PROXY_USER,PROXY_PASSWORD"}
	}
	p.UserSecret, p.PasswordSecret = names[0], names[1]
	return p, nil
}
