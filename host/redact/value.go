package redact

import (
	"encoding/json"
	"regexp"
	"strings"
)

// kind says what a byte of a value is.
type kind uint8

const (
	open   kind = iota // never hidden: the origin of a URL
	public             // hidden beside what is secret, and no sign of the value
	secret
)

// Parts of values that are no secrets.
var (
	// origins finds "https://", what logs in there, and the host.
	origins = regexp.MustCompile(`(?i)\bhttps?://(?:[^\s/?#"'<>\\@]*@)?[^\s/?#"'<>\\@]+/?`)

	// hostName finds the name of a host, alone or after an "@".
	hostName = regexp.MustCompile(`(?:^|@)(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$`)

	// inJSON finds strings, with a colon after keys, and what is between them.
	inJSON = regexp.MustCompile(`"(?:[^"\\]|\\.)*"(\s*:)?|[^"]+`)
)

// kindsOf returns the kind of each byte of a value.
func kindsOf(value string) []kind {
	kinds := make([]kind, len(value))
	mark := func(from, to int, k kind) {
		for i := from; i < to; i++ {
			kinds[i] = k
		}
	}
	mark(0, len(value), secret)
	if isDocument(value) {
		for _, m := range inJSON.FindAllStringSubmatchIndex(value, -1) {
			if key := m[2] >= 0; key || value[m[0]] != '"' {
				mark(m[0], m[1], public)
			}
		}
	}
	if m := hostName.FindStringIndex(value); m != nil {
		mark(m[0], m[1], public)
	}
	for _, m := range origins.FindAllStringIndex(value, -1) {
		scheme := m[0] + strings.Index(value[m[0]:m[1]], "//") + len("//")
		mark(m[0], scheme, open)
		if at := strings.LastIndexByte(value[scheme:m[1]], '@'); at >= 0 {
			mark(scheme+at, m[1], open)
		} else {
			mark(scheme, m[1], open)
		}
	}
	return kinds
}

// isDocument reports whether a value is a JSON object or list.
func isDocument(value string) bool {
	trimmed := strings.TrimSpace(value)
	return trimmed != "" && (trimmed[0] == '{' || trimmed[0] == '[') && json.Valid([]byte(trimmed))
}

// leaves returns the strings and numbers in a JSON document.
func leaves(value string) []string {
	if !isDocument(value) {
		return nil
	}
	d := json.NewDecoder(strings.NewReader(value))
	d.UseNumber()
	var document any
	if d.Decode(&document) != nil {
		return nil
	}
	var found []string
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, one := range v {
				walk(one)
			}
		case []any:
			for _, one := range v {
				walk(one)
			}
		case string:
			found = append(found, v)
		case json.Number:
			found = append(found, v.String())
		}
	}
	walk(document)
	return found
}

// hiddenIn returns what is hidden of a value that is recognized as a whole: all
// but its origin, unless it has nothing else.
func hiddenIn(kinds []kind) []span {
	var spans []span
	for i := 0; i < len(kinds); i++ {
		from := i
		for i < len(kinds) && kinds[i] != open {
			i++
		}
		if i > from {
			spans = append(spans, span{from, i})
		}
	}
	if spans == nil {
		return []span{{0, len(kinds)}}
	}
	return spans
}

// span is bytes From to To of a text, To left out.
type span struct{ from, to int }
