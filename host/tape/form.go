package tape

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// form is how a value is often written. It is looked for as it stands, so that a
// token's place depends on nothing around it; package redact finds all others.
type form struct {
	text          string
	before, after int // characters around it that have bits of the value
	token         string
	word          bool // it counts only where no letter or digit stands beside it
}

// formsOf returns the forms of a value.
func formsOf(value, token string) []form {
	var forms []form
	add := func(before, after int, text string) {
		f := form{text: text, before: before, after: after, token: token}
		if len(text) >= shortBytes && !slices.Contains(forms, f) {
			forms = append(forms, f)
		}
	}
	query := url.QueryEscape(value)
	component := strings.NewReplacer("+", "%20", "%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*").Replace(query)
	for _, text := range []string{
		value, strings.ToLower(value), strings.ToUpper(value), query, component, url.PathEscape(value),
		strings.Trim(string(quote(value)), `"`), plainQuote(value), hex.EncodeToString([]byte(value)), strings.ToUpper(hex.EncodeToString([]byte(value))),
	} {
		add(0, 0, text)
	}
	for _, alphabet := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for shift := range 3 { // bytes before the value in its group of three
			text := alphabet.EncodeToString(append(make([]byte, shift), value...))
			first, before := (8*shift+5)/6, min(shift, 1)
			last, after := 8*(shift+len(value))/6, min((shift+len(value))%3, 1)
			if first < last {
				add(before, after, text[first:last])
			}
		}
	}
	return forms
}

// plainQuote returns a string as JSON has it where < and > are not escaped.
func plainQuote(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string has a JSON form
	return strings.Trim(strings.TrimSpace(b.String()), `"`)
}

// sortForms puts the longest form first: it is the one that counts where several are.
func sortForms(forms []form) {
	slices.SortFunc(forms, func(a, b form) int {
		return cmp.Or(cmp.Compare(len(b.text), len(a.text)), cmp.Compare(b.before+b.after, a.before+a.after), strings.Compare(a.token, b.token))
	})
}

// itself is the token of a form.
func itself(token, _ string) string { return token }

// found is a place in a string where a form stands.
type found struct {
	from, to int
	form     int
}

// replaceForms puts what with returns for a token and what stands there in the place of
// forms, which are sorted.
func replaceForms(s string, forms []form, with func(token, there string) string) string {
	var all []found
	for i, f := range forms {
		for at := 0; ; {
			n := strings.Index(s[at:], f.text)
			if n < 0 {
				break
			}
			at += n
			if end := at + len(f.text); !f.word || !isLetter(s[:at], true) && !isLetter(s[end:], false) {
				all = append(all, found{max(at-f.before, 0), min(end+f.after, len(s)), i})
			}
			at += len(f.text)
		}
	}
	if all == nil {
		return s
	}
	var taken []found
	covered := make([]bool, len(s))
	for _, f := range all { // the longest first
		if slices.Contains(covered[f.from:f.to], true) {
			continue
		}
		for i := f.from; i < f.to; i++ {
			covered[i] = true
		}
		taken = append(taken, f)
	}
	slices.SortFunc(taken, func(a, b found) int { return cmp.Compare(a.from, b.from) })
	var b strings.Builder
	at := 0
	for _, f := range taken {
		b.WriteString(s[at:f.from])
		b.WriteString(with(forms[f.form].token, s[f.from:f.to]))
		at = f.to
	}
	b.WriteString(s[at:])
	return b.String()
}

// isLetter reports whether a string begins, or ends, with a letter or a digit.
func isLetter(s string, atEnd bool) bool {
	c, _ := utf8.DecodeRuneInString(s)
	if atEnd {
		c, _ = utf8.DecodeLastRuneInString(s)
	}
	return len(s) > 0 && (unicode.IsLetter(c) || unicode.IsDigit(c))
}

// personalForms returns the forms of personal data. A value that is short is often a part
// of something else: as it is, it counts as a word of its own only.
func personalForms(d datum, token string) []form {
	if len(d.value) >= longBytes {
		return formsOf(d.value, token)
	}
	if len(d.value) < 2 || len(d.value) < shortBytes && !strings.ContainsFunc(d.value, unicode.IsLetter) {
		return nil
	}
	forms := []form{{text: d.value, token: token, word: true}}
	for _, f := range formsOf(d.value, token) {
		if strings.EqualFold(f.text, d.value) {
			f.word = true
		}
		if !slices.Contains(forms, f) {
			forms = append(forms, f)
		}
	}
	return forms
}
