package tape

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/usherhost/usher/host"
)

// covering puts placeholders where code goes on with a value: into the event that a
// replay runs on.
type covering struct {
	masker       *Masker
	values       map[string]string // by token
	placeholders map[string]string // likewise
}

// event returns an event's body with placeholders.
func (c covering) event(body []byte) json.RawMessage {
	if c.masker == nil || !json.Valid(body) { // what is not valid never was accepted
		return body
	}
	return rewrite(body, nil, func(l leaf) leaf {
		if p := c.masker.find(l.keys); p != nil {
			l.value = c.placeholders[c.masker.token(p, l)]
			return l
		}
		l.value = c.text(l.value)
		return l
	})
}

// settings returns settings with placeholders.
func (c covering) settings(s host.Settings) (covered host.Settings, err error) {
	b, err := json.Marshal(s)
	if err != nil {
		return s, fmt.Errorf("export tape: %w", err)
	}
	b = rewrite(b, nil, func(l leaf) leaf {
		if l.number {
			return l
		}
		return l.as(c.text(l.value))
	})
	if err := json.Unmarshal(b, &covered); err != nil {
		return s, fmt.Errorf("export tape: %w", err)
	}
	return covered, nil
}

// user returns the id of the event's user, which is in its body too.
func (c covering) user(id string) string {
	if c.masker != nil {
		if token, known := c.masker.personal[datum{value: id}]; known {
			return c.placeholders[token]
		}
	}
	return c.text(id)
}

// text returns a string with placeholders for what is masked in it.
func (c covering) text(s string) string {
	if c.masker == nil {
		return s
	}
	if token, known := c.masker.short[s]; known {
		return c.placeholders[token]
	}
	s = replaceForms(s, c.masker.forms, c.instead)
	var b strings.Builder
	at := 0
	for _, m := range c.masker.redactor.Find(s) {
		b.WriteString(s[at:m.From])
		b.WriteString(c.instead(m.Name, s[m.From:m.To]))
		at = m.To
	}
	b.WriteString(s[at:])
	return b.String()
}

// instead returns what stands for a part of a string that gives away the value of a
// token: the same part of its placeholder, in upper case where that is.
func (c covering) instead(token, found string) string {
	at := strings.Index(strings.ToLower(c.values[token]), strings.ToLower(found))
	if stands := c.placeholders[token]; at < 0 || at+len(found) > len(stands) {
		return placeholder(token, found, true) // it is encoded
	}
	stands := c.placeholders[token][at : at+len(found)]
	b := []byte(stands)
	for i := range b {
		if upper, lower := 'A' <= found[i] && found[i] <= 'Z', 'a' <= found[i] && found[i] <= 'z'; upper && 'a' <= b[i] && b[i] <= 'z' || lower && 'A' <= b[i] && b[i] <= 'Z' {
			b[i] ^= ' '
		}
	}
	return string(b)
}

// expander puts placeholders in the place of tokens in answers: as numbers those of numbers.
type expander struct {
	tokens  *strings.Replacer
	numbers map[string]json.Number
	longest int // placeholder
	room    int // bytes that answers may still become; below 0 there was too little
}

func newExpander(placeholders map[string]string, numbers map[string]json.Number) *expander {
	e := &expander{numbers: numbers, room: MaxBytes}
	var pairs []string
	for _, token := range sortedKeys(placeholders) {
		pairs = append(pairs, token, placeholders[token])
		e.longest = max(e.longest, len(placeholders[token]))
	}
	e.tokens = strings.NewReplacer(pairs...)
	return e
}

// expand returns an answer with placeholders.
func (e *expander) expand(answer json.RawMessage) json.RawMessage {
	if len(answer) == 0 || !json.Valid(answer) {
		return answer
	}
	return rewrite(answer, nil, func(l leaf) leaf {
		if n, is := e.numbers[l.value]; is {
			return leaf{value: string(n), number: true}
		}
		tokens := strings.Count(l.value, secretPrefix) + strings.Count(l.value, maskedPrefix)
		if e.room -= tokens * e.longest; tokens == 0 || e.room < 0 {
			return l
		}
		return l.as(e.tokens.Replace(l.value))
	})
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
