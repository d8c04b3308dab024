// Package redact removes the values of secrets from text that people see: logs,
// notes of calls, errors, stacks, hints, outputs and recordings. It alone knows in
// which forms a value is recognized; where text is shown or stored is its callers'
// business. Make a [Redactor] with [New] from the secrets of one action.
//
// # What is recognized
//
// A value is recognized whole, and so is each part of it that has eight bytes in
// a row: a line of a key, what a limit or a write cut off, a prefix that an
// author logs on purpose. The case of ASCII letters and carriage returns make
// no difference. Text is looked through as it is and in these forms, also in
// one of them within another:
//
//   - backslash escapes of JSON, JavaScript, Go, Python, C and shells: \n, \", \/, \x41,
//     \101, \u0041, \u{41}, \U00000041, surrogate pairs
//   - percent-encoding, whichever bytes are encoded, upper and lower case: as
//     encodeURIComponent, encodeURI, escape, forms ("+" for a space) and RFC 3986 write it
//   - character references of HTML and XML: &amp;, &auml;, &#39;, &#x27;
//   - quoted-printable, as in mails: =C3=A4, and lines that end in "="
//   - base64 in the standard and the URL alphabet, padded or not, also where the
//     value stands somewhere in what was encoded, as the password in Basic authorization
//   - hexadecimal digits, upper and lower case, joined or separated by spaces, commas,
//     colons, hyphens and 0x, as in <Buffer 73 65>
//   - lists of bytes as decimal numbers, as in Uint8Array(2) [ 115, 101 ]
//   - characters up to U+00FF as one byte each, as JavaScript's btoa and escape write
//     them, and the other way round: the bytes of UTF-8 as one character each
//
// # What is not
//
//   - Values of less than four bytes: they would match ordinary text.
//   - Less than eight bytes of a longer value. A value of four to seven bytes is
//     recognized as a whole only, and in its own case of letters.
//   - The parts of a value that are not secret: the origin of an http or https URL, unless the
//     value is no more than that; then, and for a host with or without a port, also after an
//     "@", and for the keys and the punctuation of a JSON document, only the whole
//     value is recognized. The strings in a JSON document are values of their own.
//   - Eight equal bytes in a row, unless more of the value stands beside them.
//   - Other transformations: encryption, compression, digests, base32, UTF-16, a
//     value backwards or in pieces of less than eight bytes. An operator trusts an
//     action not to publish its secrets; the redactor is against accidents.
package redact

import (
	"bytes"
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// A value's part is recognized from windowBytes on, a whole value from minBytes.
const (
	windowBytes = 8
	minBytes    = 4
)

// Redactor removes the values of one set of secrets from text. Nil is that of no
// secrets, and leaves text as it is. It is safe for concurrent use.
type Redactor struct {
	labels  []string       // what stands for a secret, the one with the longest value first
	names   []string       // likewise
	windows table          // of all values' parts
	wholes  []whole        // values without a part of their own
	exact   map[string]int // a value, folded → its secret
	least   int            // bytes of the shortest text that is recognized
}

// whole is a value that is recognized as a whole.
type whole struct {
	value  []byte // without carriage returns
	secret int
}

// New returns a redactor of secrets, values by name. It is nil when no value is
// long enough to be recognized.
func New(secrets map[string]string) *Redactor {
	return newRedactor(secrets, func(name string) string { return "[secret " + name + "]" })
}

// NewTokens is New for values by the token that stands for each, also in [Match].
func NewTokens(values map[string]string) *Redactor {
	return newRedactor(values, func(token string) string { return token })
}

func newRedactor(secrets map[string]string, labelOf func(name string) string) *Redactor {
	r := &Redactor{exact: map[string]int{}, least: windowBytes}
	r.names = slices.SortedFunc(maps.Keys(secrets), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(secrets[b]), len(secrets[a])), strings.Compare(a, b))
	})
	for i, name := range r.names {
		r.learn(i, secrets[name], 0)
	}
	if len(r.wholes) == 0 && r.windows.count == 0 {
		return nil
	}
	r.windows.seal()
	r.labels = make([]string, len(r.names))
	for i, name := range r.names {
		r.labels[i] = "[secret]"
		if label := labelOf(name); len(r.find([]byte(label))) == 0 {
			r.labels[i] = label
		}
	}
	return r
}

// maxNesting is how deep a value is looked for in another one.
const maxNesting = 3

// learn adds a value of a secret, and the values that stand in it.
func (r *Redactor) learn(secret int, value string, depth int) {
	for _, form := range spellings(value) {
		r.learnForm(secret, form, depth > 0)
	}
	if depth == maxNesting {
		return
	}
	for _, leaf := range leaves(value) {
		if len(leaf) >= windowBytes {
			r.learn(secret, leaf, depth+1)
		}
	}
}

// spellings are a value's own bytes, what stands for them in a string when they are
// no UTF-8, and what they become where a byte is taken for a character or a
// character for a byte.
func spellings(value string) []string {
	list := []string{value}
	for _, other := range []string{strings.ToValidUTF8(value, "\ufffd"), string([]rune(value)), narrow(value), wide(value)} {
		if !slices.Contains(list, other) {
			list = append(list, other)
		}
	}
	return list
}

// narrow returns a string with one byte for each character that has room in one.
func narrow(value string) string {
	if !utf8.ValidString(value) {
		return value
	}
	var b []byte
	for _, c := range value {
		if c <= math.MaxUint8 {
			b = append(b, byte(c))
		} else {
			b = utf8.AppendRune(b, c)
		}
	}
	return string(b)
}

// wide returns a string with one character for each byte.
func wide(value string) string {
	var b []byte
	for i := range len(value) {
		b = utf8.AppendRune(b, rune(value[i]))
	}
	return string(b)
}

// learnForm adds one spelling of a value. One that stands in another value is not
// recognized as a whole: "token" and "example.com" are words.
func (r *Redactor) learnForm(secret int, value string, inner bool) {
	value = strings.ReplaceAll(value, "\r", "")
	if len(value) < minBytes {
		return
	}
	key := folded(value)
	if _, known := r.exact[key]; known {
		return
	}
	parted := r.windows.add(key, publicIn(value), secret)
	if parted || !inner {
		r.exact[key] = secret
	}
	if parted || inner {
		return
	}
	r.wholes = append(r.wholes, whole{[]byte(value), secret})
	r.least = min(r.least, len(value))
}

// Match is a place in a string that gives away a secret.
type Match struct {
	From, To int // bytes
	Name     string
	secret   int
}

// Find returns the places in text that reveal secrets, in order and without overlaps.
func (r *Redactor) Find(text string) []Match {
	if r == nil || len(text) < r.least {
		return nil
	}
	return r.find([]byte(text))
}

// Text returns text with "[secret NAME]" in place of what gives away a secret.
func (r *Redactor) Text(text string) string {
	matches := r.Find(text)
	if len(matches) == 0 {
		return text
	}
	return r.replace(text, matches)
}

func (r *Redactor) replace(text string, matches []Match) string {
	var b strings.Builder
	at := 0
	for _, m := range matches {
		b.WriteString(text[at:m.From])
		b.WriteString(r.labels[m.secret])
		at = m.To
	}
	b.WriteString(text[at:])
	return b.String()
}

// Bytes is Text for bytes of any kind. In what is no text a star stands for each
// byte of a secret, so that lengths and offsets in it stay right. It returns text
// itself when nothing in it gives away a secret.
func (r *Redactor) Bytes(text []byte) []byte {
	if r == nil || len(text) < r.least {
		return text
	}
	matches := r.find(text)
	if len(matches) == 0 {
		return text
	}
	if utf8.Valid(text) && bytes.IndexByte(text, 0) < 0 {
		return []byte(r.replace(string(text), matches))
	}
	starred := bytes.Clone(text)
	for _, m := range matches {
		for i := m.From; i < m.To; i++ {
			starred[i] = '*'
		}
	}
	return starred
}

// Cut returns the greatest length up to limit at which text may be cut before
// it is redacted: a cut through a secret would leave a part of it that is not
// recognized.
func (r *Redactor) Cut(text string, limit int) int {
	if limit >= len(text) {
		return len(text)
	}
	from := max(0, limit-overlapBytes)
	for _, m := range r.Find(text[from:min(len(text), limit+overlapBytes)]) {
		if from+m.From < limit && limit < from+m.To {
			return from + m.From
		}
	}
	return limit
}
