package host

import (
	"maps"
	"net/http"
	"slices"
	"time"
)

// HTTPRequest is a request that a guest asks the host to send, with the policy
// and the caps that hold for it.
type HTTPRequest struct {
	Method           string
	URL              string
	Header           http.Header
	Body             []byte
	Redirect         Redirect
	Timeout          time.Duration // the whole exchange, redirects included
	MaxResponseBytes int64         // of the body, raw and again decompressed
	MaxRequests      int64         // how many requests it may cost, redirects included
	Redirected       func() bool   // when set, asked before each redirect is followed: false is one request too many
	Contacted        func(string)  // when set, called with each origin that a request was sent to, in the form of Allow; redirects included
	Egress           Egress
	Secrets          map[string]string // the values of the secrets that Egress names, and maybe others
	Binding          string            // the id of the binding that sends it; two bindings share no connection and no place
}

// Redirect says what is done with a redirect, in the words of the Fetch standard.
type Redirect string

// The choices. Every hop that is followed passes the whole policy again.
const (
	RedirectFollow Redirect = "follow" // the default
	RedirectManual Redirect = "manual" // the redirect itself is the response
	RedirectError  Redirect = "error"  // a redirect is an EgressFailure
)

// staysForOthers lists the headers that stay on a request when a redirect takes it
// to another origin. Any other may carry a secret, whatever its name, and is removed.
var staysForOthers = []string{
	"Accept", "Accept-Encoding", "Accept-Language", "Cache-Control", "Content-Encoding", "Content-Language",
	"Content-Type", "If-Modified-Since", "Pragma", "Range", "User-Agent",
}

// describesBody lists the headers that go when a redirect takes the body.
var describesBody = []string{"Content-Encoding", "Content-Language", "Content-Location", "Content-Type"}

// RedirectedHeader returns the headers that a request with h has after a redirect:
// those about its body stay if the body does, and another origin gets only those that
// can't carry a secret. Names are canonical.
func RedirectedHeader(h http.Header, body, sameOrigin bool) http.Header {
	next := h.Clone()
	if !body {
		for _, name := range describesBody {
			next.Del(name)
		}
	}
	if !sameOrigin {
		maps.DeleteFunc(next, func(name string, _ []string) bool { return !slices.Contains(staysForOthers, name) })
	}
	return next
}

// HTTPResponse is the response to an HTTPRequest. Body is decompressed.
type HTTPResponse struct {
	Status   int
	Header   http.Header // Content-Encoding and Content-Length are gone when Body was decompressed
	Body     []byte
	URL      string // of the last hop
	Proxy    string // that it came through, as [ParseProxy] returns it; "" without one
	Requests int64  // sent for it, redirects included
}

// EgressFailure is the error of a request without a response. Guests get it as
// a value.
type EgressFailure struct {
	Code     EgressCode
	Rule     string // with EgressRefused: the rule that refused, e.g. "not in allowed hosts", "loopback address"
	Origin   string // with EgressRefused: the origin to allow, e.g. "https://hooks.slack.com"; empty: the address can't be allowed
	Proxy    string // with EgressRefused for a proxy: the one that the operator would have to allow
	Network  string // with EgressRefused for an address: the CIDR the operator would have to allow, e.g. "127.0.0.1/32"
	Limit    string // with EgressLimit: the limit's name in [Limits]
	Message  string // for the action's author
	Requests int64  // sent before it failed
}

// Error returns the message.
func (e *EgressFailure) Error() string { return e.Message }

// EgressCode classifies an EgressFailure.
type EgressCode string

// The codes.
const (
	EgressRefused EgressCode = "refused" // against the policy; nothing was sent to that origin
	EgressInvalid EgressCode = "invalid" // the request is malformed
	EgressTimeout EgressCode = "timeout" // no complete response in time
	EgressNetwork EgressCode = "network" // connection refused or broken, TLS, no such host
	EgressLimit   EgressCode = "limit"   // a size or count went over
)
