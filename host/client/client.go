// Package client calls the API under /v1. It is typed, waits and tries again
// where that is safe, and gives the host's answers to what went wrong as
// [*Problem].
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/text"
)

// Client calls one host. It is safe for concurrent use; the fields are to be
// set before that.
//
// Every method returns a [*Problem] when the host answers with an error, and
// an error that wraps a [*url.Error] when it does not answer at all.
type Client struct {
	URL string // of the host, such as "http://127.0.0.1:8080"
	Key string // API key; empty for calls without one

	// HTTP sends the requests; nil is [http.DefaultClient]. A timeout of its
	// own has to be longer than the longest [LogQuery] Wait.
	HTTP *http.Client

	// Attempts is how often a call is made that the host answers with 429 or
	// 503 and that may be repeated: all but those that would act twice. Sending events
	// is repeated too when no answer of the host arrives. 0 is 4, 1: no retry.
	Attempts int

	// MaxWait is the longest wait between two attempts; when the host asks for
	// more, the call fails at once. 0 is 30 seconds.
	MaxWait time.Duration
}

// NewClient returns a client for the host at url.
func NewClient(url, key string) *Client { return &Client{URL: url, Key: key} }

// Problem is the host's answer to a request that it did not carry out. It
// unwraps to a [*host.Error], so that [host.CodeOf] returns its code.
type Problem struct {
	host.ProblemDetails
	RetryAfter time.Duration // 0: not given
}

// Error returns the detail, or the title when there is none.
func (p *Problem) Error() string {
	if p.Detail != "" {
		return p.Detail
	}
	return p.Title
}

// Unwrap returns the problem in the host's own form.
func (p *Problem) Unwrap() error {
	return &host.Error{Code: p.Code(), Text: p.Error(), Hint: p.Hint, Fields: p.Errors, RetryAfter: p.RetryAfter}
}

// call is one request, and where its answer goes.
type call struct {
	method string
	path   string // below the host's URL
	query  url.Values
	header http.Header
	body   []byte
	repeat bool    // it may be sent again after a 429 or 503
	insist bool    // also when no answer of the host arrives
	into   any     // decoded from JSON; a *[]byte gets the body itself; nil drops it
	tag    *string // gets the answer's ETag, unless it is nil
}

// maxAnswerBytes bounds what is read of an answer: 500 results with full logs
// stay below it.
const maxAnswerBytes = 1 << 30

// do makes the call, again where that is safe, and returns the status.
func (c *Client) do(ctx context.Context, r call) (int, error) {
	for attempt := 1; ; attempt++ {
		status, err := c.once(ctx, r)
		wait, passing := r.passing(err)
		if !passing || attempt >= c.attempts() || !c.pause(ctx, attempt, wait) {
			return status, err
		}
	}
}

// passing reports whether the call may succeed when it is made again, and how long
// the host asks to wait before that.
func (r call) passing(err error) (time.Duration, bool) {
	if p, refused := errors.AsType[*Problem](err); refused {
		proxy := p.Status == http.StatusBadGateway || p.Status == http.StatusGatewayTimeout
		return p.RetryAfter, busy(p.Status) && r.repeat || proxy && r.insist
	}
	_, lost := errors.AsType[noAnswer](err)
	return 0, lost && r.insist
}

// busy reports whether a host answers so that would carry out the call later.
func busy(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable
}

// noAnswer is an error of a connection: the host may have done what was asked, or not.
type noAnswer struct{ error }

func (n noAnswer) Unwrap() error { return n.error }

func (c *Client) attempts() int {
	if c.Attempts > 0 {
		return c.Attempts
	}
	return 4
}

// pause waits before the next attempt, and reports false when there should be
// none. The wait is random, so that clients that were refused together do not come
// back together.
func (c *Client) pause(ctx context.Context, attempt int, asked time.Duration) bool {
	longest := c.MaxWait
	if longest <= 0 {
		longest = 30 * time.Second
	}
	if asked > longest {
		return false
	}
	step := text.Backoff(time.Second/4, longest, attempt)
	timer := time.NewTimer(min(asked+rand.N(step), longest))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (c *Client) once(ctx context.Context, r call) (int, error) {
	request, err := c.request(ctx, r)
	if err != nil {
		return 0, err
	}
	response, err := c.sender().Do(request)
	if err != nil {
		return 0, noAnswer{fmt.Errorf("%s %s: %w", r.method, r.path, err)}
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes+1))
	if err != nil {
		return response.StatusCode, noAnswer{fmt.Errorf("%s %s: read the answer: %w", r.method, r.path, err)}
	}
	if len(body) > maxAnswerBytes {
		return response.StatusCode, fmt.Errorf("%s %s: the answer has more than %d bytes", r.method, r.path, maxAnswerBytes)
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		return response.StatusCode, problemOf(response, body)
	}
	if r.tag != nil {
		*r.tag = response.Header.Get("ETag")
	}
	return response.StatusCode, r.decode(body)
}

func (c *Client) sender() *http.Client {
	if c.HTTP != nil {
		return c.HTTP
	}
	return http.DefaultClient
}

func (c *Client) request(ctx context.Context, r call) (*http.Request, error) {
	target := strings.TrimSuffix(c.URL, "/") + r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, r.method, target, bytes.NewReader(r.body))
	if err != nil {
		return nil, fmt.Errorf("call %s: %w", target, err)
	}
	for name, values := range r.header {
		request.Header[name] = values
	}
	if c.Key != "" {
		request.Header.Set("Authorization", "Bearer "+c.Key)
	}
	return request, nil
}

func (r call) decode(body []byte) error {
	switch into := r.into.(type) {
	case nil:
		return nil
	case *[]byte:
		*into = body
		return nil
	default:
		if err := json.Unmarshal(body, into); err != nil {
			return fmt.Errorf("%s %s: decode the answer: %w", r.method, r.path, err)
		}
		return nil
	}
}

// problemOf reads an answer that is an error. One that is not a problem document,
// as a proxy may send, becomes one.
func problemOf(response *http.Response, body []byte) *Problem {
	p := &Problem{RetryAfter: text.ParseRetryAfter(response.Header.Get("Retry-After"), time.Now())}
	if mediaType(response) != host.ProblemType || json.Unmarshal(body, &p.ProblemDetails) != nil {
		p.ProblemDetails = host.ProblemDetails{
			Title:  "The answer is not the host's",
			Detail: fmt.Sprintf("%s answered %s, which is not an answer of Usher", response.Request.URL.Host, response.Status),
			Hint:   "check the URL: something else may listen there, or a proxy stand between",
		}
		if bytes.Contains(body, []byte("HTTP request to an HTTPS server")) { // the words of net/http
			p.Hint = "it speaks TLS there: use a URL with https://"
		}
	}
	p.Status = response.StatusCode
	return p
}

func mediaType(response *http.Response) string {
	kind, _, _ := strings.Cut(response.Header.Get("Content-Type"), ";")
	return strings.TrimSpace(kind)
}

// get fills into from a path.
func (c *Client) get(ctx context.Context, path string, query url.Values, into any) error {
	_, err := c.do(ctx, call{method: http.MethodGet, path: path, query: query, repeat: true, into: into})
	return err
}

// send sends body as JSON, nothing when it is nil.
func (c *Client) send(ctx context.Context, method, path string, body, into any) error {
	r := call{method: method, path: path, into: into, repeat: method == http.MethodPut || method == http.MethodDelete}
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("%s %s: encode the request: %w", method, path, err)
		}
		r.body = encoded
		r.header = http.Header{"Content-Type": {"application/json"}}
	}
	_, err := c.do(ctx, r)
	return err
}

// path joins segments below /v1, each escaped.
func path(segments ...string) string {
	var b strings.Builder
	b.WriteString("/v1")
	for _, s := range segments {
		b.WriteByte('/')
		b.WriteString(url.PathEscape(s))
	}
	return b.String()
}

// params are query parameters without the empty ones.
func params(pairs ...string) url.Values {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			values.Set(pairs[i], pairs[i+1])
		}
	}
	return values
}

// decimal is n, or nothing for 0.
func decimal[T int | int64](n T) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(int64(n), 10)
}
