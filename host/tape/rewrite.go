package tape

import (
	"bytes"
	"encoding/json"
	"strings"
)

// leaf is a string or a number in JSON.
type leaf struct {
	keys   []string // of the objects that it is in, the outermost first
	value  string   // a string's, or a number's digits
	number bool
	inner  bool // it is in JSON that is a string in JSON
}

// as returns the leaf with another string as its value.
func (l leaf) as(s string) leaf {
	return leaf{keys: l.keys, value: s, number: l.number && s == l.value}
}

// maxDocuments is how deep JSON is looked for in strings of JSON.
const maxDocuments = 3

// rewrite returns valid JSON, which is under keys, with what change returns in the
// place of its leaves. A string that is a JSON object or list is rewritten likewise, and stays a string. What
// does not change stays byte for byte.
func rewrite(message []byte, keys []string, change func(l leaf) leaf) []byte {
	r := rewriter{in: message, keys: keys, change: change}
	r.value()
	if r.out == nil {
		return message
	}
	return append(r.out, message[r.copied:]...)
}

// rewriter goes once through valid JSON.
type rewriter struct {
	in     []byte
	at     int
	out    []byte // nil until something changes
	copied int    // of in
	keys   []string
	depth  int // of documents
	change func(l leaf) leaf
}

// value goes on to the end of the next value.
func (r *rewriter) value() {
	switch r.next() {
	case '{':
		r.members('}', func() {
			key := r.string()
			r.next()
			r.at++ // the colon
			r.keys = append(r.keys, key)
			r.value()
			r.keys = r.keys[:len(r.keys)-1]
		})
	case '[':
		r.members(']', r.value)
	case '"':
		from := r.at
		if value := r.string(); value != "" {
			r.leaf(from, r.changed(value))
		}
	default:
		r.literal()
	}
}

// next goes to what is no blank, and returns it; 0 at the end.
func (r *rewriter) next() byte {
	for ; r.at < len(r.in); r.at++ {
		if c := r.in[r.at]; c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return c
		}
	}
	return 0
}

// members goes through an object or a list.
func (r *rewriter) members(end byte, member func()) {
	r.at++
	for {
		switch r.next() {
		case end:
			r.at++
			return
		case ',':
			r.at++
		case 0:
			return
		default:
			member()
		}
	}
}

// string goes behind the string that begins here, and returns it.
func (r *rewriter) string() string {
	from := r.at
	for r.at++; r.at < len(r.in) && r.in[r.at] != '"'; r.at++ {
		if r.in[r.at] == '\\' {
			r.at++
		}
	}
	r.at = min(r.at+1, len(r.in))
	raw := r.in[from:r.at]
	if bytes.IndexByte(raw, '\\') < 0 && len(raw) > 1 {
		return string(raw[1 : len(raw)-1])
	}
	var s string
	_ = json.Unmarshal(raw, &s) // it is valid
	return s
}

// changed returns what a string changes to; nil when it stays.
func (r *rewriter) changed(value string) *leaf {
	if r.depth < maxDocuments && isDocument(value) {
		inner := rewriter{in: []byte(value), keys: r.keys, depth: r.depth + 1, change: r.change}
		inner.value()
		if inner.out == nil {
			return nil
		}
		return &leaf{value: string(append(inner.out, value[inner.copied:]...))}
	}
	return r.changedLeaf(leaf{keys: r.keys, value: value, inner: r.depth > 0})
}

func (r *rewriter) changedLeaf(l leaf) *leaf {
	changed := r.change(l)
	if changed.value == l.value && changed.number == l.number {
		return nil
	}
	return &changed
}

// literal goes behind a number, true, false or null.
func (r *rewriter) literal() {
	from := r.at
	for r.at < len(r.in) && !strings.ContainsRune(",]} \n\t\r", rune(r.in[r.at])) {
		r.at++
	}
	value := string(r.in[from:r.at])
	if value == "" {
		r.at++ // never in valid JSON
		return
	}
	if c := value[0]; c == '-' || '0' <= c && c <= '9' {
		r.leaf(from, r.changedLeaf(leaf{keys: r.keys, value: value, number: true, inner: r.depth > 0}))
	}
}

// leaf puts a changed value in the place of the one that began at from.
func (r *rewriter) leaf(from int, changed *leaf) {
	switch {
	case changed == nil:
	case changed.number && isNumber(changed.value):
		r.replace(from, []byte(changed.value))
	default:
		r.replace(from, quote(changed.value))
	}
}

func (r *rewriter) replace(from int, with []byte) {
	if r.out == nil {
		r.out = make([]byte, 0, len(r.in)+64)
	}
	r.out = append(append(r.out, r.in[r.copied:from]...), with...)
	r.copied = r.at
}

// quote returns a string as JSON.
func quote(s string) []byte {
	b, _ := json.Marshal(s) // a string has a JSON form
	return b
}

func isNumber(s string) bool {
	var n json.Number
	return json.Unmarshal([]byte(s), &n) == nil && !strings.HasPrefix(s, `"`)
}

// isDocument reports whether a string is a JSON object or list.
func isDocument(s string) bool {
	trimmed := strings.TrimSpace(s)
	return len(trimmed) > 1 && (trimmed[0] == '{' || trimmed[0] == '[') && json.Valid([]byte(trimmed))
}
