package fake

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// minHiddenChars is the length from which a secret's value is hidden: shorter
// ones would blacken ordinary text.
const minHiddenChars = 4

// secrets hides values that no file or terminal should hold.
type secrets struct {
	text     *strings.Replacer // a value → the secret's name
	patterns *strings.Replacer // an escaped value → a star
}

func newSecrets(values map[string]string) secrets {
	var text, patterns []string
	for name, value := range values {
		if len(value) < minHiddenChars || originOf(value) == strings.TrimSuffix(value, "/") {
			continue // too short to be found in a text, or no secret
		}
		if origin := originOf(value); origin != "" {
			text = append(text, value, origin+"/[secret "+name+"]")
			patterns = append(patterns, escape(value), escape(origin)+"/*")
		}
		quoted := strconv.Quote(value)
		for _, form := range []string{value, url.QueryEscape(value), url.PathEscape(value), quoted[1 : len(quoted)-1]} {
			text = append(text, form, "[secret "+name+"]")
			patterns = append(patterns, escape(form), "*")
		}
	}
	return secrets{strings.NewReplacer(text...), strings.NewReplacer(patterns...)}
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
func (s secrets) inText(text string) string { return s.text.Replace(text) }

// inPattern returns the pattern that stands for text, a star for each secret.
func (s secrets) inPattern(text string) string { return s.patterns.Replace(escape(text)) }

// sensitive are the names of values that are secrets whoever sends them.
var sensitive = []string{"access_token", "refresh_token", "id_token", "client_secret", "password", "api_key", "apikey", "secret", "token"}

func isSensitive(name string) bool { return slices.Contains(sensitive, strings.ToLower(name)) }

// each returns a JSON value with f applied to its texts, and mask in place of
// those whose name tells that they are secrets.
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
		Request:  Request{Method: r.method, URL: s.inPattern(r.url), Body: s.bodyPattern(r)},
		Response: Response{Status: http.StatusOK},
	}
}

// describe tells of a request without secrets.
func (s secrets) describe(r *sent) *Sent {
	one := &Sent{Method: r.method, URL: s.inText(r.url)}
	for name, values := range r.header {
		if one.Headers == nil {
			one.Headers = Headers{}
		}
		for _, value := range values {
			key := strings.ToLower(name)
			one.Headers[key] = append(one.Headers[key], s.inText(value))
		}
	}
	if utf8.Valid(r.body) {
		one.Body = s.inText(string(r.body))
	} else {
		one.BodyBase64 = r.body
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
		return each(values, "", "*", s.inPattern)
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
	return hidden
}
