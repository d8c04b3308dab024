package redact

import (
	"regexp"
	"strings"
)

// Masked stands for what looks like a credential.
const Masked = "(masked)"

// Credentials masks what looks like a credential, also one of others: by its form, or
// by its name before a colon or an equals sign, as JSON, headers and forms have it. The
// text may be cut anywhere. What [Redactor.Text] has put in place of a secret stays.
func Credentials(text string) string {
	text = form.ReplaceAllString(text, Masked)
	return named.ReplaceAllStringFunc(text, func(found string) string {
		parts := named.FindStringSubmatch(found)
		if strings.Contains(parts[2], secretMark) {
			return found
		}
		return parts[1] + `"` + Masked + `"`
	})
}

// secretMark begins what stands in place of a secret.
const secretMark = "[secret "

// IsCredential reports whether text has a credential that is recognized by its form.
func IsCredential(text string) bool { return form.MatchString(text) }

// form matches values that are recognized by their form: JSON web tokens,
// PEM keys, bearer tokens, our own keys and those of well-known services, and the
// user part of a URL.
var form = regexp.MustCompile(`eyJ[\w-]{8,}\.[\w-]+\.[\w-]*` +
	`|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*` +
	`|(?i:bearer|basic)\s+[\w.~+/=-]{8,}` +
	`|usher_[0-9a-z]{20,}` +
	`|\b(?:sk|pk|rk|whsec|xox[abposr]|gh[pousr]|glpat|AKIA|ASIA)[_-]?[A-Za-z0-9_-]{12,}` +
	`|://[^\s/@"]+:[^\s/@"]+@`)

// named matches the name and the value of a secret in text, also at its end.
var named = regexp.MustCompile(`(?i)([\w.-]*(?:password|passwd|passphrase|passcode|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|` +
	`authorization|credential|cookie|session|assertion|signature)[\w.-]*["']?\s*[:=>]+\s*)(\{[^}]*\}?|\[[^\]]*\]?|"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[^\s,&}<"']+)`)
