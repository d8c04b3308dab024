package ingress

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// masked stands for what looks like a credential.
const masked = `"(masked)"`

// maxShown is how much of a body that is not JSON is shown.
const maxShown = 64 << 10

// maskBody returns a body without credentials: as JSON, or as text when it is not
// JSON; both are empty for a body that is not text.
func maskBody(body []byte) (json.RawMessage, string) {
	body = trimMark(body)
	if checkJSON(body) == nil {
		return maskValue(nil, body, ""), ""
	}
	text := string(body[:min(len(body), maxShown)])
	if len(text) < len(body) { // it may have been cut within a letter
		text = strings.ToValidUTF8(text, "")
	}
	if !utf8.ValidString(text) {
		return nil, ""
	}
	text = credential.ReplaceAllString(text, "(masked)")
	return nil, textSecret.ReplaceAllString(text, "${1}"+masked)
}

// maskValue appends a JSON value that stands at key, and is valid.
func maskValue(out, value []byte, key string) []byte {
	if value = bytes.TrimSpace(value); isSensitive(key) && string(value) != "null" {
		return append(out, masked...)
	}
	switch value[0] {
	case '{':
		out = append(out, '{')
		for name, below := range members(value) {
			if out[len(out)-1] != '{' {
				out = append(out, ',')
			}
			var key string
			_ = json.Unmarshal(name, &key)
			out = maskValue(append(append(out, name...), ':'), below, key)
		}
		return append(out, '}')
	case '[':
		out = append(out, '[')
		for below := range elements(value) {
			if out[len(out)-1] != '[' {
				out = append(out, ',')
			}
			out = maskValue(out, below, "")
		}
		return append(out, ']')
	case '"':
		var text string
		if json.Unmarshal(value, &text) == nil && credential.MatchString(text) {
			return append(out, masked...)
		}
	}
	return append(out, value...)
}

// sensitive are parts of the names of credentials; data_base64 may contain any of
// them.
var sensitive = []string{
	"password", "passwd", "passphrase", "passcode", "pwd", "secret", "token", "apikey", "accesskey", "privatekey", "signingkey",
	"authorization", "credential", "cookie", "session", "bearer", "jwt", "assertion", "signature", "cardnumber", "database64",
}

// sensitiveWhole are names of credentials that are also parts of plain words.
var sensitiveWhole = []string{"pwd", "pin", "otp", "ssn", "cvv", "code", "nonce", "state", "hash", "salt"}

// plainNames contain one of those parts, and name no credential.
var plainNames = []string{"lastpasswordreset", "tokentype", "sessioncount"}

func isSensitive(key string) bool {
	plain := strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == '.' || r == ' ' {
			return -1
		}
		return unicode.ToLower(r)
	}, key)
	contained := func(part string) bool { return strings.Contains(plain, part) }
	return slices.Contains(sensitiveWhole, plain) || slices.ContainsFunc(sensitive, contained) && !slices.Contains(plainNames, plain)
}

// credential matches values that are recognised by their form: JSON web tokens,
// PEM keys, bearer tokens, our own keys and those of well-known services, and the
// user part of a URL.
var credential = regexp.MustCompile(`eyJ[\w-]{8,}\.[\w-]+\.[\w-]*` +
	`|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*` +
	`|(?i:bearer|basic)\s+[\w.~+/=-]{8,}` +
	`|usher_[0-9a-z]{20,}` +
	`|\b(?:sk|pk|rk|whsec|xox[abposr]|gh[pousr]|glpat|AKIA|ASIA)[_-]?[A-Za-z0-9_-]{12,}` +
	`|://[^\s/@"]+:[^\s/@"]+@`)

// textSecret matches the name and the value of a secret in text that is not JSON,
// also at its end.
var textSecret = regexp.MustCompile(`(?i)([\w.-]*(?:password|passwd|passphrase|passcode|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|` +
	`authorization|credential|cookie|session|assertion|signature)[\w.-]*["']?\s*[:=>]+\s*)(?:\{[^}]*\}?|\[[^\]]*\]?|"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[^\s,&}<"']+)`)
