package guest

import (
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/usherhost/usher/host"
)

// httpAnswer is what http_send returns: a response, or an error.
type httpAnswer struct {
	Status     int         `json:"status,omitempty"`
	Headers    http.Header `json:"headers,omitzero"` // names in lower case
	Body       *string     `json:"body,omitempty"`
	BodyBase64 []byte      `json:"body_base64,omitempty"`
	URL        string      `json:"url,omitempty"`
	Error      *httpError  `json:"error,omitempty"`
}

type httpError struct {
	Code    host.EgressCode `json:"code"`
	Message string          `json:"message"`
}

func (a *httpAnswer) measure(m *measure) {
	m.bytes += structBytes
	if a.Error != nil {
		m.text(a.Error.Message)
		return
	}
	m.headers(a.Headers)
	m.text(a.URL)
	if a.Body != nil {
		m.text(*a.Body)
	}
	m.base64(a.BodyBase64)
}

func (a *httpAnswer) body() []byte {
	if a.Body != nil {
		return []byte(*a.Body)
	}
	return a.BodyBase64
}

func answerOf(r *host.HTTPResponse) *httpAnswer {
	a := &httpAnswer{Status: r.Status, URL: asJSON(r.URL), Headers: make(http.Header, len(r.Header))}
	for name, values := range r.Header {
		if slices.ContainsFunc(values, invalid) {
			values = slices.Clone(values)
			for i, v := range values {
				values[i] = asJSON(v)
			}
		}
		a.Headers[asJSON(strings.ToLower(name))] = values
	}
	if utf8.Valid(r.Body) {
		text := string(r.Body)
		a.Body = &text
	} else {
		a.BodyBase64 = r.Body
	}
	return a
}

// asJSON returns s as it is after a way through JSON, so that it is the same when it is
// read from a tape.
func asJSON(s string) string {
	if invalid(s) {
		return string([]rune(s))
	}
	return s
}

func invalid(s string) bool { return !utf8.ValidString(s) }
