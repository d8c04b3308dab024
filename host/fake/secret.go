package fake

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/usherhost/usher/host/redact"
)

// secrets hides values that no file or terminal should hold.
type secrets struct{ *redact.Redactor }

// newSecrets leaves out values that are only the address of a server: fakes
// distinguish requests by it.
func newSecrets(values map[string]string) secrets {
	hidden := maps.Clone(values)
	maps.DeleteFunc(hidden, func(_, value string) bool { return originOf(value) == strings.TrimSuffix(value, "/") })
	return secrets{redact.New(hidden)}
}

// originOf returns the origin of an address, which is no secret even when the
// rest of it is; "" when value is no address.
func originOf(value string) string {
	u, err := url.Parse(value)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// inText hides secrets in what people read.
func (s secrets) inText(text string) string {
	return s.replace(text, func(text string) string { return text }, func(name string) string { return "[secret " + name + "]" })
}

// inPattern returns the pattern that stands for text, a star for each secret.
func (s secrets) inPattern(text string) string {
	return s.replace(text, escape, func(string) string { return "*" })
}

// replace replaces each secret, and keeps the origin of an address.
func (s secrets) replace(text string, plain, mask func(string) string) string {
	var b strings.Builder
	at := 0
	for _, m := range s.Find(text) {
		b.WriteString(plain(text[at:m.From]))
		if origin := originOf(text[m.From:m.To]); origin != "" {
			b.WriteString(plain(origin + "/"))
		}
		b.WriteString(mask(m.Name))
		at = m.To
	}
	b.WriteString(plain(text[at:]))
	return b.String()
}

// sensitive are the names of values that are always secret.
var sensitive = []string{"access_token", "refresh_token", "id_token", "client_secret", "password", "api_key", "apikey", "secret", "token"}

func isSensitive(name string) bool { return slices.Contains(sensitive, strings.ToLower(name)) }

// each returns a JSON value with f applied to its strings, and mask in place of
// those whose name marks them as secret.
func each(value any, name, mask string, f func(string) string) any {
	switch value := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(value))
		for key, v := range value {
			out[key] = each(v, key, mask, f)
		}
		return out
	case []any:
		out := make([]any, len(value))
		for i, v := range value {
			out[i] = each(v, name, mask, f)
		}
		return out
	case string:
		if isSensitive(name) {
			return strings.ReplaceAll(mask, "NAME", name)
		}
		return f(value)
	default:
		return value
	}
}

// fakeFor returns a fake that would answer the request, with an empty 200.
func (s secrets) fakeFor(r *sent) Fake {
	return Fake{
		Request:  Request{Method: s.inText(r.method), URL: s.inPattern(r.url), Body: s.bodyPattern(r)},
		Response: Response{Status: http.StatusOK},
	}
}

// describe describes a request without secrets.
func (s secrets) describe(r *sent) *Sent {
	one := &Sent{Method: s.inText(r.method), URL: s.inText(r.url)}
	for name, values := range r.header {
		if one.Headers == nil {
			one.Headers = Headers{}
		}
		for _, value := range values {
			key := s.inText(strings.ToLower(name))
			one.Headers[key] = append(one.Headers[key], s.inText(value))
		}
	}
	if utf8.Valid(r.body) {
		one.Body = s.inText(string(r.body))
	} else {
		one.BodyBase64 = s.Bytes(r.body)
	}
	return one
}

// bodyPattern returns what a fake says of the request's body: nothing when it
// is no text.
func (s secrets) bodyPattern(r *sent) any {
	if len(r.body) == 0 || !utf8.Valid(r.body) {
		return nil
	}
	values, ok := r.values()
	if !ok {
		return s.inPattern(string(r.body))
	}
	switch values.(type) {
	case map[string]any, []any:
		if pattern := each(values, "", "*", s.inPattern); len(s.Find(encode(pattern))) == 0 {
			return pattern
		} // a key or a number gives a secret away
	}
	return s.inPattern(string(r.body)) // a JSON text or number: a pattern of its own would be read as text
}

// hideJSON returns data without secrets, nil when it is no JSON object or list.
func (s secrets) hideJSON(data []byte) json.RawMessage {
	var value any
	if json.Unmarshal(data, &value) != nil {
		return nil
	}
	switch value.(type) {
	case map[string]any, []any:
	default:
		return nil
	}
	hidden, err := json.Marshal(each(value, "", "masked-NAME", s.inText))
	if err != nil {
		return nil
	}
	return s.JSON(hidden)
}
