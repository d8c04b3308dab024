package redact

import (
	"encoding/json"
	"regexp"
	"strings"
)

// Parts of values that are not secret.
var (
	// origins finds "https://", what logs in there, and the host.
	origins = regexp.MustCompile(`(?i)\bhttps?://(?:[^\s/?#"'<>\\@]*@)?[^\s/?#"'<>\\@]+/?`)

	// hostName finds the name or address of a host, alone or after an "@", with or
	// without a port.
	hostName = regexp.MustCompile(`(?:^|@)(?:(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}|localhost|\d{1,3}(?:\.\d{1,3}){3})(?::\d{1,5})?$`)

	// inJSON finds strings, with a colon after keys, and what is between them.
	inJSON = regexp.MustCompile(`"(?:[^"\\]|\\.)*"(\s*:)?|[^"]+`)
)

// Public reports for each byte of a value whether it is no secret by itself, as the
// origin of a URL. See the package's description.
func Public(value string) []bool { return publicIn(value) }

// publicIn reports for each byte of a value whether it is public: no sign of the
// value by itself, and hidden beside what is one.
func publicIn(value string) []bool {
	public := make([]bool, len(value))
	mark := func(from, to int) {
		for i := from; i < to; i++ {
			public[i] = true
		}
	}
	if isDocument(value) {
		for _, m := range inJSON.FindAllStringSubmatchIndex(value, -1) {
			if key := m[2] >= 0; key || value[m[0]] != '"' {
				mark(m[0], m[1])
			}
		}
	}
	if m := hostName.FindStringIndex(value); m != nil {
		mark(m[0], m[1])
	}
	for _, m := range origins.FindAllStringIndex(value, -1) {
		scheme := m[0] + strings.Index(value[m[0]:m[1]], "//") + len("//")
		mark(m[0], scheme)
		at := max(strings.LastIndexByte(value[scheme:m[1]], '@'), 0) // behind what logs in
		mark(scheme+at, m[1])
	}
	return public
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
