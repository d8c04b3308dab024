package fake

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/usherhost/usher/host"
)

// maxRedirects is how many redirects are followed, as when requests are sent.
const maxRedirects = 5

// Set answers requests with fakes, each as often as it may. It is safe for
// concurrent use.
type Set struct {
	fakes []Fake
	hide  secrets

	mu     sync.Mutex // guards used, sent and missed
	used   []int      // how often each fake has answered
	sent   []*Sent
	missed []Missed
}

// NewSet returns a set of fakes. The values of secrets are hidden in what it
// reports requests that none matched.
func NewSet(fakes []Fake, secrets map[string]string) *Set {
	return &Set{fakes: fakes, used: make([]int, len(fakes)), hide: newSecrets(secrets)}
}

// Sent is a request that came, answered or not. The values of secrets are
// replaced by "[secret NAME]".
type Sent struct {
	Method     string  `json:"method"`
	URL        string  `json:"url"`
	Headers    Headers `json:"headers,omitempty"` // names in lower case
	Body       string  `json:"body,omitempty"`
	BodyBase64 []byte  `json:"body_base64,omitempty"` // of a body that is no text
	Status     int     `json:"status,omitempty"`      // of the answer; 0 when it failed
}

// Sent returns the requests that came, in their order, redirects included.
func (s *Set) Sent() []Sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Sent, len(s.sent))
	for i, one := range s.sent {
		list[i] = *one
	}
	return list
}

// note keeps a request, whose status may be set until the set is asked.
func (s *Set) note(request *sent) *Sent {
	one := s.hide.describe(request)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, one)
	return one
}

// Missed is a request that no fake answered.
type Missed struct {
	Request string `json:"request"`       // method and address
	Why     string `json:"why,omitempty"` // what keeps the nearest fake from answering
	Fake    Fake   `json:"fake"`          // that would answer it
}

// Missed returns the requests that no fake answered, in their order.
func (s *Set) Missed() []Missed {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Missed(nil), s.missed...)
}

// Unused returns the places of the fakes that never answered, from 0.
func (s *Set) Unused() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	var unused []int
	for i, n := range s.used {
		if n == 0 {
			unused = append(unused, i)
		}
	}
	return unused
}

// Send answers r, redirects included, and sends nothing. Exactly one of the two
// answers is nil. A request that no fake matches fails with the code network.
func (s *Set) Send(ctx context.Context, r *host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure) {
	if u, err := url.Parse(r.URL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, &host.EgressFailure{Code: host.EgressInvalid, Message: "the request's URL is not one of http or https"}
	}
	request := &sent{method: strings.ToUpper(cmp.Or(r.Method, http.MethodGet)), url: canonical(r.URL), header: r.Header, body: r.Body}
	for requests := int64(1); ; requests++ {
		response, failure := s.answer(ctx, request, r)
		if failure != nil {
			failure.Requests = requests
			return nil, failure
		}
		response.Requests = requests
		next := redirected(response)
		if next == "" || r.Redirect == host.RedirectManual {
			return response, nil
		}
		if failure := refuseRedirect(r, request.url, next, requests); failure != nil {
			failure.Requests = requests
			return nil, failure
		}
		request = request.follow(next, response.Status)
	}
}

// answer answers one hop.
func (s *Set) answer(ctx context.Context, request *sent, r *host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure) {
	one := s.note(request)
	f, failure := s.take(request)
	if failure != nil {
		return nil, failure
	}
	if failure := f.wait(ctx, r.Timeout); failure != nil {
		return nil, failure
	}
	response := f.Response.http(request.url)
	if r.MaxResponseBytes > 0 && int64(len(response.Body)) > r.MaxResponseBytes {
		return nil, &host.EgressFailure{
			Code: host.EgressLimit, Limit: "response_bytes",
			Message: fmt.Sprintf("the fake's body has more than %d bytes", r.MaxResponseBytes),
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	one.Status = response.Status
	return response, nil
}

// take returns the fake that answers, and counts it.
func (s *Set) take(request *sent) (*Fake, *host.EgressFailure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	nearest, why := 0, ""
	for i := range s.fakes {
		f := &s.fakes[i]
		near, reason := f.Request.match(request)
		if near == matched && (f.Times == 0 || s.used[i] < f.Times) {
			s.used[i]++
			return f, nil
		}
		if near == matched {
			reason = fmt.Sprintf("it has answered %d times, and may not more often", f.Times)
		}
		if near > max(nearest, nearURL) {
			nearest, why = near, fmt.Sprintf("fake %d is the nearest, but %s", i+1, reason)
		}
	}
	m := Missed{Request: s.hide.inText(request.method) + " " + s.hide.inPattern(request.url), Why: s.hide.inText(why), Fake: s.hide.fakeFor(request)}
	s.missed = append(s.missed, m)
	message := "no fake answers " + s.hide.inText(request.method) + " " + s.hide.inText(request.url)
	if m.Why != "" {
		message += ": " + m.Why
	}
	return nil, &host.EgressFailure{Code: host.EgressNetwork, Message: message}
}

// wait waits for the fake's delay, and fails if the fake has an error or the time
// runs out.
func (f *Fake) wait(ctx context.Context, timeout time.Duration) *host.EgressFailure {
	delay := time.Duration(f.DelayMillis) * time.Millisecond
	late := timeout > 0 && delay >= timeout
	if late {
		delay = timeout
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return &host.EgressFailure{Code: host.EgressTimeout, Message: "the run ended before the fake had answered"}
	}
	switch {
	case late:
		return &host.EgressFailure{Code: host.EgressTimeout, Message: "the fake did not answer in time (limit " + timeout.String() + ")"}
	case f.Error == host.EgressTimeout:
		return &host.EgressFailure{Code: host.EgressTimeout, Message: "the fake says: no answer in time"}
	case f.Error != "":
		return &host.EgressFailure{Code: f.Error, Message: "the fake says: connection refused"}
	}
	return nil
}

// http returns the response as the network would have brought it from address.
func (r *Response) http(address string) *host.HTTPResponse {
	out := &host.HTTPResponse{Status: cmp.Or(r.Status, http.StatusOK), Header: http.Header{}, URL: address}
	for name, values := range r.Headers {
		for _, value := range values {
			out.Header.Add(name, value)
		}
	}
	switch {
	case r.JSON != nil:
		out.Body = r.JSON
		if out.Header.Get("Content-Type") == "" {
			out.Header.Set("Content-Type", "application/json")
		}
	case r.BodyBase64 != nil:
		out.Body = r.BodyBase64
	default:
		out.Body = []byte(r.Body)
	}
	return out
}

// redirected returns where a response sends its reader, "" when nowhere.
func redirected(r *host.HTTPResponse) string {
	switch r.Status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return ""
	}
	location, base := r.Header.Get("Location"), r.URL
	from, err := url.Parse(base)
	if err != nil || location == "" {
		return ""
	}
	to, err := from.Parse(location)
	if err != nil {
		return ""
	}
	return canonical(to.String())
}

func refuseRedirect(r *host.HTTPRequest, from, next string, requests int64) *host.EgressFailure {
	switch {
	case strings.HasPrefix(from, "https:") && strings.HasPrefix(next, "http:"):
		return &host.EgressFailure{Code: host.EgressRefused, Message: originOf(from) + " redirects to " + originOf(next) + ", which is not encrypted"}
	case r.Redirect == host.RedirectError:
		return &host.EgressFailure{Code: host.EgressNetwork, Message: "the fake redirects, and the request forbids it"}
	case requests > maxRedirects:
		return &host.EgressFailure{Code: host.EgressNetwork, Message: fmt.Sprintf("the fakes redirect more than %d times", maxRedirects)}
	case requests >= r.MaxRequests || r.Redirected != nil && !r.Redirected():
		return &host.EgressFailure{
			Code: host.EgressLimit, Limit: "http_requests",
			Message: fmt.Sprintf("the run has sent %d requests with its redirects (limit reached)", requests),
		}
	}
	return nil
}

// follow returns the request that a redirect of this one makes, as the network does.
func (s *sent) follow(next string, status int) *sent {
	post := s.method == http.MethodPost && (status == http.StatusMovedPermanently || status == http.StatusFound)
	changed := post || status == http.StatusSeeOther && s.method != http.MethodGet && s.method != http.MethodHead
	to := &sent{method: s.method, url: next, header: host.RedirectedHeader(s.header, !changed, originOf(next) == originOf(s.url)), body: s.body}
	if changed {
		to.method, to.body = http.MethodGet, nil
	}
	return to
}
