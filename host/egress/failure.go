package egress

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"syscall"

	"github.com/usherhost/usher/host"
)

func refused(rule string, o Origin, message string) *host.EgressFailure {
	f := &host.EgressFailure{Code: host.EgressRefused, Rule: rule, Message: message}
	if o.Host != "" {
		f.Origin = o.String()
	}
	return f
}

func invalid(message string) *host.EgressFailure {
	return &host.EgressFailure{Code: host.EgressInvalid, Message: message}
}

// invalidURL leaves out what follows the authority, which may hold a secret.
func invalidURL(raw, problem string) *host.EgressFailure {
	if _, rest, found := strings.Cut(raw, "://"); found {
		if end := strings.IndexAny(rest, "/?#"); end >= 0 {
			raw = raw[:len(raw)-len(rest)+end] + "/…"
		}
	}
	if at := strings.LastIndexByte(raw, '@'); at >= 0 {
		raw = "…" + raw[at:]
	}
	return invalid("URL " + quote(raw) + ": " + problem)
}

func timedOut(message string) *host.EgressFailure {
	return &host.EgressFailure{Code: host.EgressTimeout, Message: message}
}

func broken(message string) *host.EgressFailure {
	return &host.EgressFailure{Code: host.EgressNetwork, Message: message}
}

func limited(limit, message string) *host.EgressFailure {
	return &host.EgressFailure{Code: host.EgressLimit, Limit: limit, Message: message}
}

func quote(s string) string { return strconv.Quote(clip(s, 100)) }

// failed turns an error of the transport into one for the action's author. Its
// details of the host's own network (addresses, name servers) are left out.
func (x *exchange) failed(ctx context.Context, err error) *host.EgressFailure {
	o := x.target.origin
	r, ok := errors.AsType[*refusal](err)
	if !ok {
		r = x.stale.Load()
	}
	if r != nil {
		x.sent--
		return refusedAddress(o, r.verdict)
	}
	if p, ok := errors.AsType[*proxyError](err); ok && ctx.Err() == nil {
		return broken(p.message)
	}
	if f := x.overLimit(err); f != nil {
		return f
	}
	if ctx.Err() != nil {
		return x.late(ctx)
	}
	if bad, ok := errors.AsType[*codingError](err); ok {
		return broken(o.String() + " sent a body that can't be decoded as " + bad.coding)
	}
	if reason := x.certificateReason(err); reason != "" {
		return broken(o.String() + " " + reason)
	}
	return unreached(o, err)
}

func unreached(o Origin, err error) *host.EgressFailure {
	reason, late := reasonOf(err)
	switch {
	case late:
		return timedOut(o.String() + ": " + reason)
	case reason == "":
		return broken(o.String() + ": the exchange broke off")
	}
	return broken(o.String() + ": " + reason)
}

// overLimit knows the transport's errors for header size by their text: it
// exports none.
func (x *exchange) overLimit(err error) *host.EgressFailure {
	from := x.target.origin.String()
	if errors.Is(err, errTooLarge) {
		return limited("response_bytes", from+" sent a body of more than "+strconv.FormatInt(x.maxBytes, 10)+" bytes")
	}
	text := err.Error()
	if strings.Contains(text, "response headers exceeded") || strings.Contains(text, "header list larger") ||
		strings.Contains(text, "too many 1xx") {
		return limited("response_header_bytes", from+" sent headers of more than "+strconv.Itoa(MaxResponseHeaderBytes)+" bytes")
	}
	return nil
}

// errSlow is why a context ends when the request's own timeout is over, and
// not the run.
var errSlow = errors.New("request timed out")

func (x *exchange) late(ctx context.Context) *host.EgressFailure {
	o := x.target.origin.String()
	if errors.Is(context.Cause(ctx), errSlow) {
		return timedOut(o + " did not answer in time (limit " + x.timeout.String() + ")")
	}
	return timedOut("the run ended before " + o + " had answered")
}

// crowded is the failure of a request that found no place in time.
func (x *exchange) crowded(ctx context.Context, busy error) *host.EgressFailure {
	o := x.target.origin.String()
	if errors.Is(context.Cause(ctx), errSlow) {
		return timedOut(o + " was not asked in time (limit " + x.timeout.String() + "): " + busy.Error())
	}
	return timedOut("the run ended before " + o + " was asked: " + busy.Error())
}

// notFinal refuses a status that announces another answer. After 101 there is
// none: the connection is the server's to write to for as long as it likes.
func notFinal(o Origin, status int) *host.EgressFailure {
	return broken(o.String() + " answered with status " + strconv.Itoa(status) +
		", which is no final answer: guests don't switch protocols, a final status is from 200 on")
}

func refusedAddress(o Origin, v verdict) *host.EgressFailure {
	literal := net.ParseIP(o.Host) != nil
	text := o.String() + " resolves to a " + v.rule
	if literal {
		text = o.String() + " is a " + v.rule
	}
	switch {
	case v.network == "":
		text += ", which guests never reach"
	case literal:
		text += ", which guests reach only if the operator allows the network " + v.network
	default:
		text += ", which guests reach only if the operator allows its network"
	}
	f := refused(v.rule, o, text)
	f.Network = v.network
	if v.network == "" {
		f.Origin = "" // to allow it would change nothing
	}
	return f
}

// reasonOf puts an error of the network into words, and reports whether it is
// one of time.
func reasonOf(err error) (reason string, late bool) {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return lookupReason(dns)
	}
	if reason := tlsReason(err); reason != "" {
		return reason, false
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused", false
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "the connection was reset", false
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH),
		errors.Is(err, syscall.EAFNOSUPPORT), errors.Is(err, syscall.EADDRNOTAVAIL):
		return "no route to the host", false
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed before the response was complete", false
	}
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		return "the connection could not be made in time", true
	}
	return protocolReason(err.Error()), false
}

// protocolReason knows the transport's errors of protocol by their text: it
// exports none.
func protocolReason(text string) string {
	switch {
	case strings.Contains(text, "malformed HTTP"):
		return "the answer is not HTTP"
	case strings.Contains(text, "connection error: PROTOCOL_ERROR"):
		return "the server broke the rules of HTTP/2, or sent headers far over " + strconv.Itoa(MaxResponseHeaderBytes) + " bytes"
	case strings.Contains(text, "stream error"), strings.Contains(text, "GOAWAY"):
		return "the server broke off the HTTP/2 exchange"
	}
	return ""
}

func lookupReason(err *net.DNSError) (reason string, late bool) {
	switch {
	case err.IsNotFound:
		return "no such host", false
	case err.IsTimeout:
		return "the name could not be looked up in time", true
	}
	return "the name could not be looked up", false
}

func tlsReason(err error) string {
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "the certificate is for another host"
	}
	if unknown, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		if c := unknown.Cert; c != nil && bytes.Equal(c.RawIssuer, c.RawSubject) {
			return "the certificate is self-signed"
		}
		return "the certificate is signed by an unknown authority"
	}
	if bad, ok := errors.AsType[x509.CertificateInvalidError](err); ok && bad.Reason == x509.Expired {
		return "the certificate has expired or is not yet valid"
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "the certificate is not valid"
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "the server does not speak TLS"
	}
	if _, ok := errors.AsType[tls.AlertError](err); ok {
		return "the TLS handshake failed"
	}
	if strings.Contains(err.Error(), "tls: ") {
		return "the TLS handshake failed"
	}
	return ""
}
