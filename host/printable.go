package host

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// A name or an id is shown in tables, logs and terminals. A character that does
// something there instead of standing for itself forges what people see: control
// characters move the cursor and begin rows, bidirectional controls turn the order
// of letters around, and invisible ones make two names look alike.

// Printable reports whether r stands for itself wherever a string is shown. Joiners
// do, which Persian and emoji are written with; other control and format
// characters and the separators of lines do not.
func Printable(r rune) bool {
	if r < utf8.RuneSelf {
		return ' ' <= r && r <= '~'
	}
	const zeroWidthNonJoiner, zeroWidthJoiner = '\u200c', '\u200d'
	switch {
	case r == zeroWidthNonJoiner, r == zeroWidthJoiner, unicode.Is(unicode.Prepended_Concatenation_Mark, r):
		return true
	case r > unicode.MaxRune, r&0xfffe == 0xfffe: // no characters
		return false
	}
	return !unicode.In(r, unicode.Cc, unicode.Cf, unicode.Cs, unicode.Zl, unicode.Zp)
}

// Unprintable describes the first character of a name or an id that is not
// [Printable], as in "must have no control or
// invisible characters, but has U+202E". It returns "" when
// there is none.
func Unprintable(s string) string {
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !isReplacement(s[i:]):
			return "must be UTF-8"
		case !Printable(r):
			return fmt.Sprintf("must have no control or invisible characters, but has %U", r)
		}
	}
	return ""
}

// isReplacement distinguishes U+FFFD from bytes that are not UTF-8.
func isReplacement(s string) bool {
	_, size := utf8.DecodeRuneInString(s)
	return size > 1
}

// Escape returns text with JSON's escapes in place of what is not [Printable],
// other than the characters of but. A byte that is not UTF-8 becomes \xXX.
func Escape(text, but string) string {
	at := unprintableAt(text, but)
	if at < 0 {
		return text
	}
	var b strings.Builder
	for ; at >= 0; at = unprintableAt(text, but) {
		r, size := utf8.DecodeRuneInString(text[at:])
		b.WriteString(text[:at])
		b.WriteString(escapeOf(r, text[at:at+size]))
		text = text[at+size:]
	}
	b.WriteString(text)
	return b.String()
}

// unprintableAt returns where text has something to escape; -1 when it has nothing.
func unprintableAt(text, but string) int {
	for i, r := range text {
		if r == utf8.RuneError && !isReplacement(text[i:]) || !Printable(r) && !strings.ContainsRune(but, r) {
			return i
		}
	}
	return -1
}

func escapeOf(r rune, raw string) string {
	switch {
	case r == utf8.RuneError:
		return fmt.Sprintf(`\x%02x`, raw[0])
	case r == '\n':
		return `\n`
	case r == '\t':
		return `\t`
	case r == '\r':
		return `\r`
	case r > 0xffff:
		high, low := utf16.EncodeRune(r)
		return fmt.Sprintf(`\u%04x\u%04x`, high, low)
	}
	return fmt.Sprintf(`\u%04x`, r)
}
