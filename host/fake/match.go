package fake

import (
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// sent is a request as fakes look at it.
type sent struct {
	method string
	url    string // see canonical
	header http.Header
	body   []byte
}

// The steps of a match: the further a fake got, the nearer it was.
const (
	nearURL = iota + 1
	nearMethod
	nearHeader
	nearBody
	matched
)

// match returns how far the request matches r, and why not further.
func (r *Request) match(s *sent) (near int, why string) {
	if !matchURL(r.URL, s.url) {
		return nearURL, "it is for " + r.URL
	}
	if r.Method != "" && !strings.EqualFold(r.Method, s.method) {
		return nearMethod, "it is for " + strings.ToUpper(r.Method)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
		if values := s.header.Values(name); !slices.ContainsFunc(values, func(v string) bool { return glob(r.Headers[name], v) }) {
			return nearHeader, fmt.Sprintf("its header %s is %q", name, r.Headers[name])
		}
	}
	if why := r.matchBody(s); why != "" {
		return nearBody, why
	}
	return matched, ""
}

func (r *Request) matchBody(s *sent) string {
	switch want := r.Body.(type) {
	case nil:
		return ""
	case string:
		if glob(want, string(s.body)) {
			return ""
		}
		return "its body is another string"
	default:
		got, ok := s.values()
		if !ok {
			return "it has a JSON body, and the request has none"
		}
		return contains(want, got, "body")
	}
}

// values returns the request's body as JSON, or as a form.
func (s *sent) values() (any, bool) {
	media, _, _ := mime.ParseMediaType(s.header.Get("Content-Type"))
	if media == "application/x-www-form-urlencoded" {
		return formValues(string(s.body))
	}
	var got any
	err := json.Unmarshal(s.body, &got)
	return got, err == nil
}

func formValues(body string) (any, bool) {
	form, err := url.ParseQuery(body)
	values := make(map[string]any, len(form))
	for name := range form {
		values[name] = form.Get(name)
	}
	return values, err == nil
}

// contains names the place where got lacks something of want, "" for none.
func contains(want, got any, place string) string {
	switch want := want.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			return differs(place, want, got)
		}
		for _, name := range slices.Sorted(maps.Keys(want)) {
			value, there := object[name]
			if !there {
				return "the request lacks " + place + "." + name
			}
			if why := contains(want[name], value, place+"."+name); why != "" {
				return why
			}
		}
		return ""
	case []any:
		return containsList(want, got, place)
	case string:
		if text, ok := got.(string); ok && glob(want, text) {
			return ""
		}
		return differs(place, want, got)
	default: // a number, true, false or null
		if want == got {
			return ""
		}
		return differs(place, want, got)
	}
}

func containsList(want []any, got any, place string) string {
	list, ok := got.([]any)
	if !ok || len(list) != len(want) {
		return differs(place, want, got)
	}
	for i := range want {
		if why := contains(want[i], list[i], fmt.Sprintf("%s[%d]", place, i)); why != "" {
			return why
		}
	}
	return ""
}

func differs(place string, want, got any) string {
	return fmt.Sprintf("its %s is %s, and the request's %s", place, short(want), short(got))
}

// short writes a value for a message.
func short(value any) string {
	const most = 60
	text, _ := json.Marshal(value)
	if len(text) > most {
		return strings.ToValidUTF8(string(text[:most]), "") + "…"
	}
	return string(text)
}

func matchURL(pattern, address string) bool {
	if hasStar(pattern) {
		return glob(pattern, address)
	}
	return canonical(unescape(pattern)) == address
}

// canonical writes an address in the one form in which requests are compared:
// scheme and host in lower case, no default port, a path, no fragment.
func canonical(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	u.Scheme, u.Host, u.Fragment, u.RawFragment = strings.ToLower(u.Scheme), strings.ToLower(u.Host), "", ""
	if port := u.Port(); u.Scheme == "https" && port == "443" || u.Scheme == "http" && port == "80" {
		u.Host = strings.TrimSuffix(u.Host, ":"+port)
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return u.String()
}
