package tape

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/redact"
)

// Masker puts tokens in the place of what must not be shown: "[secret NAME]" for the
// value of a secret, in every form that package redact knows, and "[masked PATH]" for
// personal data. The same input always gives the same output, so that what a replay does
// with placeholders can be compared with what was recorded. A nil Masker changes
// nothing. It is safe for concurrent use.
type Masker struct {
	key      []byte // of digests
	paths    []path
	personal map[datum]string  // what paths found → its token
	short    map[string]string // secrets that redactor can't recognize in a string → their tokens
	forms    []form
	redactor *redact.Redactor // of values in all other forms
}

// shortBytes is the length of a value from which on redact recognizes it. A shorter one
// is recognized where it is all of a string in JSON.
const shortBytes = 4

// longBytes is the length from which on personal data is recognized within words.
const longBytes = 8

// datum is a string or a number in JSON.
type datum struct {
	value  string
	number bool
}

// ForShowing returns the masker of a tape's secrets.
func ForShowing(t *host.Tape) *Masker { return newMasker(t.Key, secretTokens(t.Secrets), nil, nil) }

// newMasker returns the masker of values by their tokens: of secrets, and of personal
// data.
func newMasker(key []byte, secrets map[string]string, personal map[string]datum, paths []path) *Masker {
	m := &Masker{key: key, paths: paths, personal: map[datum]string{}, short: map[string]string{}}
	for token, value := range secrets {
		if 0 < len(value) && len(value) < shortBytes {
			m.short[value] = token
		}
	}
	values := maps.Clone(secrets)
	for token, d := range personal {
		m.personal[d] = token
		m.forms = append(m.forms, personalForms(d, token)...)
		if len(d.value) >= longBytes {
			values[token] = d.value
		}
	}
	for token, value := range secrets {
		m.forms = append(m.forms, formsOf(value, token)...)
	}
	sortForms(m.forms)
	m.redactor = redact.NewTokens(values)
	return m
}

// secretTokens returns the values of secrets by the tokens that stand for them.
func secretTokens(secrets map[string]string) map[string]string {
	values := make(map[string]string, len(secrets))
	for name, value := range secrets {
		values[secretToken(name)] = value
	}
	return values
}

// Tokens begin so, and end with "]".
const (
	secretPrefix = "[secret "
	maskedPrefix = "[masked "
)

func secretToken(name string) string { return secretPrefix + name + "]" }

func isToken(s string) bool {
	return (strings.HasPrefix(s, secretPrefix) || strings.HasPrefix(s, maskedPrefix)) && strings.HasSuffix(s, "]")
}

// Call returns a call as it may be shown.
func (m *Masker) Call(c host.Call) host.Call {
	if m == nil {
		return c
	}
	if c.Digest == nil {
		c.Digest = Digest(m.key, &c)
	}
	switch c.Function {
	case "secret_get": // its answer may be too short to be recognized
		c.Answer = m.secret(c.Request, c.Answer)
	case "crypto_call": // a digest of what may have a key is no better than the key
		c.Request = withoutDigest(c.Request)
	}
	c.Request, c.Answer = m.message(c.Request), m.message(c.Answer)
	c.RequestCut, c.AnswerCut = withoutSum(c.RequestCut), withoutSum(c.AnswerCut)
	return c
}

// tape returns a tape as it may be shown.
func (m *Masker) tape(t *host.Tape) host.Tape {
	masked := *t
	masked.Key, masked.Secrets = nil, nil
	for name := range t.Secrets {
		if masked.Secrets == nil {
			masked.Secrets = map[string]string{}
		}
		masked.Secrets[name] = secretToken(name)
	}
	masked.Calls, masked.Untaken = m.calls(t.Calls), m.calls(t.Untaken)
	return masked
}

func (m *Masker) calls(calls []host.Call) []host.Call {
	var masked []host.Call
	for _, c := range calls {
		masked = append(masked, m.Call(c))
	}
	return masked
}

// withoutSum returns a mark without the digest, which would show whether a guess is
// right.
func withoutSum(c *host.Cut) *host.Cut {
	if c == nil {
		return nil
	}
	return &host.Cut{Bytes: c.Bytes}
}

// secret returns the answer of a secret that was read, without its value.
func (m *Masker) secret(request, answer json.RawMessage) json.RawMessage {
	var q struct {
		Name string `json:"name"`
	}
	var a struct {
		Value *string `json:"value"`
	}
	if json.Unmarshal(request, &q) != nil || json.Unmarshal(answer, &a) != nil || a.Value == nil {
		return answer
	}
	token := secretToken(q.Name)
	a.Value = &token
	masked, _ := json.Marshal(a) // it has a JSON form
	return masked
}

func withoutDigest(request json.RawMessage) json.RawMessage {
	var q struct {
		Operation string `json:"operation"`
	}
	if json.Unmarshal(request, &q) != nil {
		return request
	}
	masked, _ := json.Marshal(q) // it has a JSON form
	return masked
}

// JSON returns a JSON document as it may be shown; what is not JSON is masked as a string.
func (m *Masker) JSON(message []byte) []byte {
	if m == nil || len(message) == 0 {
		return message
	}
	return m.document(message, nil, false)
}

// document masks JSON that is under keys. Paths may lead to what is in it, or only to
// what is in JSON that it has as strings.
func (m *Masker) document(message []byte, keys []string, innerOnly bool) []byte {
	if json.Valid(message) {
		message = rewrite(message, keys, func(l leaf) leaf {
			if p := m.find(l.keys); p != nil && (l.inner || !innerOnly) {
				return l.as(m.token(p, l))
			}
			if token, is := m.short[l.value]; is && !l.number {
				return l.as(token)
			}
			return l.as(m.redactor.Text(replaceForms(l.value, m.forms, itself)))
		})
	}
	return m.redactor.JSON(message)
}

// message masks a request or an answer. The names in it are the host's: paths lead only
// to what is in JSON that it carries, and to a value by its key.
func (m *Masker) message(message json.RawMessage) json.RawMessage {
	if len(message) == 0 {
		return message
	}
	var q struct {
		Key   string          `json:"key"`
		Value json.RawMessage `json:"value"`
	}
	if len(m.paths) > 0 && json.Unmarshal(message, &q) == nil && q.Key != "" && q.Value != nil && m.find([]string{q.Key}) != nil {
		message = rewrite(message, nil, func(l leaf) leaf {
			if len(l.keys) == 0 || l.keys[0] != "value" {
				return l
			}
			return l.as(m.token(m.find([]string{q.Key}), l))
		})
	}
	return m.document(message, nil, true)
}

// token returns what stands for a value at a path.
func (m *Masker) token(p path, l leaf) string {
	if token, known := m.personal[datum{l.value, l.number}]; known {
		return token
	}
	if isToken(l.value) {
		return l.value
	}
	return personalToken(p, 0)
}

// find returns the path that leads to a value with these keys around it; nil when none
// does.
func (m *Masker) find(keys []string) path {
	for _, p := range m.paths {
		if p.leads(keys) {
			return p
		}
	}
	return nil
}

// Result returns a run's result as it may be shown. It has no secrets in any case.
func (m *Masker) Result(r host.Result) (host.Result, error) {
	if m == nil {
		return r, nil
	}
	output := m.JSON(r.Output)
	r.Output = nil // its base64 would not be base64 afterwards
	b, err := json.Marshal(r)
	if err != nil {
		return r, fmt.Errorf("mask a result: %w", err)
	}
	masked := host.Result{Contacted: r.Contacted}
	if err := json.Unmarshal(m.document(b, nil, true), &masked); err != nil {
		return r, fmt.Errorf("mask a result: %w", err)
	}
	masked.Output = output
	return masked, nil
}

// path is where personal data is in JSON: the keys that lead to it, the last ones.
type path []string

// parsePaths reads paths such as "email" and "user.address".
func parsePaths(all []string) ([]path, error) {
	var paths []path
	for _, one := range all {
		p := path(strings.Split(strings.TrimPrefix(one, "$."), "."))
		if slices.Contains(p, "") {
			return nil, &host.Error{
				Code: host.Invalid, Text: fmt.Sprintf("the path %q to mask has an empty key", one),
				Hint: `name keys as in "email" or "user.address": they are masked wherever they are, with all that is in them`,
			}
		}
		paths = append(paths, p)
	}
	return paths, nil
}

func (p path) String() string { return strings.Join(p, ".") }

// leads reports whether the path is among the keys, in a row.
func (p path) leads(keys []string) bool {
	for i := 0; i+len(p) <= len(keys); i++ {
		if slices.Equal(p, path(keys[i:i+len(p)])) {
			return true
		}
	}
	return false
}

// personalToken stands for the n-th value that a path found, from 1; 0 is any other.
func personalToken(p path, n int) string {
	if n < 2 {
		return maskedPrefix + p.String() + "]"
	}
	return maskedPrefix + p.String() + " " + strconv.Itoa(n) + "]"
}

// personalIn adds to found, by token, what paths find in JSON.
func personalIn(message []byte, paths []path, innerOnly bool, found map[string]datum) {
	if len(paths) == 0 || len(message) == 0 || !json.Valid(message) {
		return
	}
	m := Masker{paths: paths}
	rewrite(message, nil, func(l leaf) leaf {
		p := m.find(l.keys)
		if p == nil || innerOnly && !l.inner {
			return l
		}
		d := datum{l.value, l.number}
		for n := 1; ; n++ {
			token := personalToken(p, n)
			other, taken := found[token]
			if !taken {
				found[token] = d
			}
			if !taken || other == d {
				return l
			}
		}
	})
}
