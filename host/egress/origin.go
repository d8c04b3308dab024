package egress

import (
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/usherhost/usher/host"
)

// Origin is where requests go: a scheme, a host and a port. As an entry of
// [host.Egress] Allow it may stand for all names below Host.
type Origin struct {
	Scheme   string // "http" or "https"
	Host     string // lower case ASCII; an IPv6 address has no brackets
	Port     uint16
	Wildcard bool // any name below Host, Host itself not
}

// ParseOrigin reads an entry of [host.Egress] Allow:
//
//	hooks.slack.com          https, port 443
//	hooks.slack.com:8443     https
//	http://127.0.0.1:8080    an IPv6 address stands in brackets
//	https://*.example.com    one or more labels in place of the star
//
// Names may be in upper case or in letters beyond ASCII; they are kept as DNS
// has them. What has a path, a user, another spelling of an IP address or a
// star elsewhere is an Invalid [host.Error].
func ParseOrigin(s string) (Origin, error) {
	o, problem := parseOrigin(s)
	if problem != "" {
		return Origin{}, &host.Error{
			Code: host.Invalid,
			Text: "allowed host " + strconv.Quote(clip(s, 200)) + ": " + problem,
			Hint: `write it as "hooks.slack.com", "http://host:8080" or "https://*.example.com"`,
		}
	}
	return o, nil
}

func parseOrigin(s string) (Origin, string) {
	o := Origin{Scheme: "https"}
	rest := s
	if scheme, after, found := strings.Cut(s, "://"); found {
		o.Scheme, rest = strings.ToLower(scheme), after
	}
	if o.Scheme != "http" && o.Scheme != "https" {
		return o, "the scheme must be http or https"
	}
	if problem := onlyAuthority(rest); problem != "" {
		return o, problem
	}
	rest, o.Wildcard = strings.CutPrefix(rest, "*.")
	name, port, problem := splitPort(rest, o.Scheme)
	if problem != "" {
		return o, problem
	}
	o.Port = port
	if o.Host, problem = parseHost(name); problem != "" {
		return o, problem
	}
	return o, o.checkWildcard()
}

func onlyAuthority(s string) string {
	switch {
	case s == "":
		return "the host is missing"
	case s == "*":
		return `for every public host set the mode to "public"`
	case len(s) > 300:
		return "it is too long"
	case strings.ContainsAny(s, "/?#"):
		return "leave out the path, an allowed host is a whole origin"
	case strings.Contains(s, "@"):
		return "leave out the user"
	}
	return ""
}

func (o Origin) checkWildcard() string {
	if !o.Wildcard {
		return ""
	}
	if _, err := netip.ParseAddr(o.Host); err == nil {
		return "a star can't stand before an IP address"
	}
	if !strings.Contains(o.Host, ".") {
		return "a star needs a domain of at least two labels behind it"
	}
	return ""
}

// String returns the origin with its scheme, and with its port unless that is
// the scheme's own. ParseOrigin reads it back.
func (o Origin) String() string {
	star := ""
	if o.Wildcard {
		star = "*."
	}
	return o.Scheme + "://" + star + o.authority()
}

// authority is the host and port as a URL has them.
func (o Origin) authority() string {
	if o.Port != defaultPort(o.Scheme) {
		return net.JoinHostPort(o.Host, strconv.Itoa(int(o.Port)))
	}
	if strings.Contains(o.Host, ":") {
		return "[" + o.Host + "]"
	}
	return o.Host
}

// Covers reports whether o, as an allowed origin, lets requests go to other.
func (o Origin) Covers(other Origin) bool {
	if o.Scheme != other.Scheme || o.Port != other.Port || other.Wildcard {
		return o == other
	}
	if o.Wildcard {
		return strings.HasSuffix(other.Host, "."+o.Host)
	}
	return o.Host == other.Host
}

func defaultPort(scheme string) uint16 {
	if scheme == "http" {
		return 80
	}
	return 443
}
