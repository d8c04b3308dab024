package egress

import (
	"net/http"
	"strings"

	"github.com/usherhost/usher/host"
)

// travels lists the headers that stay on a request when a redirect takes it
// to another origin. Any other may carry a secret, whatever its name, and is removed.
var travels = []string{
	"Accept", "Accept-Encoding", "Accept-Language", "Cache-Control", "Content-Encoding", "Content-Language",
	"Content-Type", "If-Modified-Since", "Pragma", "Range", "User-Agent",
}

// describesBody lists the headers that go when a redirect takes the body.
var describesBody = []string{"Content-Encoding", "Content-Language", "Content-Location", "Content-Type"}

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
	x.header = x.header.Clone()
	x.changeMethod(status)
	if to.origin != from {
		keepOnly(x.header, travels)
	}
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

func (x *exchange) changeMethod(status int) {
	post := x.method == http.MethodPost && (status == http.StatusMovedPermanently || status == http.StatusFound)
	other := x.method != http.MethodGet && x.method != http.MethodHead && status == http.StatusSeeOther
	if !post && !other {
		return
	}
	x.method, x.body = http.MethodGet, nil
	for _, name := range describesBody {
		x.header.Del(name)
	}
}

func keepOnly(h http.Header, names []string) {
	kept := http.Header{}
	for _, name := range names {
		if values, found := h[name]; found {
			kept[name] = values
		}
	}
	clear(h)
	for name, values := range kept {
		h[name] = values
	}
}
