package guest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/text"
	"github.com/usherhost/usher/host/sandbox"
)

// httpRequest is what a guest passes to http_send.
type httpRequest struct {
	Method        string       `json:"method"`
	URL           string       `json:"url"`
	Headers       headerValues `json:"headers,omitempty"`
	Body          string       `json:"body,omitempty"`
	BodyBase64    []byte       `json:"body_base64,omitempty"`
	TimeoutMillis int64        `json:"timeout_ms,omitempty"`
	Redirect      string       `json:"redirect,omitempty"`
}

// maxRequestBytes is the most that a request with a body within its limit has
// as JSON, every byte of it escaped.
func maxRequestBytes(limits *host.Limits) int64 {
	return maxEscape*(limits.RequestBytes+maxURLBytes+maxHeaderBytes) + structBytes
}

// readRequest reads what a guest passes to send.
func (c *call) readRequest(s *sandbox.Call, function string, offset uint64) (q httpRequest, malformed *host.EgressFailure) {
	if n, most := int64(s.Length(function, offset)), maxRequestBytes(&c.settings.Limits); n > most {
		return q, &host.EgressFailure{
			Code: host.EgressLimit, Limit: "request_bytes",
			Message: fmt.Sprintf("the request has %d bytes as JSON, more than one whose body has %d bytes (limit)", n, c.settings.Limits.RequestBytes),
		}
	}
	if err := decodeRequest(s, s.Bytes(function, offset), &q); err != nil {
		return q, malformedRequest(err)
	}
	return q, nil
}

func malformedRequest(err error) *host.EgressFailure {
	return &host.EgressFailure{Code: host.EgressInvalid, Message: "the request is malformed: " + err.Error()}
}

// tooLong names the part of the request is longer than it may be, "" when none
// is.
func (q *httpRequest) tooLong() string {
	headers := 0
	for name, values := range q.Headers {
		for _, value := range values {
			headers += len(name) + len(value)
		}
	}
	for _, part := range []struct {
		what        string
		bytes, most int
	}{
		{"method has", len(q.Method), maxMethodBytes},
		{"redirect has", len(q.Redirect), maxMethodBytes},
		{"URL has", len(q.URL), maxURLBytes},
		{"headers have", headers, maxHeaderBytes},
	} {
		if part.bytes > part.most {
			return fmt.Sprintf("the request's %s %d bytes (at most %d)", part.what, part.bytes, part.most)
		}
	}
	return ""
}

// recorded is what the tape has of a request: one that is refused for its size
// is not kept whole.
func (c *call) recorded(q httpRequest) httpRequest {
	if q.tooLong() != "" {
		q.Method, q.Redirect, q.URL, q.Headers = text.Cut(q.Method, maxMethodBytes), text.Cut(q.Redirect, maxMethodBytes), text.Cut(q.URL, maxURLBytes), nil
	}
	if int64(len(q.Body)+len(q.BodyBase64)) > c.settings.Limits.RequestBytes {
		q.Body, q.BodyBase64 = "", nil
	}
	return q
}

func (q httpRequest) measure(m *measure) {
	m.bytes += structBytes
	m.text(q.Method)
	m.text(q.URL)
	m.headers(q.Headers)
	m.text(q.Body)
	m.base64(q.BodyBase64)
	m.text(q.Redirect)
}

// headers counts names and values.
func (m *measure) headers(h map[string][]string) {
	for name, values := range h {
		m.text(name)
		for _, value := range values {
			m.text(value)
		}
		m.bytes += 3
	}
}

// headerValues is a JSON object of strings or lists of strings.
type headerValues map[string][]string

// UnmarshalJSON implements json.Unmarshaler.
func (h *headerValues) UnmarshalJSON(data []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return errors.New("headers must be an object")
	}
	*h = make(headerValues, len(raw))
	for name, value := range raw {
		var one string
		if json.Unmarshal(value, &one) == nil {
			(*h)[name] = []string{one}
			continue
		}
		var many []string
		if json.Unmarshal(value, &many) != nil {
			return fmt.Errorf("header %q must be a string or a list of strings", name)
		}
		(*h)[name] = many
	}
	return nil
}

func httpSend(s *sandbox.Call, c *call, stack []uint64) {
	request, malformed := c.readRequest(s, "http_send", stack[0])
	c.send(s, request, malformed)
	stack[0] = s.Put(c.lastAnswer())
}

// send sends the guest's request under its binding's policy. Nothing that can
// go wrong stops the run: errors are values.
func (c *call) send(s *sandbox.Call, request httpRequest, malformed *host.EgressFailure) *httpAnswer {
	ordinal := c.spent.httpCalls
	c.spent.httpCalls++
	asked, sent := c.recorded(request), false
	answer := do(c, "http_send", asked, func(note *host.CallNote) *httpAnswer {
		note.Target = c.target(request)
		c.http.failure, c.http.retryAfter = nil, 0
		if c.world != nil {
			response, failure := c.world.send(request, malformed, ordinal)
			return c.settle(note, response, failure)
		}
		id := c.identify(asked, ordinal)
		if id.answered {
			return c.settle(note, c.fromPast(note, id), nil)
		}
		q, failure := c.compose(request, malformed, id.key)
		if failure != nil {
			return c.settle(note, nil, failure)
		}
		sent = true
		c.goesOut("http_send", asked, nil)
		var response *host.HTTPResponse
		s.Outside(func() { response, failure = c.exchange(s, q) })
		answer := c.settle(note, response, failure)
		c.fromOutside(id.past, answer)
		return answer
	})
	if sent {
		c.wasAnswered(asked, answer)
	}
	return answer
}

// exchangeUnits is the fuel for a response, besides its body.
const exchangeUnits = 50_000

// settle makes the guest's answer of a request's outcome, and remembers what
// matters if the run fails.
func (c *call) settle(note *host.CallNote, response *host.HTTPResponse, failure *host.EgressFailure) *httpAnswer {
	if failure != nil {
		if c.world == nil { // or else it was cut when it was recorded
			failure.Message = asJSON(c.cutOpen(failure.Message, maxNoteBytes))
		}
		c.http.failure = failure
		note.Error, note.Fix = failure.Message, c.egressFix(failure)
		if c.world != nil {
			note.Fix = cmp.Or(note.Fix, c.world.fix())
			c.http.failureFix = note.Fix
		}
		return &httpAnswer{Error: &httpError{failure.Code, failure.Message}}
	}
	// It is read once, decoded maybe, and written as JSON for the guest and for
	// the tape.
	c.sandbox.Burn(exchangeUnits + 2*decodeUnits*int64(len(response.Body)))
	c.http.retryAfter = max(c.http.retryAfter, retryAfter(response, c.now()))
	note.Status, note.Bytes, note.Proxy = response.Status, int64(len(response.Body)), response.Proxy
	if response.Status >= http.StatusBadRequest {
		note.Body = c.cutOpen(bodyText(response), maxFailedBytes)
	}
	return answerOf(response)
}

// maxFailedBytes is how much is kept of the body of a response with an error's status:
// that is where its sender says what was wrong.
const maxFailedBytes = 4 << 10

// bodyText returns the beginning of a response's body as people read it, "" when it is
// not text. It is longer than what is kept, so that a secret is not cut in two.
func bodyText(r *host.HTTPResponse) string {
	const most = 128 << 10
	body := r.Body[:min(len(r.Body), most)]
	if bytes.IndexByte(body, 0) >= 0 || r.Header.Get("Content-Encoding") != "" {
		return ""
	}
	return strings.ToValidUTF8(string(body), "\ufffd")
}

// compose makes of the guest's request the one to send, and counts it. It is
// for the run's goroutine.
func (c *call) compose(request httpRequest, malformed *host.EgressFailure, key string) (*host.HTTPRequest, *host.EgressFailure) {
	limits := c.settings.Limits
	body := []byte(request.Body)
	if request.BodyBase64 != nil {
		body = request.BodyBase64
	}
	switch {
	case malformed != nil:
		return nil, malformed
	case request.tooLong() != "":
		return nil, &host.EgressFailure{Code: host.EgressInvalid, Message: request.tooLong()}
	case request.Body != "" && request.BodyBase64 != nil:
		return nil, &host.EgressFailure{Code: host.EgressInvalid, Message: "the request has both body and body_base64"}
	case int64(len(body)) > limits.RequestBytes:
		return nil, &host.EgressFailure{
			Code: host.EgressLimit, Limit: "request_bytes",
			Message: fmt.Sprintf("the request's body has %d bytes (limit %d)", len(body), limits.RequestBytes),
		}
	case !c.spend():
		return nil, &host.EgressFailure{
			Code: host.EgressLimit, Limit: "http_requests",
			Message: fmt.Sprintf("the run has sent %d requests (limit %d)", c.spent.httpRequests.Load(), limits.HTTPRequests),
		}
	}
	timeout := limits.HTTPTimeoutMillis
	if request.TimeoutMillis > 0 {
		timeout = min(timeout, request.TimeoutMillis)
	}
	return &host.HTTPRequest{
		Method:           request.Method,
		URL:              request.URL,
		Header:           c.header(request, key),
		Body:             body,
		Redirect:         host.Redirect(request.Redirect),
		Timeout:          time.Duration(timeout) * time.Millisecond,
		MaxResponseBytes: limits.ResponseBytes,
		MaxRequests:      limits.HTTPRequests,
		Egress:           c.settings.Egress,
		Secrets:          c.secrets,
		Binding:          cmp.Or(c.run.Step.BindingID, c.run.Step.ActionID), // a draft that is tried has no binding
	}, nil
}

// spend counts a request that is about to be sent, and reports whether the run
// may send it.
func (c *call) spend() bool {
	if c.spent.httpRequests.Add(1) > c.settings.Limits.HTTPRequests {
		c.spent.httpRequests.Add(-1)
		return false
	}
	return true
}

// exchange sends q, which compose counted as one request, and counts what it
// cost in truth. It may be called on any goroutine.
func (c *call) exchange(ctx context.Context, q *host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure) {
	spent := int64(1)
	q.Redirected = func() bool {
		if !c.spend() {
			return false
		}
		spent++
		return true
	}
	q.Contacted = c.http.contacted.add
	response, failure := c.runner.Egress.Send(ctx, q)
	if failure != nil {
		c.spent.httpRequests.Add(failure.Requests - spent)
		return nil, failure
	}
	c.spent.httpRequests.Add(response.Requests - spent)
	return response, nil
}

// header returns the guest's headers, with the Idempotency-Key of a request that is not
// safe to repeat, unless the guest set one.
func (c *call) header(request httpRequest, key string) http.Header {
	h := http.Header{}
	for name, values := range request.Headers {
		for _, value := range values {
			h.Add(name, value)
		}
	}
	if key != "" && h.Get("Idempotency-Key") == "" {
		h.Set("Idempotency-Key", key)
	}
	return h
}

// target names a request for people: its origin stays readable when its path
// is a secret.
func (c *call) target(request httpRequest) string {
	method := strings.ToUpper(request.Method)
	if method == "" {
		method = http.MethodGet
	}
	if request.tooLong() != "" {
		return c.cutOpen(method, maxMethodBytes) + " " + text.Cut(c.redact(c.wholeSecrets(request.URL, maxNoteBytes)), maxNoteBytes/2)
	}
	shown := c.redact(request.URL)
	if u, err := url.Parse(request.URL); err == nil && shown != request.URL && u.Host != "" {
		origin := u.Scheme + "://" + u.Host
		if open := origin + "/"; !strings.HasPrefix(shown, origin) && c.redact(open) == open {
			shown = open + shown
		}
	}
	const maxTargetBytes = 512
	return method + " " + text.Cut(shown, maxTargetBytes)
}

// retryAfter returns the wait that a response asks for (RFC 9110, section
// 10.2.3), 0 when it asks for none.
func retryAfter(r *host.HTTPResponse, now time.Time) time.Duration {
	if r.Status < 400 {
		return 0
	}
	return min(text.ParseRetryAfter(r.Header.Get("Retry-After"), now), maxSleep)
}
