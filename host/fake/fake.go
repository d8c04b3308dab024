// Package fake answers the HTTP requests of a guest from a file instead of the
// network, and makes such a file from real answers. Whether the guest may send
// a request at all is package egress's business.
package fake

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"github.com/usherhost/usher/host"
)

// Fake is an answer to the requests that it matches. Of several that match, the
// first one answers that has not answered Times times.
type Fake struct {
	Request     Request         `json:"request"`
	Response    Response        `json:"response,omitzero"`
	Times       int             `json:"times,omitempty"`    // how often it answers; 0 is always
	DelayMillis int64           `json:"delay_ms,omitempty"` // before the answer
	Error       host.EgressCode `json:"error,omitempty"`    // "network" or "timeout" in place of a response
}

// Request selects the requests that a fake answers. In each string "*" stands for any
// characters, none included, and "\*" for a star.
type Request struct {
	Method  string            `json:"method,omitempty"` // "" is any
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers,omitempty"` // those that the request must have

	// Body is what the request's body must be. A string is the whole body. An
	// object or a list is what a JSON body, or a form, must have at least: other
	// keys may be there, lists have the same length.
	Body any `json:"body,omitempty"`
}

// Response is what a fake answers. At most one of its bodies is set.
type Response struct {
	Status     int             `json:"status,omitempty"` // 0 is 200
	Headers    Headers         `json:"headers,omitempty"`
	Body       string          `json:"body,omitempty"`
	BodyBase64 []byte          `json:"body_base64,omitempty"`
	JSON       json.RawMessage `json:"json,omitempty"` // sent as application/json, unless Headers have another type
}

// Headers are a response's headers by name.
type Headers map[string]Values

// Values are the values of a header. In a file one value is a string, and
// several are a list.
type Values []string

// UnmarshalJSON implements json.Unmarshaler.
func (v *Values) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*v = Values{one}
		return nil
	}
	var many []string
	if json.Unmarshal(data, &many) != nil {
		return errors.New("a header's value must be a string or a list of strings")
	}
	*v = many
	return nil
}

// MarshalJSON implements json.Marshaler.
func (v Values) MarshalJSON() ([]byte, error) {
	if len(v) == 1 {
		return json.Marshal(v[0])
	}
	return json.Marshal([]string(v))
}

// check returns what is wrong with a fake, nil for nothing.
func (f *Fake) check() error {
	switch {
	case f.Request.URL == "":
		return errors.New("request.url is missing")
	case f.Response.Status != 0 && (f.Response.Status < 200 || f.Response.Status > 599):
		return fmt.Errorf("response.status is %d: it must be from 200 to 599", f.Response.Status)
	case f.Response.bodies() > 1:
		return errors.New("response has more than one of body, body_base64 and json")
	case f.Times < 0:
		return errors.New("times is negative: leave it out to answer always")
	case f.DelayMillis < 0:
		return errors.New("delay_ms is negative")
	case f.Error != "" && f.Error != host.EgressNetwork && f.Error != host.EgressTimeout:
		return fmt.Errorf("error is %q: it must be %q or %q", f.Error, host.EgressNetwork, host.EgressTimeout)
	}
	return checkPattern(f.Request.URL)
}

// checkPattern refuses an address that no request can have.
func checkPattern(pattern string) error {
	if hasStar(pattern) {
		return nil
	}
	u, err := url.Parse(unescape(pattern))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("request.url is %q: it must be an address such as https://api.example.com/users, or have a * in it", pattern)
	}
	return nil
}

func (r *Response) bodies() int {
	n := 0
	for _, set := range []bool{r.Body != "", r.BodyBase64 != nil, r.JSON != nil} {
		if set {
			n++
		}
	}
	return n
}
