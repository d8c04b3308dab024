package egress

import (
	"net/http"
	"strings"

	"github.com/usherhost/usher/host"
)

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// follow makes x the request of the next hop, as the Fetch standard says, or
// fails. Whether the policy allows the hop is for run to check.
func (x *exchange) follow(status int, location string) *host.EgressFailure {
	from := x.target.origin
	if x.redirect == host.RedirectError {
		return refused("redirect", Origin{}, from.String()+" answered with a redirect, which the request forbids")
	}
	if x.hops++; x.hops > MaxRedirects {
		return limited("redirects", from.String()+" redirected for the sixth time, the limit is 5")
	}
	to, problem := x.resolve(location)
	if problem != "" {
		return refused("malformed redirect", Origin{}, from.String()+" redirects to a URL that can't be followed: "+problem)
	}
	if from.Scheme == "https" && to.origin.Scheme == "http" {
		return refused("redirect from https to http", Origin{}, from.String()+" redirects to "+to.origin.String()+", which is not encrypted")
	}
	changed := x.changeMethod(status)
	x.header = host.RedirectedHeader(x.header, !changed, to.origin == from)
	x.target = to
	return nil
}

func (x *exchange) resolve(location string) (target, string) {
	if len(location) > MaxURLBytes {
		return target{}, "it is longer than 8192 characters"
	}
	if strings.ContainsRune(location, '\\') { // a browser would read it as a slash
		return target{}, "it has a backslash"
	}
	u, err := x.target.url.Parse(location)
	if err != nil {
		return target{}, "it is malformed"
	}
	return parseTarget(u.String())
}

// changeMethod makes a GET without a body of what a redirect takes the body from,
// and reports whether it did.
func (x *exchange) changeMethod(status int) bool {
	post := x.method == http.MethodPost && (status == http.StatusMovedPermanently || status == http.StatusFound)
	other := x.method != http.MethodGet && x.method != http.MethodHead && status == http.StatusSeeOther
	if !post && !other {
		return false
	}
	x.method, x.body = http.MethodGet, nil
	return true
}
