package ingress

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/usherhost/usher/host/redact"
)

// masked stands for what looks like a credential.
const masked = `"` + redact.Masked + `"`

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
	return nil, redact.Credentials(text)
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
		if json.Unmarshal(value, &text) == nil && redact.IsCredential(text) {
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
