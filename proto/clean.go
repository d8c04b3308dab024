package proto

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode"
)

// DefaultPasswordKeys are the words by which [CleanEvent] recognizes a password, in
// some languages. A
// word of at least 5 letters is found anywhere in a key, a shorter one only as a word of
// its own, as in "new_pass" and "newPass". Case, accents and what divides words do not
// count.
var DefaultPasswordKeys = []string{
	"password", "passwd", "passphrase", "passcode", "pass", "pwd", "pw", "psw",
	"passwort", "kennwort", "motdepasse", "contrasena", "contrasenya", "senha", "wachtwoord", "losenord", "heslo", "haslo", "parola",
}

// minAnywhere is how long a word must be to be found within another.
const minAnywhere = 5

// CleanEvent returns an event that [CheckEvent] let through as a flow that decides gets
// and stores it: in its request, at any depth, without the keys that look like a
// password, and with the objects body and geoip, empty where the
// sender left them out. It is body itself when nothing is to be done. Safe for concurrent
// use.
func CleanEvent(body []byte, passwords *PasswordKeys) []byte {
	c := cleaner{trimmer: trimmer{in: body, out: make([]byte, 0, len(body)+len(`,"body":{},"geoip":{}`))}, passwords: passwords}
	c.space()
	if !c.object(c.event) || !c.dropped {
		return body
	}
	return c.out
}

// DropPasswords returns JSON without the keys that look like a password in each object
// "request", wherever it is. It is body itself when nothing is to be dropped, or when it
// is not JSON. Safe for concurrent use.
func DropPasswords(body []byte, passwords *PasswordKeys) []byte {
	if !json.Valid(body) {
		return body
	}
	c := cleaner{trimmer: trimmer{in: body, out: make([]byte, 0, len(body))}, passwords: passwords}
	c.space()
	if !c.outside() || !c.dropped {
		return body
	}
	return c.out
}

// cleaner copies an event without passwords. dropped says that the copy differs.
type cleaner struct {
	trimmer
	passwords *PasswordKeys
}

// object copies an object: member copies the value of each key, or reports that it is
// left out. It answers false where the text is no JSON.
func (c *cleaner) object(member func(key string) (keep, ok bool)) bool {
	if !c.copy('{') {
		return false
	}
	if c.is('}') {
		return c.copy('}')
	}
	for first := true; ; {
		start := c.at
		if !c.is('"') || !c.skip() {
			return false
		}
		quoted := c.in[start:c.at]
		if c.space(); !c.is(':') {
			return false
		}
		c.at++
		c.space()
		before := len(c.out)
		if !first {
			c.out = append(c.out, ',')
		}
		c.out = append(append(c.out, quoted...), ':')
		keep, ok := member(unquote(quoted))
		if !ok {
			return false
		}
		if keep {
			first = false
		} else {
			c.out, c.dropped = c.out[:before], true
		}
		if c.space(); !c.is(',') {
			return c.copy('}')
		}
		c.at++
		c.space()
	}
}

// event copies a member of the event.
func (c *cleaner) event(key string) (keep, ok bool) {
	if key != "request" || !c.is('{') {
		return true, c.value(nil)
	}
	objects := [...]string{"body", "geoip"}
	var has [len(objects)]bool
	ok = c.object(func(key string) (keep, ok bool) {
		if i := slices.Index(objects[:], key); i >= 0 {
			if has[i] = !bytes.HasPrefix(c.in[c.at:], []byte("null")); !has[i] {
				return false, c.value(nil)
			}
		}
		return c.member(key)
	})
	for i, key := range objects {
		if ok && !has[i] {
			c.add(key)
		}
	}
	return true, ok
}

// add adds an empty object to the object whose end was just copied.
func (c *cleaner) add(key string) {
	c.out, c.dropped = c.out[:len(c.out)-1], true
	if c.out[len(c.out)-1] != '{' {
		c.out = append(c.out, ',')
	}
	c.out = append(c.out, `"`+key+`":{}}`...)
}

// member copies a member that is somewhere in the request.
func (c *cleaner) member(key string) (keep, ok bool) {
	if c.passwords.match(key) {
		return false, c.skip()
	}
	return true, c.any()
}

func (c *cleaner) any() bool {
	switch {
	case c.is('{'):
		return c.object(c.member)
	case c.is('['):
		return c.list(c.any)
	}
	return c.value(nil)
}

// outside copies a value that is not in a request, but may have one in it.
func (c *cleaner) outside() bool {
	switch {
	case c.is('{'):
		return c.object(func(key string) (keep, ok bool) {
			if key == "request" {
				return true, c.any()
			}
			return true, c.outside()
		})
	case c.is('['):
		return c.list(c.outside)
	}
	return c.value(nil)
}

// list copies a list, and each item with item.
func (c *cleaner) list(item func() bool) bool {
	if c.copy('['); c.is(']') {
		return c.copy(']')
	}
	for {
		if !item() {
			return false
		}
		if c.space(); !c.is(',') {
			return c.copy(']')
		}
		c.copy(',')
	}
}

// PasswordKeys recognizes keys that look like a password. It is safe for concurrent use.
type PasswordKeys struct{ anywhere, alone []string }

// NewPasswordKeys returns what recognizes keys by these words, of which those without a
// letter are ignored.
func NewPasswordKeys(words []string) *PasswordKeys {
	p := &PasswordKeys{}
	for _, word := range words {
		word = strings.Join(wordsOf(strings.ToLower(word)), "")
		switch {
		case len(word) >= minAnywhere:
			p.anywhere = append(p.anywhere, word)
		case word != "":
			p.alone = append(p.alone, word)
		}
	}
	return p
}

// match reports whether a key has one of the words in it.
func (p *PasswordKeys) match(key string) bool {
	parts, whole := []string(nil), key
	if !isOneWord(key) {
		parts = wordsOf(key)
		whole = strings.Join(parts, "")
	}
	for _, word := range p.anywhere {
		if strings.Contains(whole, word) {
			return true
		}
	}
	for _, word := range p.alone {
		if whole == word || slices.Contains(parts, word) {
			return true
		}
	}
	return false
}

// isOneWord reports whether a key is itself its only word.
func isOneWord(key string) bool {
	for i := range len(key) {
		if key[i] < 'a' || key[i] > 'z' {
			return false
		}
	}
	return true
}

// wordsOf divides a key into words, in lower case and without accents: at all that is
// no letter, and where a capital follows a small letter.
func wordsOf(key string) []string {
	var words []string
	var word strings.Builder
	end := func() {
		if word.Len() > 0 {
			words = append(words, word.String())
			word.Reset()
		}
	}
	small := false
	for _, r := range key {
		if !unicode.IsLetter(r) {
			end()
			small = false
			continue
		}
		if unicode.IsUpper(r) && small {
			end()
		}
		small = unicode.IsLower(r)
		word.WriteString(withoutAccent(unicode.ToLower(r)))
	}
	end()
	return words
}

// withoutAccent returns a letter without its accent, of the languages that the words come from.
func withoutAccent(r rune) string {
	if r < 0x80 {
		return string(r)
	}
	for _, accented := range []struct{ letters, plain string }{
		{"áàâãäåą", "a"}, {"éèêëęě", "e"}, {"íìîï", "i"}, {"óòôõöø", "o"}, {"úùûü", "u"}, {"ñń", "n"}, {"çć", "c"}, {"śš", "s"}, {"ł", "l"}, {"ß", "ss"},
	} {
		if strings.ContainsRune(accented.letters, r) {
			return accented.plain
		}
	}
	return foldUnicode(string(r))
}
