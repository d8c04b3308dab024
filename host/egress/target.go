package egress

import (
	"net/url"
	"strings"
)

// target is one URL to send to. Its host and port are those of origin, so
// that what was checked is what is dialled.
type target struct {
	url    *url.URL
	origin Origin
}

// parseTarget reads a URL that a guest or a redirect names. The problem is
// empty when all is well.
func parseTarget(raw string) (t target, problem string) {
	switch {
	case len(raw) > MaxURLBytes:
		return t, "it is longer than 8192 characters"
	case strings.ContainsRune(raw, '\\'):
		return t, "it has a backslash (in a path or query write %5C)"
	case strings.TrimSpace(raw) != raw:
		return t, "it has space around it"
	}
	u, err := url.Parse(raw)
	if err != nil {
		return t, "it is malformed"
	}
	if problem := checkShape(u); problem != "" {
		return t, problem
	}
	o := Origin{Scheme: u.Scheme}
	name, port, problem := splitPort(u.Host, u.Scheme)
	if problem != "" {
		return t, problem
	}
	o.Port = port
	if o.Host, problem = parseHost(name); problem != "" {
		return t, problem
	}
	return target{url: normal(u, o), origin: o}, ""
}

func checkShape(u *url.URL) string {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return "it must begin with https:// or http://"
	case u.Opaque != "" || u.Host == "":
		return "the host is missing"
	case u.User != nil:
		return "it names a user; send an Authorization header instead"
	}
	return ""
}

// normal returns u with the host of o, without fragment, and with a query
// that fits on a request line.
func normal(u *url.URL, o Origin) *url.URL {
	out := *u
	out.Host = o.authority()
	out.Fragment, out.RawFragment = "", ""
	out.RawQuery = escapeQuery(u.RawQuery)
	return &out
}

func escapeQuery(q string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(q) {
		if c := q[i]; c <= ' ' || c >= 0x7f || c == '"' || c == '<' || c == '>' {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
			continue
		}
		b.WriteByte(q[i])
	}
	return b.String()
}
