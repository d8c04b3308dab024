package fake

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/usherhost/usher/host"
)

// Sender sends requests.
type Sender interface {
	Send(ctx context.Context, r *host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure)
}

// Recorder sends requests through another sender and makes fakes of what came
// back. It is safe for concurrent use.
type Recorder struct {
	sender Sender
	hide   secrets

	mu    sync.Mutex // guards fakes
	fakes []Fake
}

// NewRecorder returns a recorder of what sender gets. The fakes hold neither
// the values of secrets, nor request headers, nor values whose names show that
// they are tokens or passwords.
func NewRecorder(sender Sender, secrets map[string]string) *Recorder {
	return &Recorder{sender: sender, hide: newSecrets(secrets)}
}

// Send sends r and records the answer, a failure in the network included. What
// was refused before it was sent is not recorded.
func (c *Recorder) Send(ctx context.Context, r *host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure) {
	response, failure := c.sender.Send(ctx, r)
	f := c.hide.fakeFor(&sent{method: strings.ToUpper(cmp.Or(r.Method, http.MethodGet)), url: canonical(r.URL), header: r.Header, body: r.Body})
	switch {
	case response != nil:
		f.Response = c.hide.response(response)
	case failure.Code == host.EgressNetwork || failure.Code == host.EgressTimeout:
		f.Response, f.Error = Response{}, failure.Code
	default:
		return response, failure
	}
	c.mu.Lock()
	c.fakes = append(c.fakes, f)
	c.mu.Unlock()
	return response, failure
}

// Fakes returns what was recorded. A request that always got the same answer is
// one fake. One that got several is a fake for each, in their order, of which
// the last answers from then on.
func (c *Recorder) Fakes() []Fake {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []Fake
	var keys []string // the requests of list
	var counts []int  // how often each of list came in a row
	for _, f := range c.fakes {
		key := encode(f.Request)
		last := lastIndex(keys, key)
		if last >= 0 && encode(list[last].Response) == encode(f.Response) && list[last].Error == f.Error {
			counts[last]++
			continue
		}
		if last >= 0 {
			list[last].Times = counts[last]
		}
		list, keys, counts = append(list, f), append(keys, key), append(counts, 1)
	}
	return list
}

func lastIndex(keys []string, key string) int {
	for i, k := range slices.Backward(keys) {
		if k == key {
			return i
		}
	}
	return -1
}

// encode returns v in a form that can be compared.
func encode(v any) string {
	text, _ := json.Marshal(v) // what a fake is made of always has a JSON form
	return string(text)
}

// keptHeaders are those of a response that actions read. The others change with
// every answer, or hold sessions.
var keptHeaders = []string{"Content-Type", "Etag", "Link", "Location", "Retry-After"}

func (s secrets) response(r *host.HTTPResponse) Response {
	out := Response{Status: r.Status}
	for _, name := range keptHeaders {
		for _, value := range r.Header.Values(name) {
			if out.Headers == nil {
				out.Headers = Headers{}
			}
			key := strings.ToLower(name)
			out.Headers[key] = append(out.Headers[key], s.inText(value))
		}
	}
	out.JSON = s.hideJSON(r.Body)
	switch {
	case out.JSON != nil:
	case utf8.Valid(r.Body):
		out.Body = s.inText(string(r.Body))
	default:
		out.BodyBase64 = s.Bytes(r.Body)
	}
	return out
}
