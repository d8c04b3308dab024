package guest

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// substitutions are strings of answers that were fetched again, such as access tokens,
// each with the string that stood in its place when the answer was first fetched. A
// request in whose headers alone they differ is the same request. In a URL or a body
// they may name what the request is about. A short one could be anything: it counts as a
// whole word of a header that carries credentials.
type substitutions struct {
	first map[string]string
	short map[string]string
}

// The bounds of what is taken for such a string.
const (
	minSubstituted   = 8
	maxSubstituted   = 16 << 10
	maxSubstitutions = 64
)

// learn compares two answers to the same request, the earlier one first.
func (s *substitutions) learn(before, now *httpAnswer) {
	b, n := cookies(before), cookies(now)
	for i := range min(len(b), len(n)) {
		if b[i].Name == n[i].Name {
			s.add(b[i].Value, n[i].Value)
		}
	}
	s.learnBody(before, now)
}

// cookies returns the cookies that an answer sets.
func cookies(a *httpAnswer) []*http.Cookie {
	return (&http.Response{Header: canonical(a.Headers)}).Cookies()
}

func (s *substitutions) learnBody(before, now *httpAnswer) {
	if before.Body == nil || now.Body == nil {
		return
	}
	var b, n any
	if json.Unmarshal([]byte(*before.Body), &b) == nil && json.Unmarshal([]byte(*now.Body), &n) == nil {
		s.compare(b, n)
	} else {
		s.add(strings.TrimSpace(*before.Body), strings.TrimSpace(*now.Body))
	}
}

// compare adds the strings that differ at the same place.
func (s *substitutions) compare(before, now any) {
	switch b := before.(type) {
	case string:
		if n, ok := now.(string); ok {
			s.add(b, n)
		}
	case map[string]any:
		if n, ok := now.(map[string]any); ok {
			for _, name := range slices.Sorted(maps.Keys(b)) {
				s.compare(b[name], n[name])
			}
		}
	case []any:
		if n, ok := now.([]any); ok {
			for i := range min(len(b), len(n)) {
				s.compare(b[i], n[i])
			}
		}
	}
}

func (s *substitutions) add(before, now string) {
	if before == now || before == "" || now == "" ||
		len(now) > maxSubstituted || len(before) > maxSubstituted || len(s.first)+len(s.short) >= maxSubstitutions {
		return
	}
	into := &s.first
	if min(len(now), len(before)) < minSubstituted {
		into = &s.short
	}
	for _, of := range []map[string]string{s.first, s.short} {
		if first, known := of[before]; known {
			before = first
			break
		}
	}
	if *into == nil {
		*into = map[string]string{}
	}
	(*into)[now] = before
}

// credentials are parts of the names of headers that carry credentials.
var credentials = []string{"auth", "cookie", "token", "key", "session", "csrf", "xsrf", "secret"}

func carriesCredentials(header string) bool {
	header = strings.ToLower(header)
	return slices.ContainsFunc(credentials, func(part string) bool { return strings.Contains(header, part) })
}

// replaceWords puts the first strings in the place of later short ones.
func (s *substitutions) replaceWords(value string) string {
	var b strings.Builder
	for {
		end := strings.IndexAny(value, " \t,;=:\"")
		word := value
		if end >= 0 {
			word = value[:end]
		}
		if first, found := s.short[word]; found {
			word = first
		}
		b.WriteString(word)
		if end < 0 {
			return b.String()
		}
		b.WriteByte(value[end])
		value = value[end+1:]
	}
}

// replacer puts the first strings in the place of the later ones.
func (s *substitutions) replacer() *strings.Replacer {
	var pairs []string
	for _, now := range slices.SortedFunc(maps.Keys(s.first), longestFirst) {
		pairs = append(pairs, now, s.first[now])
	}
	return strings.NewReplacer(pairs...)
}

// replaceIn returns the JSON of a call with the first strings, as far as JSON does not
// escape them.
func (s *substitutions) replaceIn(request json.RawMessage) json.RawMessage {
	if len(s.first) == 0 {
		return request
	}
	return json.RawMessage(s.replacer().Replace(string(request)))
}

// replace puts the first strings into the headers of a request.
func (s *substitutions) replace(q *httpRequest) {
	if len(s.first)+len(s.short) == 0 {
		return
	}
	r := s.replacer()
	headers := make(headerValues, len(q.Headers))
	for name, values := range q.Headers {
		for _, value := range values {
			if len(s.short) > 0 && carriesCredentials(name) {
				value = s.replaceWords(value)
			}
			headers[name] = append(headers[name], r.Replace(value))
		}
	}
	q.Headers = headers
}

func longestFirst(a, b string) int {
	return cmp.Or(len(b)-len(a), strings.Compare(a, b))
}
