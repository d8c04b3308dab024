package redact

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// JSON is Bytes for what may be JSON, and is JSON then afterwards, too: with the
// same keys in the same order as far as they give nothing away. What several
// values give away together becomes one string.
func (r *Redactor) JSON(text []byte) []byte {
	if r == nil || len(text) < r.least || len(r.find(text)) == 0 && !r.isInToken(text) {
		return text
	}
	if !json.Valid(text) {
		return r.Bytes(text)
	}
	if out, err := r.tokens(text); err == nil && json.Valid(out) && len(r.find(out)) == 0 {
		return out
	}
	return encode(r.Text(string(text)))
}

// isInToken reports whether a string in JSON gives something away that the JSON does not:
// its escapes are one form more, around those of the string.
func (r *Redactor) isInToken(text []byte) bool {
	if !bytes.Contains(text, []byte(`\\`)) || !json.Valid(text) {
		return false
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	for {
		token, err := d.Token()
		if err != nil {
			return false
		}
		if s, is := token.(string); is && len(r.Find(s)) > 0 {
			return true
		}
	}
}

// tokens returns JSON with each of its strings and numbers redacted.
func (r *Redactor) tokens(text []byte) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var out []byte
	var open []nesting
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		if end, is := token.(json.Delim); is && (end == '}' || end == ']') {
			out, open = append(out, byte(end)), open[:len(open)-1]
			continue
		}
		if n := len(open); n > 0 {
			out = open[n-1].next(out)
		}
		if begin, is := token.(json.Delim); is {
			out, open = append(out, byte(begin)), append(open, nesting{object: begin == '{'})
			continue
		}
		out = append(out, r.token(token)...)
	}
}

// nesting is an object or a list under way.
type nesting struct {
	object bool
	count  int // of keys and values so far
}

// next appends what parts the next key or value from the last one.
func (n *nesting) next(out []byte) []byte {
	n.count++
	switch {
	case n.count == 1:
		return out
	case n.object && n.count%2 == 0:
		return append(out, ':')
	}
	return append(out, ',')
}

func (r *Redactor) token(token json.Token) []byte {
	switch token := token.(type) {
	case string:
		return encode(r.Text(token))
	case json.Number:
		if shown := r.Text(token.String()); shown != token.String() {
			return encode(shown)
		}
		return []byte(token)
	}
	return encode(token)
}

// encode returns v as JSON that differs no more than it must.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // what comes here has a JSON form
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
