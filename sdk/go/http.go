package usher

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/usherhost/usher/sdk/go/internal/abi"
)

// Header holds HTTP header fields.
type Header map[string][]string

// Get returns the first value of the field called name, in any case of
// letters, or "".
func (h Header) Get(name string) string {
	for key, values := range h {
		if len(values) > 0 && strings.EqualFold(key, name) {
			return values[0]
		}
	}
	return ""
}

// Request is a request to send. The zero Method is GET, or POST with a body.
type Request struct {
	Method   string
	URL      string
	Header   Header
	Body     []byte
	JSON     any           // becomes the body, and application/json its type
	Timeout  time.Duration // 0 is the host's limit
	Redirect string        // "follow" (the default), "manual" or "error"
}

// Response is an answer, whatever its status.
type Response struct {
	Status int
	Header Header
	Body   []byte
	URL    string // after redirects
}

// OK reports whether the status is a success, 200 to 299.
func (r *Response) OK() bool { return r.Status >= 200 && r.Status < 300 }

// HTTPError says why there was no answer.
type HTTPError struct {
	Code    string `json:"code"` // "refused", "invalid", "timeout", "network" or "limit"
	Message string `json:"message"`
}

// Error returns the message.
func (e *HTTPError) Error() string { return e.Message }

// Post sends body to url.
func Post(url, contentType string, body []byte) (*Response, error) {
	return Send(Request{Method: "POST", URL: url, Header: Header{"Content-Type": {contentType}}, Body: body})
}

// PostJSON sends value as JSON to url.
func PostJSON(url string, value any) (*Response, error) {
	return Send(Request{Method: "POST", URL: url, JSON: value})
}

// Send sends r and waits for the answer. A status of 400 or more is an answer,
// not an error. The error is an [*HTTPError], unless r can't be written down.
func Send(r Request) (*Response, error) {
	request, err := r.encode()
	if err != nil {
		return nil, fmt.Errorf("send to %s: %w", r.URL, err)
	}
	return decodeResponse(abi.HTTPSend(request))
}

func (r Request) encode() ([]byte, error) {
	wire := struct {
		Method        string `json:"method"`
		URL           string `json:"url"`
		Headers       Header `json:"headers,omitempty"`
		Body          string `json:"body,omitempty"`
		BodyBase64    []byte `json:"body_base64,omitempty"`
		TimeoutMillis int64  `json:"timeout_ms,omitempty"`
		Redirect      string `json:"redirect,omitempty"`
	}{r.Method, r.URL, r.Header, "", nil, r.Timeout.Milliseconds(), r.Redirect}
	body := r.Body
	if r.JSON != nil {
		if body != nil {
			return nil, errors.New("the request has both Body and JSON")
		}
		var err error
		if body, err = json.Marshal(r.JSON); err != nil {
			return nil, err
		}
		wire.Headers = r.Header.withType("application/json")
	}
	if wire.Method == "" {
		wire.Method = "GET"
		if body != nil {
			wire.Method = "POST"
		}
	}
	if utf8.Valid(body) {
		wire.Body = string(body)
	} else {
		wire.BodyBase64 = body
	}
	return json.Marshal(wire)
}

// withType returns h with a content type, which stays when it has one.
func (h Header) withType(contentType string) Header {
	if h.Get("Content-Type") != "" {
		return h
	}
	typed := Header{"Content-Type": {contentType}}
	for key, values := range h {
		typed[key] = values
	}
	return typed
}

func decodeResponse(answer []byte) (*Response, error) {
	var wire struct {
		Status     int        `json:"status"`
		Headers    Header     `json:"headers"`
		Body       string     `json:"body"`
		BodyBase64 string     `json:"body_base64"`
		URL        string     `json:"url"`
		Error      *HTTPError `json:"error"`
	}
	if err := json.Unmarshal(answer, &wire); err != nil {
		return nil, fmt.Errorf("read the host's answer: %w", err)
	}
	if wire.Error != nil {
		return nil, wire.Error
	}
	body := []byte(wire.Body)
	if wire.BodyBase64 != "" {
		var err error
		if body, err = base64.StdEncoding.DecodeString(wire.BodyBase64); err != nil {
			return nil, fmt.Errorf("read the answer's body: %w", err)
		}
	}
	return &Response{Status: wire.Status, Header: wire.Headers, Body: body, URL: wire.URL}, nil
}
